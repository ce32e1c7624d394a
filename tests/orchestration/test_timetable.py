"""Which days run, and when."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow.timetables.base import DataInterval, TimeRestriction
from airflow.utils.types import DagRunType

import zakaz.orchestration.timetable
from zakaz.orchestration.timetable import MoscowDayTimetable

MOSCOW = ZoneInfo("Europe/Moscow")


def moscow(text: str) -> pendulum.DateTime:
    return pendulum.parse(text, tz="Europe/Moscow")  # type: ignore[return-value]


def set_now(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            moment = datetime.fromisoformat(text).replace(tzinfo=MOSCOW)
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    monkeypatch.setattr(zakaz.orchestration.timetable, "datetime", Clock)


@pytest.fixture
def timetable() -> MoscowDayTimetable:
    return MoscowDayTimetable(run_at=time(5, 35), catchup_days=7)


def days_between(timetable: MoscowDayTimetable, start: str, end: str) -> list[str]:
    """The loop of `airflow dags backfill` (DAG.iter_dagrun_infos_between)."""
    restriction, last, days = TimeRestriction(moscow(start), moscow(end), catchup=True), None, []
    while info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction):
        last = info.data_interval
        assert last.end - last.start == timedelta(days=1)
        days.append(last.start.isoformat())
    return days


def scheduled(
    timetable: MoscowDayTimetable, last: str | None, *, start: str = "2025-01-01", end: str | None = None
) -> Any:
    """What the scheduler asks (the DAG says catchup=False), for a DAG that has days from `start` to `end`."""
    interval = DataInterval(moscow(last), moscow(last).add(days=1)) if last else None
    ends = [moscow(text) if text else None for text in (start, end)]
    restriction = TimeRestriction(*ends, catchup=False)
    return timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)


def test_a_backfill_makes_whole_moscow_days_with_both_ends(timetable: MoscowDayTimetable) -> None:
    expected = [f"2026-11-0{day}T00:00:00+03:00" for day in range(1, 6)]
    assert days_between(timetable, "2026-11-01", "2026-11-05") == expected
    assert days_between(timetable, "2026-11-05", "2026-11-05") == expected[-1:]


def test_a_day_starts_on_the_next_morning(timetable: MoscowDayTimetable, monkeypatch: pytest.MonkeyPatch) -> None:
    set_now(monkeypatch, "2026-11-23T04:00:00")
    info = scheduled(timetable, "2026-11-21")
    assert info.data_interval == (moscow("2026-11-22"), moscow("2026-11-23"))
    assert info.run_after == moscow("2026-11-23T05:35")
    assert info.logical_date == moscow("2026-11-22")


def test_the_first_start_does_yesterday_only(timetable: MoscowDayTimetable, monkeypatch: pytest.MonkeyPatch) -> None:
    set_now(monkeypatch, "2026-11-23T12:00:00")
    assert scheduled(timetable, None).logical_date == moscow("2026-11-22")


def test_missed_days_are_made_up_to_the_limit(timetable: MoscowDayTimetable, monkeypatch: pytest.MonkeyPatch) -> None:
    set_now(monkeypatch, "2026-11-23T12:00:00")
    assert scheduled(timetable, "2026-11-19").logical_date == moscow("2026-11-20")
    assert scheduled(timetable, "2026-09-01").logical_date == moscow("2026-11-16")
    assert scheduled(timetable, "2026-09-01", start="").logical_date == moscow("2026-11-16")


def test_no_day_outside_those_of_the_dag_is_made_up(
    timetable: MoscowDayTimetable, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_now(monkeypatch, "2026-11-23T12:00:00")
    assert scheduled(timetable, "2026-09-01", start="2026-11-20").logical_date == moscow("2026-11-20")
    assert scheduled(timetable, "2026-11-20", end="2026-11-20") is None


@pytest.mark.parametrize(
    ("given", "day"),
    [
        pytest.param("2026-11-20", "2026-11-20", id="a date is that day"),
        pytest.param("2026-11-20T13:15:00", "2026-11-20", id="a moment is its day"),
        pytest.param("2026-11-23T09:30:00", "2026-11-22", id="now is the last day that is over"),
        pytest.param("2026-11-23", "2026-11-23", id="today on purpose is today, which the tasks refuse"),
    ],
)
def test_a_run_by_hand(timetable: MoscowDayTimetable, monkeypatch: pytest.MonkeyPatch, given: str, day: str) -> None:
    set_now(monkeypatch, "2026-11-23T09:30:00")
    interval = timetable.infer_manual_data_interval(run_after=moscow(given).in_timezone("UTC"))
    assert interval == (moscow(day), moscow(day).add(days=1))


def test_a_run_is_named_by_its_moscow_date(timetable: MoscowDayTimetable) -> None:
    midnight = moscow("2026-11-20").in_timezone("UTC")
    interval = DataInterval(midnight, midnight.add(days=1))
    for run_type, run_after, name in (
        (DagRunType.SCHEDULED, "2026-11-21T05:35", "scheduled__2026-11-20T00:00:00+03:00"),
        (DagRunType.MANUAL, "2026-11-23T09:30", "manual__2026-11-23T09:30:00+03:00"),
    ):
        made = timetable.generate_run_id(run_type=run_type, data_interval=interval, run_after=moscow(run_after))
        assert made == name


def test_it_survives_the_metadata_database(timetable: MoscowDayTimetable) -> None:
    restored = MoscowDayTimetable.deserialize(timetable.serialize())
    assert (restored.run_at, restored.catchup_days, restored.summary) == (time(5, 35), 7, "daily 05:35 Moscow")
