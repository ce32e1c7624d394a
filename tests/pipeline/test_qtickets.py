"""QTickets into the sales staging: exactly what the source says, or an error and the old rows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_qtickets import REFUND_DAYS, MadeQTickets, load_made, msk, show, staged, ticket, totals
from made_rows import DAY, ONE_DAY, build_sales, stage_sales
from sandbox import Sandbox
from sandbox.sales import COLUMNS
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.warehouse.hook import WarehouseHook

WEEK = DayRange(DAY - timedelta(days=6), DAY)
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]


def truth(sandbox: Sandbox, days: DayRange) -> list[tuple[Any, ...]]:
    money = ("revenue", "refunds_amount")
    rows = sandbox.sales_truth(days.first, days.last, REFUND_DAYS)
    return sorted(tuple(Decimal(row[name]) if name in money else row[name] for name in COLUMNS) for row in rows)


def load(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> LoadResult:
    return load_qtickets(QTicketsHook().get_conn(), warehouse, days, REFUND_DAYS)


@pytest.mark.parametrize("days", [ONE_DAY, WEEK], ids=str)
def test_the_staging_is_the_source_to_the_kopeck_and_a_second_load_changes_nothing(
    warehouse: WarehouseHook, sandbox: Sandbox, days: DayRange
) -> None:
    expected = truth(sandbox, days)
    for _ in range(2):
        loaded = load(warehouse, days)
        assert staged(warehouse) == expected
        assert loaded.rows_written == len(expected) > 5
        assert loaded.restatements == ()
    assert sum(row[10] for row in expected) > 0, "something was given back on these days"
    sums = {day: [sum(row[place] for row in expected if row[0] == day) for place in (8, 9, 10)] for day in days}
    assert totals(warehouse) == {day: ("FIGURES", *figures) for day, figures in sums.items()}


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
            refunded_amount=back, quantity=2
        ),
        ticket(basket_id=8, refunded_at=msk("2026-11-21T00:00:00"), refunded_amount=Decimal(7)),
        ticket(basket_id=9, cancelled=True, refunded_at=msk("2026-11-20T13:00:00"), refunded_amount=back),
        events=shows,
    )
    columns = "report_date, event_date, event_id, show_id, city, utm_source, tickets_sold, revenue, refunds_amount"
    assert staged(warehouse, f"{columns}, tickets_refunded") == [
        (DAY, date(2026, 12, 24), 77, 88, "Казань", "vk_ads", 4, Decimal("6002.00"), back, 2),
        (DAY, date(2026, 12, 25), 78, 89, "Владивосток", "", 1, Decimal("1500.50"), Decimal(0), 0),
        (DAY, date(2026, 12, 31), 77, 90, "Казань", "", 1, Decimal("1500.50"), Decimal(0), 0),
    ]
    assert loaded[:2] == (8, 3)
    assert totals(warehouse) == {DAY: ("FIGURES", 6, Decimal("9003.00"), back)}
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


def test_an_empty_day_among_others_is_believed(warehouse: WarehouseHook) -> None:
    days = DayRange(DAY - timedelta(days=2), DAY)
    stage_sales(warehouse, {}, {"report_date": days.first})
    refund = {"refunded_at": msk("2026-11-19T10:00:00"), "refunded_amount": Decimal(10)}
    sold = msk("2026-11-15T10:00:00")
    load_made(warehouse, ticket(payed_at=sold, **refund), days=days, newest=[sold])
    assert staged(warehouse, "report_date, tickets_sold, refunds_amount") == [(date(2026, 11, 19), 0, Decimal(10))]
    assert totals(warehouse) == {
        days.first: ("CONFIRMED_ZERO", 0, 0, 0),
        date(2026, 11, 19): ("FIGURES", 0, 0, Decimal(10)),
        DAY: ("CONFIRMED_ZERO", 0, 0, 0),
    }


INSIDE = msk("2026-11-20T10:00:00")
EMPTY = [
    # newest orders of the organiser, rows in the staging, what is said
    ([INSIDE], 0, "one paid 2026-11-20T10:00:00"),
    ([INSIDE], 1, "one paid 2026-11-20T10:00:00"),
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
    assert totals(warehouse) == {DAY: ("SUSPECT_ZERO" if said else "CONFIRMED_ZERO", 0, 0, 0)}


class Blind(MadeQTickets):
    """A filter by `payed_at` gives nothing, whatever is there."""

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        return [] if until else self.newest


class Busy(MadeQTickets):
    """The newest orders are all younger than the day; only the filter reaches back to it."""

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        return self.newest if until else [msk("2026-11-30T10:00:00")]


@pytest.mark.parametrize("organiser", [Blind, Busy])
def test_each_of_two_questions_can_refute_a_zero(warehouse: WarehouseHook, organiser: type[MadeQTickets]) -> None:
    """An empty answer is asked again with and without the filter, even if the staging has nothing to lose."""
    with pytest.raises(SourceInconsistent, match=r"SUSPECT_ZERO: no order was paid, but .* one paid 2026-11-20T10:00"):
        load_qtickets(organiser([], newest=[INSIDE]), warehouse, ONE_DAY, REFUND_DAYS)
    assert totals(warehouse) == {DAY: ("SUSPECT_ZERO", 0, 0, 0)}
