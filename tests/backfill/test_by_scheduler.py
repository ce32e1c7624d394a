"""What `bin/zakaz backfill` asks of Airflow 3, refuses, and leaves behind in its database; no scheduler is needed."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from zakaz.airflow_compat import IS_AIRFLOW_2

if IS_AIRFLOW_2:
    pytest.skip("Airflow 2 backfills in a process: see test_day_dag.py", allow_module_level=True)

from airflow.jobs.job import Job
from airflow.models import DagModel, DagRun
from airflow.models.backfill import Backfill, ReprocessBehavior, _create_backfill
from airflow.utils.session import create_session
from sqlalchemy.exc import OperationalError

import our_dags
from zakaz.backfill import airflow_backfills, airflow_runs, by_scheduler, command
from zakaz.days import DayRange
from zakaz.errors import DaysAreBusy, InvalidInput, TransientError

DAG_ID = "zakaz_etl"
DAY = date(2026, 11, 20)
DAYS = DayRange(DAY, DAY + timedelta(days=1))
ENDED = {"2026-11-20": "failed", "2026-11-21": "failed"}


@pytest.fixture(scope="module")
def known(metadata: None) -> None:
    """The DAG files, as the DAG processor hands them to the database."""
    our_dags.make_known(our_dags.read())


@pytest.fixture
def scheduler(known: None) -> Iterator[None]:
    """A sign of life of a scheduler, and no run or backfill of an earlier test."""
    with create_session() as session:
        for table in (DagRun, Backfill, Job):
            session.query(table).delete()
        session.add(Job(job_type="SchedulerJob", state="running", latest_heartbeat=datetime.now(UTC)))
    yield
    with create_session() as session:
        session.query(DagRun).delete()


def make_backfill(days: DayRange = DAYS, stage: str = "all") -> datetime:
    """As `airflow backfill create` does it; the instant before."""
    began = datetime.now(UTC)
    _create_backfill(
        dag_id=DAG_ID,
        from_date=airflow_runs.midnight(days.first),
        to_date=airflow_runs.midnight(days.last),
        max_active_runs=2,
        reverse=False,
        dag_run_conf={"stage": stage},
        triggering_user_name="somebody",
        reprocess_behavior=ReprocessBehavior.COMPLETED,
    )
    return began


def of_airflow() -> dict[str, Any]:
    return {str(day): state for day, state in airflow_runs.states(DAG_ID, DAYS).items()}


def test_every_day_is_asked_for_with_its_stage() -> None:
    assert command.run is by_scheduler.run
    words = by_scheduler.arguments(DAYS, "build_dm_vk", 3)
    asked = dict(zip(words[2::2], words[3::2], strict=True))
    assert words[:2] == ["backfill", "create"]
    assert json.loads(asked.pop("--dag-run-conf")) == {"stage": "build_dm_vk"}
    assert asked == {
        "--dag-id": DAG_ID,
        "--from-date": "2026-11-20",
        "--to-date": "2026-11-21",
        "--reprocess-behavior": "completed",
        "--max-active-runs": "3",
    }


@pytest.mark.usefixtures("scheduler")
def test_its_runs_are_the_moscow_days_with_both_ends() -> None:
    began = make_backfill()
    assert of_airflow() == {"2026-11-20": "queued", "2026-11-21": "queued"}
    assert airflow_backfills.is_at_work(DAG_ID, DAYS, began)


@pytest.mark.usefixtures("scheduler")
def test_a_backfill_that_is_closed_leaves_nothing_at_work_and_lets_the_next_one_begin() -> None:
    began = make_backfill(stage="build_dm_vk")
    airflow_backfills.close(DAG_ID, DAYS, began)
    assert of_airflow() == ENDED
    assert not airflow_backfills.is_at_work(DAG_ID, DAYS, began)
    with create_session() as session:
        assert [run.conf for run in session.query(DagRun)] == [{}, {}], "Clear would do that stage alone"
    airflow_backfills.require_startable(DAG_ID, DAYS)
    make_backfill()
    assert of_airflow() == {"2026-11-20": "queued", "2026-11-21": "queued"}


@pytest.mark.usefixtures("scheduler")
def test_tasks_of_a_backfill_that_is_stopped_are_free_again() -> None:
    began = make_backfill()
    with create_session() as session:
        for run in session.query(DagRun):
            run.state = "running"
            for task in run.task_instances:
                task.state = "scheduled"
    airflow_backfills.close(DAG_ID, DAYS, began)
    assert len(airflow_runs.end_unfinished(DAG_ID, DAYS)) == 2
    with create_session() as session:
        assert {task.state for run in session.query(DagRun) for task in run.task_instances} == {None}


@pytest.mark.usefixtures("scheduler")
def test_another_backfill_is_named() -> None:
    make_backfill(DayRange(DAY - timedelta(days=9), DAY - timedelta(days=8)))
    with pytest.raises(DaysAreBusy, match=r"Airflow's backfill \d+ of zakaz_etl is not over: nothing was done"):
        airflow_backfills.require_startable(DAG_ID, DAYS)


@pytest.mark.usefixtures("scheduler")
def test_a_run_that_a_cancelled_backfill_left_queued_is_no_obstacle() -> None:
    make_backfill()
    with create_session() as session:
        for backfill in session.query(Backfill):
            backfill.completed_at = datetime.now(UTC)
    airflow_backfills.require_startable(DAG_ID, DAYS)
    assert of_airflow() == ENDED


class Locked:
    """`airflow backfill create` on a locked database, as often as it is told; then it makes the backfill."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.began: list[datetime] = []

    def start(self, *_: str) -> SimpleNamespace:
        code = len(self.began) < self.times
        self.began.append(make_backfill())
        return SimpleNamespace(wait=lambda **_: int(code), terminate=lambda: None)


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("times", [2, 3])
def test_a_backfill_that_airflow_broke_off_is_asked_for_again(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    locked = Locked(times)
    monkeypatch.setattr(by_scheduler.airflow_cli, "start", locked.start)
    monkeypatch.setattr(by_scheduler, "_watch", lambda *_: None)
    monkeypatch.setattr(by_scheduler, "SETTLE_SECONDS", 0)
    with pytest.raises(TransientError, match="did not take") if times == 3 else nullcontext():
        by_scheduler.run(DAYS, "all", 1, lambda _: None)
    assert len(locked.began) == 3
    assert of_airflow() == ENDED, "none of them is left at work"


@pytest.mark.usefixtures("scheduler")
def test_a_command_that_hangs_is_named_and_leaves_nothing_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(timeout: float | None = None) -> int:
        if timeout is None:
            return -15
        raise subprocess.TimeoutExpired("airflow", timeout)

    def start(*_: str) -> SimpleNamespace:
        make_backfill()
        return SimpleNamespace(wait=wait, terminate=lambda: None)

    monkeypatch.setattr(by_scheduler.airflow_cli, "start", start)
    monkeypatch.setattr(by_scheduler, "SETTLE_SECONDS", 0)
    with pytest.raises(TransientError, match="airflow backfill create did not end in 120 s"):
        by_scheduler.run(DAYS, "all", 1, lambda _: None)
    assert of_airflow() == ENDED


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("question", ["progress", "is_at_work", "is_scheduler_alive"])
def test_a_question_that_is_not_answered_ends_no_backfill(monkeypatch: pytest.MonkeyPatch, question: str) -> None:
    began = make_backfill()
    module = airflow_runs if question == "progress" else airflow_backfills
    asked = getattr(module, question)
    answers = [OperationalError("SELECT", {}, Exception("database is locked"))]

    def answer(*given: Any) -> Any:
        if answers:
            raise answers.pop()
        return asked(*given)

    monkeypatch.setattr(module, question, answer)
    monkeypatch.setattr(by_scheduler, "LOOK_EVERY_SECONDS", 0)
    by_scheduler._watch(DAYS, began, lambda _: answers or airflow_backfills.close(DAG_ID, DAYS, began))
    assert answers == []
    assert of_airflow() == ENDED


@pytest.mark.usefixtures("scheduler")
def test_a_database_that_stays_away_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(airflow_runs, "progress", locked)
    monkeypatch.setattr(by_scheduler, "LOOK_EVERY_SECONDS", 0)
    monkeypatch.setattr(by_scheduler, "SCHEDULER_AWAY", timedelta(milliseconds=50))
    with pytest.raises(TransientError, match="no sign of life"):
        by_scheduler._watch(DAYS, make_backfill(), lambda _: None)


@pytest.mark.usefixtures("scheduler")
def test_nobody_waits_for_what_will_not_begin() -> None:
    with create_session() as session:
        session.get(DagModel, DAG_ID).is_paused = True
    try:
        with pytest.raises(InvalidInput, match="paused"):
            airflow_backfills.require_startable(DAG_ID, DAYS)
    finally:
        with create_session() as session:
            session.get(DagModel, DAG_ID).is_paused = False
            session.query(Job).delete()
    with pytest.raises(TransientError, match="no sign of life"):
        airflow_backfills.require_startable(DAG_ID, DAYS)
