"""Everything that the sandbox holds, and what may be done with it from outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.days import moscow_today
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.patches import parse_patch
from sandbox.sales import sales_csv
from sandbox.source import Source
from sandbox.telegram import Telegram
from sandbox.tokens import Tokens

MAX_ADS = 20_000


class Core:
    """The state, without a server. Each public method is also a control endpoint."""

    def __init__(self, *, seed: int, state_dir: Path | str, ads: int, today: Callable[[], date] = moscow_today) -> None:
        """Generate the account and prepare the folder.

        :param seed: seed of all figures.
        :param state_dir: folder for ``telegram.jsonl``; made if absent.
        :param ads: number of ads, 1 to :data:`MAX_ADS`.
        :param today: the present Moscow day; later days have no figures.
        :raises ValueError: the number of ads is out of range.
        """
        if not 1 <= ads <= MAX_ADS:
            msg = f"ads {ads} is out of range, allowed: 1 to {MAX_ADS}"
            raise ValueError(msg)
        folder = Path(state_dir)
        folder.mkdir(parents=True, exist_ok=True)
        self.seed = seed
        self.today = today
        self.source = Source(seed, ads, today)
        self.tokens = Tokens()
        self.fault_book = Faults()
        self.telegram = Telegram(folder / "telegram.jsonl")
        self.journal = Journal()

    def fault(
        self,
        service: str,
        kind: str,
        *,
        path: str = "",
        times: int | None = None,
        seconds: float | None = None,
        window: str = "1",
    ) -> dict[str, Any]:
        """Put a fault in force and return it; the parameters are those of :meth:`sandbox.faults.Faults.add`.

        :raises ValueError: an unknown value; the message lists what is allowed.
        """
        return asdict(self.fault_book.add(service, kind, path=path, times=times, seconds=seconds, window=window))

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

    def ads(self) -> list[dict[str, Any]]:
        """Return what the source holds now: id, name, status, city or ``None``, group and campaign of each ad."""
        return self.source.ads()

    def truth(self, day: date) -> list[dict[str, Any]]:
        """Return per ad the exact figures of a day: impressions, clicks, goals, ``spent`` in rubles as text, city."""
        return self.source.truth(day)

    def patch_ad(
        self,
        ad_id: int,
        *,
        spend_factor: Decimal | str | None = None,
        spent: Mapping[date | str, Decimal | str] | None = None,
        utm_content: str | None = None,
        name: str | None = None,
        removed: bool | None = None,
    ) -> None:
        """Change an ad at the source; the parameters are those of :class:`sandbox.patches.Patch`.

        :raises NoSuchAdError: the account never had it.
        :raises ValueError: a bad value.
        """
        given = {"spend_factor": spend_factor, "spent": spent, "utm_content": utm_content, "name": name}
        self.source.patch(ad_id, parse_patch({**given, "removed": removed}))

    def reset_ads(self) -> None:
        """Undo all changes at the source."""
        self.source.reset()

    def sales_csv(self, first: date, last: date) -> str:
        """Return the sales of some days, both ends included, as CSV with a header; later days than today have none."""
        return sales_csv(self.seed, first, min(last, self.today()))

    def requests(self) -> dict[str, Any]:
        """Return ``counts`` by service and the last ``requests``."""
        return self.journal.told()

    def health(self) -> dict[str, Any]:
        """Return what runs here and how much it had to do."""
        return {
            "status": "ok",
            "pid": os.getpid(),
            "seed": self.seed,
            "ads": len(self.source.catalog.ads),
            "vk_ads_requests": self.journal.count("vk_ads"),
            "telegram_messages": len(self.telegram.messages()),
        }

    def reset(self) -> None:
        """Return to the state after the start: no faults, changes, tokens, messages or requests."""
        self.fault_book.clear()
        self.source.reset()
        self.tokens.forget()
        self.telegram.forget()
        self.journal.forget()
