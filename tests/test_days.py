"""Business days."""

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import SimpleNamespace

import pytest

from zakaz.days import MOSCOW, DayRange, last_complete_day, moscow_day, parse_day, ranges
from zakaz.errors import DayNotOver, InvalidInput
from zakaz.orchestration.run_days import days_of_run, looks_back, require_sound_lookback

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
        (run("manual", conf={}), False),
        (run("manual", conf={"lookback": True}, dag_id="zakaz_backfill"), False),
        (run("backfill", conf={"lookback": True}), False),
    ],
)
def test_a_run_by_hand_looks_back_if_its_conf_says_so(started: SimpleNamespace, does: bool) -> None:
    assert looks_back(started) is does
    first = date(2026, 11, 14) if does else DAY
    assert days_of_run({**context(""), "dag_run": started}, lookback_days=7) == DayRange(first, DAY)


def test_a_conf_that_leaves_the_days_open_is_refused() -> None:
    for conf in (None, {}, {"lookback": True}, {"lookback": False}):
        require_sound_lookback(run("manual", conf=conf))
    with pytest.raises(InvalidInput, match="the conf's lookback 'yes' is not allowed: it is true or false"):
        require_sound_lookback(run("manual", conf={"lookback": "yes"}))


def test_a_piece_has_its_own_days_and_an_unresolved_one_those_of_the_form() -> None:
    form = {"params": {"from_date": "2026-11-18", "to_date": "2026-11-20"}}
    assert days_of_run(form, 7, "2026-11-19/2026-11-20").iso == "2026-11-19/2026-11-20"
    assert days_of_run(form, 7, object()).iso == "2026-11-18/2026-11-20"


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
    assert last_complete_day() == datetime.now(MOSCOW).date() - timedelta(days=1)


def test_a_day_that_is_not_over_is_refused() -> None:
    days, evening = DayRange(DAY, DAY), datetime(2026, 11, 20, 20, 59, tzinfo=UTC)
    with pytest.raises(DayNotOver, match=r"2026-11-20 is not over in Moscow.*last day.*2026-11-19"):
        days.require_over(evening)
    days.require_over(datetime(2026, 11, 20, 21, 0, tzinfo=UTC))
    with pytest.raises(DayNotOver):
        DayRange(DAY, datetime.now(MOSCOW).date()).require_over()


@pytest.mark.parametrize(("length", "lengths"), [(1, [1]), (30, [30]), (31, [30, 1]), (75, [30, 30, 15])])
def test_windows_cover_the_range_exactly(length: int, lengths: list[int]) -> None:
    days = DayRange(DAY - timedelta(days=length - 1), DAY)
    windows = list(days.windows(30))
    assert [day for window in windows for day in window] == list(days)
    assert [len(list(window)) for window in windows] == lengths


@pytest.mark.parametrize(
    ("at_once", "pieces"),
    [
        (1, ["2026-11-15/2026-11-30", "2026-12-01/2026-12-31", "2027-01-01/2027-01-31", "2027-02-01/2027-02-01"]),
        (2, ["2026-11-15/2026-12-31", "2027-01-01/2027-02-01"]),
        (4, ["2026-11-15/2027-02-01"]),
    ],
)
def test_only_the_first_and_the_last_piece_may_be_part_of_a_month(at_once: int, pieces: list[str]) -> None:
    days = DayRange.parse("2026-11-15/2027-02-01")
    assert [piece.iso for piece in days.months(at_once)] == pieces
    assert list(days.months()) == list(days.months(1))


def test_consecutive_days_are_one_range() -> None:
    days = [date(2026, 11, day) for day in (1, 3, 4, 5, 7, 8)]
    assert [str(found) for found in ranges(days)] == [
        "2026-11-01",
        "2026-11-03 to 2026-11-05",
        "2026-11-07 to 2026-11-08",
    ]
    assert ranges([]) == []


def test_parts_of_a_range() -> None:
    days = DayRange(DAY - timedelta(days=3), DAY)
    assert days.since(days.first - timedelta(days=1)) == days
    assert days.since(DAY) == days.last_days(1) == DayRange(DAY, DAY)
    assert days.since(DAY + timedelta(days=1)) is None
    assert days.last_days(7).first == date(2026, 11, 14)
    around = [days.first - timedelta(days=1), days.first, DAY, DAY + timedelta(days=1)]
    assert [day in days for day in around] == [False, True, True, False]


def test_a_day_and_a_range_are_read_as_they_are_written() -> None:
    assert parse_day("2026-11-20", "--date") == DAY
    days = DayRange(DAY - timedelta(days=3), DAY)
    assert DayRange.parse(days.iso) == days
    for text, wrong in (("20.11/2026-11-20", "the first day '20.11'"), ("2026-11-20", "the last day ''")):
        with pytest.raises(InvalidInput, match=f"^{wrong} is not a day"):
            DayRange.parse(text)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "20.11.2026", ""])
def test_what_is_no_day_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"--date .* is not a day: write it as YYYY-MM-DD"):
        parse_day(text, "--date")


def test_a_range_has_an_order() -> None:
    with pytest.raises(InvalidInput, match="first day comes after"):
        DayRange(DAY, date(2026, 11, 19))
