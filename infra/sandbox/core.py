"""Everything that the sandbox holds, and what may be done with it from outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.cities import ALL_CITIES, CITIES
from sandbox.days import moscow_today
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.patches import parse_patch
from sandbox.qtickets import OTHER_ORGANISER, OWN_ORGANISER
from sandbox.sales import sales_csv, sales_truth, tags_truth
from sandbox.source import ACCOUNT_ID, Source
from sandbox.telegram import Telegram
from sandbox.ticket_events import EVENTS_PER_CITY
from sandbox.ticket_office import TicketOffice
from sandbox.tokens import AGENCY_CLIENTS, OWN_LOGIN, STRANGER, STRANGER_ID, Tokens
from sandbox.vk_limits import RateLimits

MAX_ADS = 20_000
MAX_LATENCY_MS = 60_000
MAX_RPS = 1000
EVENTS_OF_OTHER = 2  # that sell on a day


class Core:
    """The state, without a server. Each public method is also a control endpoint."""

    def __init__(
        self,
        *,
        seed: int,
        state_dir: Path | str,
        ads: int,
        cities: int = len(CITIES),
        events_a_day: int | None = None,
        today: Callable[[], date] = moscow_today,
        latency_ms: int = 0,
        rps: int | None = None,
    ) -> None:
        """Generate the accounts and prepare the folder.

        :param seed: seed of all figures.
        :param state_dir: folder for ``telegram.jsonl``; made if absent.
        :param ads: number of ads, 1 to :data:`MAX_ADS`.
        :param cities: cities of the account's campaigns and of the events, 1 to 50.
        :param events_a_day: events that sell on a day; ``None`` picks 10 to 14 of events and channels.
        :param today: the present Moscow day; later days have no figures.
        :param latency_ms: how long each answer of VK Ads and of QTickets takes, in milliseconds.
        :param rps: calls of one method that VK Ads answers in one calendar second; ``None`` is any number.
        :raises ValueError: a number is out of range.
        """
        _require_range("ads", ads, 1, MAX_ADS)
        _require_range("cities", cities, 1, len(ALL_CITIES))
        if events_a_day is not None:
            _require_range("events_a_day", events_a_day, 1, EVENTS_PER_CITY * cities)
        _require_range("latency_ms", latency_ms, 0, MAX_LATENCY_MS)
        if rps is not None:
            _require_range("rps", rps, 1, MAX_RPS)
        self.state_dir = Path(state_dir)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self.seed = seed
        self.today = today
        self.latency = latency_ms / 1000
        self.source = Source(seed, ads, today, cities=ALL_CITIES[:cities])
        others = {**AGENCY_CLIENTS, STRANGER: STRANGER_ID}
        self.sources = {OWN_LOGIN: self.source} | {
            login: Source(seed + user_id, max(5, ads // 4), today, user_id) for login, user_id in others.items()
        }
        self.limits = RateLimits(rps)
        self.office = TicketOffice(seed, today, ads, cities, events_a_day)
        other = TicketOffice(seed, today, ads, cities, EVENTS_OF_OTHER, organiser=1)
        self.offices = {OWN_ORGANISER: self.office, OTHER_ORGANISER: other}
        self.tokens = Tokens()
        self.fault_book = Faults()
        self.telegram = Telegram(self.state_dir / "telegram.jsonl")
        self.journal = Journal()

    def fault(self, service: str, kind: str, **how: Any) -> dict[str, Any]:
        """Put a fault in force and return it; the parameters are those of :meth:`sandbox.faults.Faults.add`.

        :raises ValueError: an unknown value; the message lists what is allowed.
        """
        return asdict(self.fault_book.add(service, kind, **how))

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in force."""
        return self.fault_book.listed()

    def clear_faults(self) -> None:
        """End all faults and make spoilt tokens good again."""
        self.fault_book.clear()
        self.tokens.mend()

    def messages(self) -> list[dict[str, Any]]:
        """Return the Telegram messages that arrived, the oldest first."""
        return self.telegram.messages()

    @property
    def first_ad(self) -> int:
        """Return the ad that the fault ``bad_id`` makes unknown."""
        return min(self.source.catalog.ads)

    def ads(self, account_id: int | str = ACCOUNT_ID) -> list[dict[str, Any]]:
        """Return what an account holds now: id, name, status, city or ``None``, group and campaign of each ad.

        :param account_id: whose ads: a user id or a login.
        :raises ValueError: there is no such account.
        """
        return self._account(account_id).ads()

    def truth(self, day: date, account_id: int | str = ACCOUNT_ID) -> list[dict[str, Any]]:
        """Return per ad the exact figures of a day: impressions, clicks, goals, ``spent`` in rubles as text, city.

        :param account_id: whose ads: a user id or a login.
        :raises ValueError: there is no such account.
        """
        return self._account(account_id).truth(day)

    def patch_ad(
        self,
        ad_id: int,
        *,
        spend_factor: Decimal | str | None = None,
        spent: Mapping[date | str, Decimal | str] | None = None,
        utm_content: str | None = None,
        name: str | None = None,
        removed: bool | None = None,
        unlisted: bool | None = None,
    ) -> None:
        """Change an ad at the source; the parameters are those of :class:`sandbox.patches.Patch`.

        :raises NoSuchAdError: the account never had it.
        :raises ValueError: a bad value.
        """
        given = {"spend_factor": spend_factor, "spent": spent, "utm_content": utm_content, "name": name}
        self.source.patch(ad_id, parse_patch({**given, "removed": removed, "unlisted": unlisted}))

    def reset_ads(self) -> None:
        """Undo all changes at the source."""
        self.source.reset()

    def sales_csv(self, first: date, last: date) -> str:
        """Return the sales of some days, both ends included, as CSV with a header; later days than today have none."""
        return sales_csv(self.office, first, min(last, self.today()))

    def sales_truth(
        self, first: date, last: date, refund_days: int | None = None, organiser: str = OWN_ORGANISER
    ) -> list[dict[str, Any]]:
        """Return the same as rows; money in rubles as text.

        :param refund_days: leave out what was given back more days after its sale.
        :param organiser: whose sales: one of :data:`sandbox.qtickets.ORGANISERS`.
        """
        return sales_truth(self.offices[organiser], first, min(last, self.today()), refund_days)

    def tags_truth(self, first: date, last: date, refund_days: int | None = None) -> list[dict[str, Any]]:
        """Return what came with which UTM tags and promo code, as :func:`sandbox.sales.tags_truth` does."""
        return tags_truth(self.office, first, min(last, self.today()), refund_days)

    def orders(self, day: date) -> list[dict[str, Any]]:
        """Return the paid orders of a Moscow day: id, time of the payment, event, and the ids of its tickets."""
        return [
            {
                "id": order.id,
                "payed_at": order.payed_at.isoformat(),
                "event_id": order.event.id,
                "baskets": [basket.id for basket in order.baskets],
            }
            for order in self.office.orders(day)
            if order.payed_at and not order.cancelled
        ]

    def patch_order(self, order_id: int, *, refunded_on: date | None = None, cancelled: bool | None = None) -> None:
        """Change an order; the parameters are those of :meth:`sandbox.ticket_office.TicketOffice.change`.

        :raises NoSuchOrderError: there never was one.
        """
        self.office.change(order_id, refunded_on=refunded_on, cancelled=cancelled)

    def requests(self) -> dict[str, Any]:
        """Return ``counts`` by service and the last ``requests``."""
        return self.journal.told()

    def health(self) -> dict[str, Any]:
        """Return what runs here and how much it had to do."""
        return {
            "status": "ok",
            "pid": os.getpid(),
            "state_dir": str(self.state_dir),
            "seed": self.seed,
            "ads": len(self.source.catalog.ads),
            "vk_ads_requests": self.journal.count("vk_ads"),
            "qtickets_requests": self.journal.count("qtickets"),
            "telegram_messages": len(self.telegram.messages()),
        }

    def reset(self) -> None:
        """Return to the state after the start: no faults, changes, tokens, messages or requests."""
        self.fault_book.clear()
        self.source.reset()
        for office in self.offices.values():
            office.forget_changes()
        self.tokens.forget()
        self.telegram.forget()
        self.journal.forget()

    def _account(self, account_id: int | str) -> Source:
        for login, source in self.sources.items():
            if account_id in (login, source.account_id, str(source.account_id)):
                return source
        known = ", ".join(str(source.account_id) for source in self.sources.values())
        msg = f"unknown account {account_id!r}, allowed: {known}"
        raise ValueError(msg)


def _require_range(name: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        msg = f"{name} {number} is out of range, allowed: {least} to {most}"
        raise ValueError(msg)
