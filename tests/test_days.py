"""Business days."""

from datetime import UTC, date, datetime
from enum import Enum
from types import SimpleNamespace

import pytest

from zakaz.days import DayRange, last_complete_day, moscow_day, parse_day
from zakaz.errors import DayNotOver, InvalidInput
from zakaz.orchestration.run_days import days_of_run, looks_back

DAY = date(2026, 11, 20)


def run(run_type: object, *, dag_id: str = "zakaz_etl", conf: object = None, **more: object) -> SimpleNamespace:
    return SimpleNamespace(dag_id=dag_id, run_type=run_type, conf=conf, **more)


def context(run_type: str) -> dict[str, object]:
    start = datetime(2026, 11, 19, 21, tzinfo=UTC)  # midnight of 20 November in Moscow
    return {"data_interval_start": start, "dag_run": run(run_type)}


@pytest.mark.parametrize(
    ("run_type", "first"),
    [("scheduled", date(2026, 11, 14)), ("backfill", DAY), ("manual", DAY)],
)
def test_only_a_scheduled_run_looks_back(run_type: str, first: date) -> None:
    assert days_of_run(context(run_type), lookback_days=7) == DayRange(first, DAY)


@pytest.mark.parametrize(
    ("started", "does"),
    [
        (run("scheduled"), True),
        (run("scheduled", conf={"lookback": False}), True),
        (run("manual", conf={"lookback": True}), True),
        (run("manual", conf={"lookback": False}), False),
        (run("manual", conf={"lookback": "true"}), False),
        (run("manual", conf=["lookback"]), False),
        (run("manual", conf={"lookback": True}, dag_id="zakaz_backfill"), False),
        (run("backfill", conf={"lookback": True}), False),
    ],
)
def test_a_run_by_hand_looks_back_if_its_conf_says_so(started: SimpleNamespace, does: bool) -> None:
    assert looks_back(started) is does
    first = date(2026, 11, 14) if does else DAY
    assert days_of_run({**context(""), "dag_run": started}, lookback_days=7) == DayRange(first, DAY)


def test_a_run_that_was_started_without_a_date_is_of_the_last_day_that_is_over() -> None:
    class RunType(Enum):  # as tasks have it: its str() is not its value
        MANUAL = "manual"
        SCHEDULED = "scheduled"

    by_hand = run(RunType.MANUAL, run_after=datetime(2026, 11, 21, 9, tzinfo=UTC))
    assert days_of_run({"dag_run": by_hand}, lookback_days=7) == DayRange(DAY, DAY)
    scheduled = {**context("scheduled"), "dag_run": run(RunType.SCHEDULED)}
    assert days_of_run(scheduled, lookback_days=7) == DayRange(date(2026, 11, 14), DAY)


def test_the_date_that_a_run_was_started_with_is_its_day() -> None:
    """`airflow dags trigger --logical-date` gives it the interval of now."""
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    started = {
        "data_interval_start": datetime(2026, 11, 21, 21, tzinfo=UTC),
        "dag_run": run("manual", run_after=now),
    }
    for given, day in ((datetime(2026, 11, 19, 21, tzinfo=UTC), DAY), (now, date(2026, 11, 22))):
        assert days_of_run({**started, "logical_date": given}, lookback_days=7) == DayRange(day, day)


def test_a_day_is_moscow_s_and_not_the_servers() -> None:
    assert moscow_day(datetime(2026, 11, 19, 20, 59, tzinfo=UTC)) == date(2026, 11, 19)
    assert moscow_day(datetime(2026, 11, 19, 21, 0, tzinfo=UTC)) == DAY
    assert last_complete_day(datetime(2026, 11, 20, 21, 0, tzinfo=UTC)) == DAY
    with pytest.raises(InvalidInput, match="no time zone"):
        moscow_day(datetime(2026, 11, 19))  # noqa: DTZ001


def test_a_day_that_is_not_over_is_refused() -> None:
    days, evening = DayRange(DAY, DAY), datetime(2026, 11, 20, 20, 59, tzinfo=UTC)
    with pytest.raises(DayNotOver, match=r"2026-11-20 is not over in Moscow.*last day.*2026-11-19"):
        days.require_over(evening)
    days.require_over(datetime(2026, 11, 20, 21, 0, tzinfo=UTC))


def test_windows_cover_the_range_exactly() -> None:
    days = DayRange(date(2026, 9, 30), DAY)
    windows = list(days.windows(30))
    assert [day for window in windows for day in window] == list(days)
    assert max(len(list(window)) for window in windows) == 30


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "20.11.2026", ""])
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"--date .* is not a day: write it as YYYY-MM-DD"):
        parse_day(text, "--date")


def test_a_range_has_an_order() -> None:
    with pytest.raises(InvalidInput, match="first day comes after"):
        DayRange(DAY, date(2026, 11, 19))
