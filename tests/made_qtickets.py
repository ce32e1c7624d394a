"""An organiser of QTickets made by hand, in place of the client; and what is staged and told of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from made_rows import ONE_DAY
from sandbox.sales import COLUMNS
from zakaz.days import DayRange
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.sources.qtickets import QTicketsClient
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Order, Ticket
from zakaz.warehouse.hook import WarehouseHook

REFUND_DAYS = 21


@dataclass
class MadeQTickets(QTicketsClient):
    """Each ticket is an order of its own."""

    tickets: list[Ticket]
    events: list[Show] = field(default_factory=lambda: [show()])
    newest: list[datetime] = field(default_factory=list)
    organiser: str = ""

    def orders(
        self, days: DayRange, *, updated_since: datetime | None = None, attempts: int | None = None
    ) -> Iterator[list[Order]]:
        for number, one in enumerate(self.tickets, start=1):
            if one.payed_on in days and (updated_since is None or (one.updated_at and one.updated_at >= updated_since)):
                yield [Order(number, one.payed_at, one.updated_at, (one,), ())]

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        return [payed_at for payed_at in self.newest if until is None or payed_at.date() <= until]

    def shows(self, event_ids: Sequence[int]) -> Iterator[list[Show]]:
        yield [one for one in self.events if one.event_id in event_ids]

    def all_shows(self) -> Iterator[list[Show]]:
        yield self.events

    def abandon(self) -> None:
        """Nothing is asked."""


def msk(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00")


def show(**given: Any) -> Show:
    usual = Show(88, 77, "Щелкунчик", "Казань", "Europe/Moscow", msk("2026-12-24T19:00:00"))
    return usual._replace(**given)


def ticket(**given: Any) -> Ticket:
    usual = Ticket(
        order_id=501,
        basket_id=9001,
        event_id=77,
        show_id=88,
        payed_at=msk("2026-11-20T12:00:00"),
        cancelled=False,
        price=Decimal("1500.50"),
        quantity=1,
        refunded_at=None,
        refunded_amount=Decimal(0),
        utm_source="vk_ads",
        utm_medium="",
        utm_campaign="kazan",
        utm_content="",
        utm_term="",
        promo_code_id=0,
        discount_id=0,
        discount=Decimal(0),
        service_fee=Decimal(0),
        refund_kept=Decimal(0),
        currency="RUB",
        updated_at=None,
        note="",
    )
    return usual._replace(**given)


def load_made(warehouse: WarehouseHook, *tickets: Ticket, days: DayRange = ONE_DAY, **given: Any) -> LoadResult:
    return load_qtickets([MadeQTickets(list(tickets), **given)], warehouse, days, REFUND_DAYS)


def staged(warehouse: WarehouseHook, columns: str = ", ".join(COLUMNS)) -> list[tuple[Any, ...]]:
    return sorted(warehouse.execute(f"SELECT {columns} FROM zakaz.stg_qtickets_sales FINAL"))


def totals(warehouse: WarehouseHook) -> dict[date, tuple[str, int, Decimal, Decimal]]:
    """State, tickets, revenue and refunds of each day."""
    rows = warehouse.execute(
        "SELECT day, state, tickets, amount, refunds FROM meta.source_totals FINAL WHERE source = 'qtickets'"
    )
    return {day: tuple(figures) for day, *figures in rows}
