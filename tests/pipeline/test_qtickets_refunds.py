"""A refund counts on its own day, up to REFUND_DAYS after the sale, however that day is run."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from made_qtickets import MadeQTickets, load_made, msk, staged, ticket, totals
from made_rows import DAY, ONE_DAY
from made_runs import attempt
from sandbox import QTICKETS_TOKEN, Sandbox
from zakaz.days import DayRange
from zakaz.errors import SourceUnavailable
from zakaz.pipeline import fetch
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.registry.runs import RunFigures
from zakaz.sources.http import JsonApi
from zakaz.sources.qtickets import QTicketsClient, refused
from zakaz.sources.qtickets_rows import Order, Ticket
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A small seller: some six orders a day."""
    state: Path = tmp_path_factory.mktemp("small")
    with Sandbox(seed=3, state_dir=state, cities=1, events_a_day=1) as running:
        yield running


def load(warehouse: WarehouseHook, sandbox: Sandbox, days: DayRange, refund_days: int, **given: Any) -> LoadResult:
    api = JsonApi("QTickets", sandbox.url, refuse=refused, attempts=2, pause_seconds=0)
    return load_qtickets(QTicketsClient(api, QTICKETS_TOKEN), warehouse, days, refund_days, **given)


def truth(sandbox: Sandbox, days: DayRange, refund_days: int) -> dict[date, tuple[int, Decimal, Decimal]]:
    sums: dict[date, tuple[int, Decimal, Decimal]] = {}
    for row in sandbox.sales_truth(days.first, days.last, refund_days):
        sold, revenue, back = sums.get(row["report_date"], (0, Decimal(0), Decimal(0)))
        more = (row["tickets_sold"], Decimal(row["revenue"]), Decimal(row["refunds_amount"]))
        sums[row["report_date"]] = (sold + more[0], revenue + more[1], back + more[2])
    return sums


def loaded_sums(warehouse: WarehouseHook) -> dict[date, tuple[int, Decimal, Decimal]]:
    rows = warehouse.execute(
        "SELECT report_date, sum(tickets_sold), sum(revenue), sum(refunds_amount) "
        "FROM zakaz.stg_qtickets_sales FINAL GROUP BY report_date"
    )
    return {day: tuple(figures) for day, *figures in rows}


def refunds_of(warehouse: WarehouseHook, day: date) -> Decimal:
    return loaded_sums(warehouse)[day][2]


def knows_late(loaded: LoadResult) -> bool:
    """Whether older orders were asked for by `updated_at`: only then are late refunds looked for."""
    return any(finding.check_name == "late_refunds" and finding.passed for finding in loaded.findings)


# What becomes of the filter by `updated_at`, and whether it may be trusted then.
SOURCES = {"": True, "ignore_updated": False, "refuse_updated": False, "empty_updated": False, "still_updated": False}


@pytest.mark.parametrize("kind", SOURCES)
def test_a_day_alone_is_the_day_in_any_window(warehouse: WarehouseHook, sandbox: Sandbox, kind: str) -> None:
    """Random windows of random sales, some refunds of which come too late, in random order."""
    chance = Random(f"{kind} 1")
    refund_days = chance.randint(25, 45)
    whole = DayRange(DAY - timedelta(days=13), DAY)
    for _ in range(12):
        sold_on = DAY - timedelta(days=chance.randint(0, 200))
        if orders := sandbox.orders(sold_on):
            back_on = min(sold_on + timedelta(days=chance.randint(0, 200)), DAY)
            sandbox.patch_order(chance.choice(orders)["id"], refunded_on=back_on)
    everything = truth(sandbox, whole, 1000)
    expected = truth(sandbox, whole, refund_days)
    assert expected != everything, "some refunds are late"
    if kind:
        sandbox.fault("qtickets", kind)
    trusted = set()
    with warehouse.session():
        load(warehouse, sandbox, whole, refund_days)
        told = totals(warehouse)
        for number in range(7):
            first = chance.randint(0, 13)
            last = first if number % 2 else chance.randint(first, 13)
            days = DayRange(whole.first + timedelta(days=first), whole.first + timedelta(days=last))
            deep = chance.random() < 0.2
            loaded = load(warehouse, sandbox, days, refund_days, deep=deep)
            trusted.add(not deep and knows_late(loaded))
            assert loaded_sums(warehouse) == expected, (kind, days)
            assert totals(warehouse) == told == {day: ("FIGURES", *expected[day]) for day in whole}
            assert loaded.restatements == ()
    assert (True in trusted) is SOURCES[kind], "asked by updated_at if, and only if, QTickets honours it"


def test_a_refund_of_37_days_is_the_same_in_every_window(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """W1 of the review: loaded by the scheduled run, taken away again when its day was rebuilt alone."""
    (order, *_) = sandbox.orders(date(2026, 10, 14))
    before = truth(sandbox, ONE_DAY, 180)[DAY][2]
    sandbox.patch_order(order["id"], refunded_on=DAY)
    after = truth(sandbox, ONE_DAY, 180)[DAY][2]
    assert after > before
    with warehouse.session():
        for first, last in ((22, 20), (20, 20), (30, 28), (20, 20)):
            first_month = 10 if first > last or first == 30 else 11
            days = DayRange(date(2026, first_month, first), date(2026, 11, last))
            loaded = load(warehouse, sandbox, days, 180)
            assert refunds_of(warehouse, DAY) == after, days
            assert loaded.restatements == ()


SOLD = msk("2026-11-20T10:00:00")
# Shows that a refund moves updated_at.
MOVED: dict[str, Any] = {"updated_at": SOLD, "refunded_at": SOLD, "refunded_amount": Decimal(1), "basket_id": 1}


def old(days: int, basket_id: int = 7, **given: Any) -> Ticket:
    """A ticket that is refunded on the day, so many days after its sale."""
    at = msk("2026-11-20T23:59:59")
    usual = {"refunded_at": at, "refunded_amount": Decimal("1500.00"), "updated_at": at, "basket_id": basket_id}
    sold = datetime.combine(DAY - timedelta(days=days), at.timetz().replace(hour=0))
    return ticket(**{**usual, "payed_at": sold, **given})


def late(loaded: LoadResult) -> list[Any]:
    return [finding for finding in loaded.findings if finding.check_name == "late_refunds"]


def test_up_to_refund_days_it_counts_and_later_it_is_named(warehouse: WarehouseHook) -> None:
    loaded = load_made(warehouse, ticket(**MOVED), old(21))
    assert refunds_of(warehouse, DAY) == 1501
    assert [finding.passed for finding in late(loaded)] == [True]
    loaded = load_made(warehouse, ticket(**MOVED), old(22))
    assert refunds_of(warehouse, DAY) == 1
    assert totals(warehouse)[DAY][3] == 1
    (finding,) = late(loaded)
    assert not finding.passed
    assert (finding.severity, finding.day) == ("warn", DAY)
    assert finding.expected == "each refund within 21 days of its sale (REFUND_DAYS)"
    assert finding.found == ("sold on 2026-10-29: 1 tickets, 0 sold and 1500.00 refunded, e.g. ticket 7 of order 501")
    # Once it counts, the warning is withdrawn.
    client = MadeQTickets([ticket(**MOVED), old(22)])
    assert [finding.passed for finding in late(load_qtickets(client, warehouse, ONE_DAY, 22))] == [True]
    assert refunds_of(warehouse, DAY) == 1501


@pytest.mark.parametrize("kind", SOURCES)
def test_the_weekly_run_looks_for_late_refunds_itself(warehouse: WarehouseHook, sandbox: Sandbox, kind: str) -> None:
    for days in (20, 60):
        (order, *_) = sandbox.orders(DAY - timedelta(days=days))
        sandbox.patch_order(order["id"], refunded_on=DAY)
    if kind:
        sandbox.fault("qtickets", kind)
    with warehouse.session():
        (found,) = late(load(warehouse, sandbox, ONE_DAY, 30, deep=True))
        assert not found.passed
        assert found.found.startswith("sold on 2026-09-21: ")
        assert refunds_of(warehouse, DAY) == truth(sandbox, ONE_DAY, 30)[DAY][2]
        # Which the daily one does only where QTickets honours updated_at; else it says nothing of them.
        assert [one.passed for one in late(load(warehouse, sandbox, ONE_DAY, 30))] == [False] * SOURCES[kind]
        # Once they count, the warning is withdrawn.
        assert [one.passed for one in late(load(warehouse, sandbox, ONE_DAY, 90, deep=True))] == [True]


@pytest.mark.own_statements
def test_a_sale_that_was_cancelled_after_its_day_was_loaded_is_named_until_it_is_loaded_anew(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    """Its own day is not read again: the window of the scheduled run has passed it."""
    sold = DAY - timedelta(days=40)
    window = DayRange(DAY - timedelta(days=2), DAY)

    def told(days: DayRange) -> list[tuple[date, bool]]:
        found = [
            one
            for one in load(warehouse, sandbox, days, 60, deep=True).findings
            if one.check_name == "late_cancellations"
        ]
        assert all(f"bin/zakaz backfill --from {sold} --to {sold}" in one.found for one in found if not one.passed)
        return [(one.day, one.passed) for one in found]

    passed = [(day, True) for day in window]
    with warehouse.session():
        load(warehouse, sandbox, DayRange(sold, sold), 60)
        (order, never_loaded) = sandbox.orders(sold)[0], sandbox.orders(sold - timedelta(days=1))[0]
        assert told(window) == passed
        for one in (order, never_loaded):
            sandbox.patch_order(one["id"], cancelled=True)
        assert told(window) == told(window) == [(sold, False), *passed]
        assert told(DayRange(sold, sold)) == [(sold, True)]
        assert loaded_sums(warehouse)[sold] == truth(sandbox, DayRange(sold, sold), 60)[sold]
        assert told(window) == passed


def test_a_refund_that_leaves_updated_at_alone_is_found_by_the_weekly_run_and_remembered(
    warehouse: WarehouseHook,
) -> None:
    still = old(10, updated_at=msk("2026-11-10T23:59:59"))
    client = MadeQTickets([ticket(**MOVED), still])
    load_qtickets(client, warehouse, ONE_DAY, 21)
    assert refunds_of(warehouse, DAY) == 1, "nothing told that others are not seen by updated_at"
    load_qtickets(client, warehouse, ONE_DAY, 21, deep=True)
    assert refunds_of(warehouse, DAY) == 1501
    load_qtickets(client, warehouse, ONE_DAY, 21)
    assert refunds_of(warehouse, DAY) == 1501


@pytest.mark.parametrize(
    ("run_type", "last", "is_deep"),
    [("scheduled", 22, True), ("scheduled", 23, False), ("manual", 22, False), ("backfill", 22, False)],
)
def test_the_scheduled_run_of_a_sundays_day_is_the_deep_one(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, run_type: str, last: int, is_deep: bool
) -> None:
    asked: list[dict[str, Any]] = []
    loaded = load_made(warehouse, ticket())

    def note(*given: Any, **named: Any) -> LoadResult:
        asked.append(named)
        return loaded

    monkeypatch.setattr(fetch, "load_qtickets", note)
    days = DayRange(date(2026, 11, last), date(2026, 11, last))
    fetch.qtickets_fetch(warehouse, days, attempt("qtickets_fetch", run_type=run_type), RunFigures())
    assert asked == [{"deep": is_deep}]


class Filtered(MadeQTickets):
    """Something becomes of the calls that filter by `updated_at`."""

    error: Exception | None = None
    asked: tuple[int, ...] = ()

    def orders(self, days: DayRange, *, updated_since: Any = None, attempts: Any = None) -> Iterator[list[Order]]:
        found = list(super().orders(days, updated_since=updated_since))
        if updated_since:
            self.asked += (attempts,)
            if self.error:
                raise self.error
        yield from found


def test_a_refund_that_was_landed_earlier_is_proof_too(warehouse: WarehouseHook) -> None:
    """QTickets gives `updated_at` in whole seconds."""
    load_made(warehouse, ticket(**{**MOVED, "refunded_at": SOLD.replace(microsecond=999_999)}))
    client = Filtered([ticket(basket_id=2, updated_at=SOLD)])
    load_qtickets(client, warehouse, ONE_DAY, 21)
    assert client.asked == (2,)


def test_a_pause_that_qtickets_asks_for_is_no_reason_to_ask_for_more(warehouse: WarehouseHook) -> None:
    client = Filtered([ticket(**MOVED), old(10)])
    client.error = SourceUnavailable("HTTP 429: too many requests", 3600)
    with pytest.raises(SourceUnavailable, match="HTTP 429"):
        load_qtickets(client, warehouse, ONE_DAY, 21)
    assert staged(warehouse) == []
