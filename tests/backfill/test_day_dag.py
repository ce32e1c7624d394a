"""What the project makes of `airflow dags backfill`: its refusals, and what it leaves behind in Airflow's database."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pendulum
import pytest

from zakaz.airflow_compat import IS_AIRFLOW_2

if not IS_AIRFLOW_2:
    pytest.skip("Airflow 3 has no `dags backfill`: see test_by_scheduler.py", allow_module_level=True)

from airflow.jobs.backfill_job_runner import BackfillJobRunner
from airflow.models import DagBag, DagRun
from airflow.utils.session import create_session

from zakaz.backfill import airflow_runs, command
from zakaz.days import DayRange
from zakaz.errors import DaysAreBusy
from zakaz.settings import PROJECT_DIR

DAY = date(2026, 11, 20)
DAYS = DayRange(DAY, DAY + timedelta(days=1))
MakeRun = Callable[..., str]


@pytest.fixture(scope="module")
def dag(metadata: None) -> Any:
    return DagBag(dag_folder=PROJECT_DIR / "dags").get_dag("zakaz_etl")


@pytest.fixture
def make_run(dag: Any) -> Iterator[MakeRun]:
    """Put a run of a day into Airflow's database, with its tasks in a state."""
    with create_session() as session:
        session.query(DagRun).delete()

    def made(day: date, state: str, run_type: str = "backfill", task_state: str | None = None, **task: Any) -> str:
        midnight = pendulum.datetime(day.year, day.month, day.day, tz="Europe/Moscow")
        with create_session() as session:
            run = dag.create_dagrun(
                run_type=run_type,
                execution_date=midnight,
                data_interval=(midnight, midnight.add(days=1)),
                state=state,
                start_date=datetime.now(UTC),
                session=session,
            )
            for one in run.task_instances:
                one.state = task_state
                for name, value in task.items():
                    setattr(one, name, value)
            return str(run.run_id)

    yield made
    with create_session() as session:
        session.query(DagRun).delete()


def instant(day: date) -> Any:
    return pendulum.datetime(day.year, day.month, day.day, tz="Europe/Moscow")


def backfill(dag: Any, days: DayRange = DAYS) -> None:
    dag.run(start_date=instant(days.first), end_date=instant(days.last), continue_on_failures=True)


def of_airflow() -> dict[str, tuple[str, set[str | None]]]:
    """Each run with its state and its tasks' states."""
    with create_session() as session:
        return {
            run.run_id: (str(run.state), {task.state and str(task.state) for task in run.task_instances})
            for run in session.query(DagRun)
        }


@pytest.fixture
def airflow_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in its silent no-ops."""
    monkeypatch.setattr(BackfillJobRunner, "_execute", lambda *_, **__: None)


def test_a_day_that_is_not_over_is_refused_before_any_run_is_made(dag: Any, make_run: MakeRun) -> None:
    today = datetime.now(UTC).date()
    with pytest.raises(ValueError, match="is not over in Moscow"):
        backfill(dag, DayRange(DAY, today + timedelta(days=40)))
    assert of_airflow() == {}, "the scheduler would go on from the latest day that ran"


def test_another_run_in_its_way_is_named(dag: Any, make_run: MakeRun) -> None:
    run_id = make_run(DAY, "running", "scheduled", "running")
    with pytest.raises(ValueError, match=rf"{re.escape(run_id)} of zakaz_etl is at work.*nothing was done"):
        backfill(dag)
    assert of_airflow() == {run_id: ("running", {"running"})}


def test_bin_zakaz_names_it_before_it_begins(make_run: MakeRun) -> None:
    command.require_startable(DAYS)
    run_id = make_run(DAY, "running", "scheduled", "running")
    with pytest.raises(DaysAreBusy, match=rf"{re.escape(run_id)} of zakaz_etl is at work"):
        command.require_startable(DAYS)


@pytest.mark.usefixtures("airflow_does_nothing")
def test_a_backfill_that_did_nothing_is_no_success(dag: Any, make_run: MakeRun) -> None:
    make_run(DAY, "success", task_state="success")
    with pytest.raises(ValueError, match=r"1 of 2 days are not green: 2026-11-21 \(no run\)"):
        backfill(dag)


@pytest.mark.usefixtures("airflow_does_nothing")
def test_days_that_were_green_before_are_said_to_be(
    dag: Any, make_run: MakeRun, caplog: pytest.LogCaptureFixture
) -> None:
    before = datetime.now(UTC) - timedelta(hours=1)
    for day in DAYS:
        make_run(day, "success", task_state="success", end_date=before)
    caplog.set_level("INFO")
    backfill(dag)
    assert "0 of 2 days done now; 2 were green before and were left alone (--reset-dagruns -y" in caplog.text


def test_a_backfill_that_breaks_off_is_taken_up_again(
    dag: Any, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a deadlock in Airflow's database."""
    calls = []

    def execute(*_: Any, **__: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            make_run(DAY, "running", task_state="scheduled")
            raise KeyError("TaskInstanceKey")
        with create_session() as session:
            session.query(DagRun).delete()
        for day in DAYS:
            make_run(day, "success", task_state="success")

    monkeypatch.setattr(BackfillJobRunner, "_execute", execute)
    backfill(dag)
    assert len(calls) == 2


def test_a_backfill_that_always_breaks_off_names_its_days(
    dag: Any, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(*_: Any, **__: Any) -> None:
        raise KeyError("TaskInstanceKey")

    monkeypatch.setattr(BackfillJobRunner, "_execute", execute)
    with pytest.raises(ValueError, match="2 of 2 days are not green"):
        backfill(dag)


def test_a_reset_run_of_the_schedule_is_taken_from_the_scheduler(dag: Any, make_run: MakeRun) -> None:
    make_run(DAY, "queued", "scheduled")
    airflow_runs.take_over_queued("zakaz_etl", DAYS)
    with create_session() as session:
        assert [str(run.run_type) for run in session.query(DagRun)] == ["backfill"]


def test_a_dead_backfill_is_ended_and_its_tasks_are_free(make_run: MakeRun) -> None:
    dead = make_run(DAY, "running", task_state="running", pid=2**22 + 1, hostname=socket.gethostname())
    reset = make_run(DAY + timedelta(days=1), "queued")
    assert airflow_runs.end_dead("zakaz_etl", DAYS) == [dead]
    assert of_airflow() == {dead: ("failed", {None}), reset: ("queued", {None})}


def test_a_task_that_may_be_at_work_elsewhere_is_left_alone(make_run: MakeRun) -> None:
    run_id = make_run(DAY, "running", task_state="running", pid=1, hostname="another-worker")
    assert airflow_runs.end_dead("zakaz_etl", DAYS) == []
    assert of_airflow() == {run_id: ("running", {"running"})}


def test_a_task_that_was_left_scheduled_is_free_again(make_run: MakeRun) -> None:
    run_id = make_run(DAY, "failed", task_state="scheduled")
    assert airflow_runs.end_unfinished("zakaz_etl", DAYS) == [run_id]
    assert of_airflow() == {run_id: ("failed", {None})}


def test_what_a_stopped_backfill_leaves_is_ended_with_its_process(make_run: MakeRun) -> None:
    with subprocess.Popen(["sleep", "60"], executable="/bin/sleep") as stranger:
        run_id = make_run(DAY, "running", task_state="running", pid=stranger.pid, hostname=socket.gethostname())
        daily = make_run(DAY + timedelta(days=1), "running", "scheduled", "running")
        assert airflow_runs.end_unfinished("zakaz_etl", DAYS) == [run_id]
        assert stranger.poll() is None, "the number of a process may have passed to another program"
        stranger.kill()
    assert of_airflow() == {run_id: ("failed", {None}), daily: ("running", {"running"})}
