"""How days stand by the run registry, what a backfill chooses, and what it leaves in meta.backfills."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import build_vk, stage_vk
from made_runs import DAY, attempt, put_run
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import DayNotOver
from zakaz.pipeline.backfill_plan import day_states, lacking_days, make_plan
from zakaz.registry.backfills import MISSING, PLANNED, STOPPED, Backfill, enter, settle, unfinished
from zakaz.registry.lost import LOST
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
DAYS = DayRange(DAY - timedelta(days=3), DAY)
FIRST, SECOND, THIRD, LAST = DAYS


def done(warehouse: WarehouseHook, day: date, status: str = "ok", **given: Any) -> None:
    """A last task of the chain that ended so on a day."""
    try_number = given.pop("try_number", 1)
    put_run(warehouse, attempt("healthcheck", day, try_number=try_number), status, day=day, **given)


def states(warehouse: WarehouseHook) -> dict[date, str]:
    return {one.day: one.state for one in day_states(warehouse, DAYS)}


def test_a_day_is_good_until_a_task_fails_on_it_again(warehouse: WarehouseHook) -> None:
    done(warehouse, FIRST, minutes_ago=30)
    done(warehouse, SECOND, minutes_ago=30)
    put_run(warehouse, attempt(day=SECOND, try_number=2), "error", day=SECOND, minutes_ago=20, err_msg="VK is down")
    put_run(warehouse, attempt(day=THIRD), "error", day=THIRD, minutes_ago=30)
    done(warehouse, THIRD, minutes_ago=20)
    done(warehouse, LAST, "error")
    assert states(warehouse) == {FIRST: "good", SECOND: "red", THIRD: "good", LAST: "red"}
    assert day_states(warehouse, DAYS)[1].last_error == "VK is down"


def test_a_scheduled_run_that_fails_makes_only_its_own_day_red(warehouse: WarehouseHook) -> None:
    for day in DAYS:
        done(warehouse, day, minutes_ago=30)
    put_run(warehouse, attempt(run_type="scheduled"), "error", days_back=6, minutes_ago=10)
    assert states(warehouse) == {FIRST: "good", SECOND: "good", THIRD: "good", LAST: "red"}


def test_a_piece_that_fails_makes_all_its_days_red(warehouse: WarehouseHook) -> None:
    put_run(warehouse, attempt(run_type="manual"), "error", days_back=2)
    assert states(warehouse) == {FIRST: "none", SECOND: "red", THIRD: "red", LAST: "red"}


def test_an_attempt_that_died_is_red_and_not_at_work(warehouse: WarehouseHook) -> None:
    put_run(warehouse, attempt(), "running")
    assert states(warehouse)[LAST] == "running"
    plan = make_plan(warehouse, DAYS)
    assert (plan.states[-1].state, plan.states[-1].last_error) == ("red", LOST)


def test_gaps_are_the_days_without_a_good_run(warehouse: WarehouseHook) -> None:
    done(warehouse, SECOND)
    assert make_plan(warehouse, DAYS).todo == list(DAYS)
    plan = make_plan(warehouse, DAYS, only_gaps=True)
    assert plan.ranges == [DayRange(FIRST, FIRST), DayRange(THIRD, LAST)]
    put_run(warehouse, attempt("build_dm_vk", FIRST), "ok", day=FIRST)
    assert make_plan(warehouse, DAYS, "build_dm_vk", only_gaps=True).todo == [SECOND, THIRD, LAST]


def test_a_good_attempt_counts_from_the_instant_that_is_asked_for(warehouse: WarehouseHook) -> None:
    done(warehouse, FIRST)
    (state, *_) = day_states(warehouse, DAYS)
    assert make_plan(warehouse, DAYS, "vk_fetch").stage == "vk_fetch"
    assert [state.is_good_since(state.good_at + timedelta(seconds=late)) for late in (-1, 0, 1)] == [True, True, False]
    assert not state.is_good_since(None)


def test_the_days_that_are_lacking_of_a_range_and_of_all(warehouse: WarehouseHook) -> None:
    days = list(DayRange(last_complete_day() - timedelta(days=5), last_complete_day()))
    done(warehouse, days[5])
    assert lacking_days(warehouse, None) == []
    for day in (days[0], days[2], days[4]):
        done(warehouse, day)
    done(warehouse, days[3], "error", err_msg="no rows")
    assert [(one.day, one.state, one.last_error) for one in lacking_days(warehouse, None)] == [
        (days[1], "none", ""),
        (days[3], "red", "no rows"),
    ]
    assert [one.day for one in lacking_days(warehouse, DayRange(days[2], days[4]))] == [days[3]]


def test_pieces_are_calendar_months(warehouse: WarehouseHook) -> None:
    done(warehouse, date(2026, 10, 10))
    plan = make_plan(warehouse, DayRange(date(2026, 9, 29), date(2026, 11, 2)), only_gaps=True)
    assert [piece.iso for piece in plan.pieces] == [
        "2026-09-29/2026-09-30",
        "2026-10-01/2026-10-09",
        "2026-10-11/2026-10-31",
        "2026-11-01/2026-11-02",
    ]


def test_pieces_of_a_long_range_are_two_months(warehouse: WarehouseHook) -> None:
    half_a_year = make_plan(warehouse, DayRange(date(2026, 5, 2), date(2026, 10, 31)))
    assert len(half_a_year.pieces) == 6
    longer = make_plan(warehouse, DayRange(date(2026, 4, 30), date(2026, 10, 31)))
    assert [piece.iso for piece in longer.pieces] == [
        "2026-04-30/2026-05-31",
        "2026-06-01/2026-07-31",
        "2026-08-01/2026-09-30",
        "2026-10-01/2026-10-31",
    ]


def test_what_vk_tells_no_more_of_is_named(warehouse: WarehouseHook) -> None:
    today = last_complete_day() + timedelta(days=1)
    plan = make_plan(warehouse, DayRange(today - timedelta(days=369), today - timedelta(days=360)))
    assert len(plan.out_of_reach) == 3


def test_a_day_that_is_not_over_is_refused(warehouse: WarehouseHook) -> None:
    with pytest.raises(DayNotOver):
        make_plan(warehouse, DayRange(DAY, datetime.now(UTC).date() + timedelta(days=1)))


def test_the_ledger_holds_each_day_before_and_after(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {"stat_date": FIRST}, {"stat_date": SECOND})
    build_vk(warehouse, DAYS)
    done(warehouse, LAST, minutes_ago=60)
    entry = Backfill(days=DAYS, reason="new ads")
    enter(warehouse, entry, list(DAYS))
    assert whole(warehouse) == ("running", 4, 0, 0)
    stage_vk(warehouse, {"stat_date": FIRST, "spend": Decimal("300.50"), "clicks": 11})
    build_vk(warehouse, DAYS)
    done(warehouse, FIRST, try_number=2)
    done(warehouse, SECOND, try_number=2)
    put_run(warehouse, attempt(day=THIRD), "error", day=THIRD, err_msg="VK is down")
    outcomes = settle(warehouse, entry, MISSING)
    assert [(one.state, one.error) for one in outcomes] == [
        ("ok", ""),
        ("ok", ""),
        ("red", "VK is down"),
        ("missing", ""),  # good before the backfill is not good by it
    ]
    assert whole(warehouse) == ("red", 4, 2, 1)
    figures = "spend_before, spend_after, clicks_before, clicks_after, reason"
    assert warehouse.execute(f"SELECT {figures} FROM meta.backfills FINAL ORDER BY day LIMIT 2") == [
        (Decimal("100.50"), Decimal("300.50"), 10, 11, "new ads"),
        (Decimal("100.50"), Decimal("100.50"), 10, 10, "new ads"),
    ]


def test_a_piece_that_is_cleared_hides_no_error_of_another(warehouse: WarehouseHook) -> None:
    """Clear gives the run of zakaz_backfill a new beginning."""
    entry = Backfill(days=DayRange(FIRST, SECOND), started_at=datetime.now(UTC) - timedelta(minutes=30))
    enter(warehouse, entry, [FIRST, SECOND])
    put_run(warehouse, attempt(day=FIRST), "error", day=FIRST, minutes_ago=40, err_msg="before the backfill")
    put_run(warehouse, attempt(day=SECOND), "error", day=SECOND, minutes_ago=20, err_msg="VK is down")
    outcomes = settle(warehouse, replace(entry, started_at=datetime.now(UTC) - timedelta(minutes=10)), MISSING)
    assert [(one.state, one.error) for one in outcomes] == [("missing", ""), ("red", "VK is down")]


def test_what_was_stopped_is_taken_up_where_it_was_left(warehouse: WarehouseHook) -> None:
    entry = Backfill(days=DAYS)
    enter(warehouse, entry, list(DAYS))
    done(warehouse, FIRST)
    settle(warehouse, entry, STOPPED)
    assert whole(warehouse)[0] == "stopped"
    begun = unfinished(warehouse, DAYS, "all")
    assert begun == replace(entry, is_resumed=True)
    assert make_plan(warehouse, DAYS, done_since=begun.started_at).todo == [SECOND, THIRD, LAST]
    settle(warehouse, begun, PLANNED)
    assert whole(warehouse) == ("running", 4, 1, 0)
    assert warehouse.execute("SELECT ended_at FROM meta.v_backfills") == [(None,)]
    for day in DAYS:
        done(warehouse, day, try_number=2)
    settle(warehouse, begun, MISSING)
    assert whole(warehouse) == ("ok", 4, 4, 0)
    assert unfinished(warehouse, DAYS, "all") is None


def test_a_backfill_that_died_does_not_go_on_for_ever_and_the_last_of_two_is_taken_up(
    warehouse: WarehouseHook,
) -> None:
    now = datetime.now(UTC)
    dead, young = (Backfill(days=DAYS, started_at=now - timedelta(hours=hours)) for hours in (25, 23))
    enter(warehouse, dead, list(DAYS))
    assert whole(warehouse)[0] == "stopped"
    assert unfinished(warehouse, DAYS, "all") == replace(dead, is_resumed=True), "it can be gone on with"
    enter(warehouse, young, list(DAYS))
    states = warehouse.execute("SELECT backfill_state FROM meta.v_backfills ORDER BY began_at")
    assert states == [("stopped",), ("running",)]
    assert unfinished(warehouse, DAYS, "all") == replace(young, is_resumed=True)
    # Once the last one has come to its end, there is nothing to go on with.
    for day in DAYS:
        done(warehouse, day)
    settle(warehouse, young, MISSING)
    assert unfinished(warehouse, DAYS, "all") is None


def test_other_days_or_another_stage_are_another_backfill(warehouse: WarehouseHook) -> None:
    enter(warehouse, Backfill(days=DAYS), list(DAYS))
    assert unfinished(warehouse, DAYS, "build_dm_vk") is None
    assert unfinished(warehouse, DayRange(FIRST, THIRD), "all") is None


def test_the_last_of_two_backfills_of_a_range_is_taken_up(warehouse: WarehouseHook) -> None:
    begun = [Backfill(days=DAYS, started_at=datetime.now(UTC) - timedelta(hours=hours)) for hours in (3, 1, 2)]
    for entry in begun:
        enter(warehouse, entry, list(DAYS))
    last = unfinished(warehouse, DAYS, "all")
    assert last
    assert last.backfill_id == begun[1].backfill_id
    assert len(settle(warehouse, last, MISSING)) == len(list(DAYS)), "the days of the others are theirs"


def test_a_backfill_that_died_is_not_at_work_for_ever(warehouse: WarehouseHook) -> None:
    enter(warehouse, Backfill(days=DAYS, started_at=datetime.now(UTC) - timedelta(hours=23)), list(DAYS))
    assert whole(warehouse)[0] == "running"
    warehouse.execute("TRUNCATE TABLE meta.backfills")
    enter(warehouse, Backfill(days=DAYS, started_at=datetime.now(UTC) - timedelta(hours=25)), list(DAYS))
    assert whole(warehouse)[0] == "stopped"


def whole(warehouse: WarehouseHook) -> tuple[str, int, int, int]:
    """State, days, good days and changed days of the one backfill."""
    ((state, days, days_ok, days_changed),) = warehouse.execute(
        "SELECT backfill_state, days, days_ok, days_changed FROM meta.v_backfills"
    )
    return state, days, days_ok, days_changed
