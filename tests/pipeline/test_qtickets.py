"""QTickets into the sales staging: exactly what the source says, or an error and the old rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import ONE_DAY, build_sales, stage_sales
from sandbox import Sandbox
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.sources.qtickets import QTicketsClient, Show, Ticket
from zakaz.sources.sales_file import COLUMNS
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
WEEK = DayRange(DAY - timedelta(days=6), DAY)
# The sandbox's refunds come up to 20 days after the sale.
REFUND_DAYS = 21
pytestmark = pytest.mark.warehouse


def staged(warehouse: WarehouseHook, columns: str = ", ".join(COLUMNS)) -> list[tuple[Any, ...]]:
    return sorted(warehouse.execute(f"SELECT {columns} FROM zakaz.stg_qtickets_sales FINAL"))


def truth(sandbox: Sandbox, days: DayRange) -> list[tuple[Any, ...]]:
    money = ("revenue", "refunds_amount")
    rows = sandbox.sales_truth(days.first, days.last)
    return sorted(tuple(Decimal(row[name]) if name in money else row[name] for name in COLUMNS) for row in rows)


def load(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> LoadResult:
    return load_qtickets(QTicketsHook().get_conn(), warehouse, days, REFUND_DAYS)


def totals(warehouse: WarehouseHook) -> dict[date, tuple[str, Decimal]]:
    rows = warehouse.execute("SELECT day, state, amount FROM meta.source_totals FINAL WHERE source = 'qtickets'")
    return {day: (state, amount) for day, state, amount in rows}


@dataclass
class MadeQTickets(QTicketsClient):
    """An organiser made by hand, in place of the client."""

    tickets: list[Ticket]
    events: list[Show] = field(default_factory=lambda: [show()])
    newest: list[datetime] = field(default_factory=list)

    def orders(self, days: DayRange) -> Iterator[list[Ticket]]:
        yield from ([ticket] for ticket in self.tickets)

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        return [payed_at for payed_at in self.newest if until is None or payed_at.date() <= until]

    def shows(self, event_ids: Sequence[int]) -> Iterator[list[Show]]:
        yield [one for one in self.events if one.event_id in event_ids]


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
        utm_campaign="kazan",
        currency="RUB",
    )
    return usual._replace(**given)


def load_made(warehouse: WarehouseHook, *tickets: Ticket, days: DayRange = ONE_DAY, **given: Any) -> LoadResult:
    return load_qtickets(MadeQTickets(list(tickets), **given), warehouse, days, REFUND_DAYS)


@pytest.mark.parametrize("days", [ONE_DAY, WEEK], ids=str)
def test_the_staging_is_the_source_to_the_kopeck_and_a_second_load_changes_nothing(
    warehouse: WarehouseHook, sandbox: Sandbox, days: DayRange
) -> None:
    expected = truth(sandbox, days)
    for _ in range(2):
        loaded = load(warehouse, days)
        assert staged(warehouse) == expected
        assert loaded.rows_written == len(expected) > 10
        assert loaded.restatements == ()
    assert sum(row[10] for row in expected) > 0, "something was given back on these days"
    sums = {day: sum(row[9] for row in expected if row[0] == day) for day in days}
    assert totals(warehouse) == {day: ("FIGURES", revenue) for day, revenue in sums.items()}


def test_a_late_refund_counts_on_its_own_day_and_a_cancelled_sale_vanishes(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    load(warehouse, WEEK)
    sold, given_back = WEEK.first, DAY
    refunded, cancelled = sandbox.orders(sold)[:2]
    before = truth(sandbox, WEEK)
    sandbox.patch_order(refunded["id"], refunded_on=given_back)
    sandbox.patch_order(cancelled["id"], cancelled=True)

    loaded = load(warehouse, WEEK)

    assert staged(warehouse) == truth(sandbox, WEEK) != before
    changes = {(change.day, change.field): change.after - change.before for change in loaded.restatements}
    assert changes.keys() == {(sold, "revenue"), (sold, "tickets_sold"), (given_back, "refunds_amount")}
    assert changes[sold, "tickets_sold"] == -len(cancelled["baskets"])
    assert changes[given_back, "refunds_amount"] > 0
    # The day of the refund alone finds it too, among orders of days that it doesn't rebuild.
    load(warehouse, ONE_DAY)
    assert staged(warehouse) == truth(sandbox, WEEK)


def test_which_day_and_what_counts(warehouse: WarehouseHook) -> None:
    """The Moscow day of the payment, of the refund; the day of the show where it is held."""
    vladivostok = show(event_id=78, show_id=89, city="Владивосток", time_zone="Asia/Vladivostok")
    shows = [
        show(),
        show(show_id=90, starts_at=msk("2026-12-31T23:30:00")),
        vladivostok._replace(starts_at=msk("2026-12-24T18:30:00")),
    ]
    one, back = {"quantity": 1, "utm_source": "", "utm_campaign": ""}, Decimal("100.05")
    loaded = load_made(
        warehouse,
        ticket(basket_id=1, payed_at=datetime(2026, 11, 19, 20, 59, 59, tzinfo=UTC)),
        ticket(basket_id=2, payed_at=datetime(2026, 11, 19, 21, 0, tzinfo=UTC), show_id=90, **one),
        ticket(basket_id=3, payed_at=datetime(2026, 11, 20, 20, 59, 59, 999999, tzinfo=UTC), quantity=3),
        ticket(basket_id=4, payed_at=datetime(2026, 11, 20, 21, 0, tzinfo=UTC)),
        ticket(basket_id=5, event_id=78, show_id=89, **one),
        ticket(basket_id=6, cancelled=True),
        # Sold before the day, given back on it; sold on it, given back later; taken back altogether.
        ticket(basket_id=7, payed_at=msk("2026-11-01T10:00:00"), refunded_at=msk("2026-11-20T00:00:00"))._replace(
            refunded_amount=back
        ),
        ticket(basket_id=8, refunded_at=msk("2026-11-21T00:00:00"), refunded_amount=back),
        ticket(basket_id=9, cancelled=True, refunded_at=msk("2026-11-20T13:00:00"), refunded_amount=back),
        events=shows,
    )
    columns = "report_date, event_date, event_id, show_id, city, utm_source, tickets_sold, revenue, refunds_amount"
    assert staged(warehouse, columns) == [
        (DAY, date(2026, 12, 24), 77, 88, "Казань", "vk_ads", 4, Decimal("6002.00"), back),
        (DAY, date(2026, 12, 25), 78, 89, "Владивосток", "", 1, Decimal("1500.50"), Decimal(0)),
        (DAY, date(2026, 12, 31), 77, 90, "Казань", "", 1, Decimal("1500.50"), Decimal(0)),
    ]
    assert loaded[:2] == (9, 3)
    assert totals(warehouse) == {DAY: ("FIGURES", Decimal("9003.00"))}
    # What concerns none of the days is not even kept.
    landed = warehouse.execute("SELECT basket_id FROM zakaz.raw_qtickets_tickets FINAL ORDER BY basket_id")
    assert [basket_id for (basket_id,) in landed] == [2, 3, 5, 6, 7, 8, 9]


def test_a_day_is_replaced_as_a_whole_whoever_brought_its_rows_and_the_others_stay(warehouse: WarehouseHook) -> None:
    stage_sales(
        warehouse, {}, {"event_id": 9}, {"report_date": date(2026, 11, 19)}, {"report_date": date(2026, 11, 21)}
    )
    build_sales(warehouse, DayRange(date(2026, 11, 19), date(2026, 11, 21)))
    load_made(warehouse, ticket())
    build_sales(warehouse)
    days = {date(2026, 11, 19): 4001, DAY: 77, date(2026, 11, 21): 4001}
    assert dict(staged(warehouse, "report_date, event_id")) == days
    mart = warehouse.execute("SELECT sale_date, event_id FROM zakaz.dm_sales_daily FINAL")
    assert (len(mart), dict(mart)) == (3, days)


NOWHERE = {"city": "", "time_zone": "", "starts_at": None}
IMPOSSIBLE: list[tuple[list[Ticket], list[Show], str]] = [
    ([ticket(), ticket(order_id=502)], [show()], "a ticket given more than once: .* found ticket 9001: 2 times"),
    ([ticket(currency="USD")], [show()], "another currency: expected RUB, found ticket 9001 of order 501: USD"),
    ([ticket(currency="")], [show()], "another currency: expected RUB"),
    ([ticket(price=Decimal("-0.01"))], [show()], "a price below zero: .* found ticket 9001 of order 501: -0.01"),
    (
        [ticket(quantity=2, refunded_at=msk("2026-11-20T13:00:00"), refunded_amount=Decimal("3001.01"))],
        [show()],
        r"a refund that can not be: expected 0 to 3001 rubles, found ticket 9001 of order 501: 3001\.01",
    ),
    (
        [ticket(refunded_at=msk("2026-11-20T13:00:00"), refunded_amount=Decimal(-1))],
        [show()],
        "a refund that can not be: .* found ticket 9001 of order 501: -1",
    ),
    ([ticket(refunded_amount=Decimal(5))], [show()], "a refund without its time: .* 5 rubles at no time"),
    ([ticket()], [], "a ticket whose show is unknown: .* found ticket 9001 of order 501: show 88 of event 77"),
    ([ticket()], [show(show_id=89)], "a ticket whose show is unknown"),
    ([ticket(event_id=79)], [show(), show(event_id=79, show_id=1)], "a ticket whose show is unknown"),
    ([ticket()], [show(city=" ")], "a show without a city: .* found show 88 of event 77"),
    ([ticket()], [show(starts_at=None)], "a show without a start: .* found show 88 of event 77"),
    *(
        ([ticket()], [show(time_zone=zone)], f"a show in an unknown time zone: .* 77: {re.escape(zone or 'none')}")
        for zone in ("", "Mars/Olympus", "Europe", "../UTC", "+05:00")
    ),
]


def test_what_can_not_be_true_is_named_and_not_loaded(warehouse: WarehouseHook) -> None:
    with warehouse.session():
        load_made(warehouse, ticket())
        before = staged(warehouse, "*")
        for tickets, events, said in IMPOSSIBLE:
            with pytest.raises(SourceInconsistent, match=f"^QTickets, 2026-11-20: {said}.*keeps its old rows$"):
                load_made(warehouse, *tickets, events=events)
        assert staged(warehouse, "*") == before
    assert len(before) == 1


def test_nothing_is_asked_of_what_counts_nowhere(warehouse: WarehouseHook) -> None:
    """A cancelled ticket, one of a day that is not rebuilt, a show that nobody bought a ticket for."""
    odd = {"currency": "USD", "price": Decimal(-1), "event_id": 5}
    old = ticket(basket_id=2, payed_at=msk("2026-11-01T10:00:00"), **odd)
    shows = [show(), show(show_id=89, **NOWHERE), show(show_id=90, time_zone="Mars/Olympus")]
    assert load_made(warehouse, ticket(), ticket(cancelled=True, **odd), old, events=shows).rows_written == 1
    assert len(staged(warehouse)) == 1


def test_an_empty_day_among_others_is_believed(warehouse: WarehouseHook) -> None:
    days = DayRange(DAY - timedelta(days=2), DAY)
    stage_sales(warehouse, {}, {"report_date": days.first})
    refund = {"refunded_at": msk("2026-11-19T10:00:00"), "refunded_amount": Decimal(10)}
    load_made(warehouse, ticket(payed_at=msk("2026-11-15T10:00:00"), **refund), days=days)
    assert staged(warehouse, "report_date, tickets_sold, refunds_amount") == [(date(2026, 11, 19), 0, Decimal(10))]
    assert totals(warehouse) == {
        days.first: ("CONFIRMED_ZERO", Decimal(0)),
        date(2026, 11, 19): ("FIGURES", Decimal(0)),
        DAY: ("CONFIRMED_ZERO", Decimal(0)),
    }


INSIDE = msk("2026-11-10T10:00:00")
EMPTY = [
    # newest orders of the organiser, rows in the staging, what is said
    ([INSIDE], 0, "one paid 2026-11-10T10:00:00"),
    ([INSIDE], 1, "one paid 2026-11-10T10:00:00"),
    ([], 1, "nor any before, though the staging has sales of these days"),
    ([msk("2026-11-21T00:00:00")], 1, "nor any before, though the staging has sales of these days"),
    ([msk("2026-10-29T23:59:59")], 1, None),
    ([msk("2026-11-21T00:00:00"), msk("2026-10-29T23:59:59")], 1, None),
    ([], 0, None),
    ([msk("2026-11-21T00:00:00")], 0, None),
]


@pytest.mark.parametrize(("newest", "rows", "said"), EMPTY)
def test_nothing_at_all_is_believed_only_if_it_is_confirmed(
    warehouse: WarehouseHook, newest: list[datetime], rows: int, said: str | None
) -> None:
    stage_sales(warehouse, *[{}] * rows)
    before = staged(warehouse, "*")
    if said:
        with pytest.raises(SourceInconsistent, match=f"^QTickets, 2026-11-20: SUSPECT_ZERO: no order was .*{said}"):
            load_made(warehouse, newest=newest)
        assert staged(warehouse, "*") == before
    else:
        assert load_made(warehouse, newest=newest)[:2] == (0, 0)
        assert staged(warehouse) == []
    assert totals(warehouse) == {DAY: ("SUSPECT_ZERO" if said else "CONFIRMED_ZERO", Decimal(0))}


def test_a_filter_that_finds_nothing_is_asked_for_without(warehouse: WarehouseHook) -> None:
    """A filter that QTickets misreads answers every question with it in the same way."""

    class Misread(MadeQTickets):
        def newest_paid(self, until: date | None = None) -> list[datetime]:
            return super().newest_paid() if until is None else []

    with pytest.raises(SourceInconsistent, match="among the newest ones is one paid 2026-11-10T10:00:00"):
        load_qtickets(Misread([], newest=[INSIDE]), warehouse, ONE_DAY, REFUND_DAYS)
    assert totals(warehouse) == {DAY: ("SUSPECT_ZERO", Decimal(0))}
