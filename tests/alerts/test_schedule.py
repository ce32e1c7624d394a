"""What the watchdog learns of Airflow from outside: which runs are stuck, and what stays unknown without a database."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from airflow.configuration import conf
from airflow.jobs.job import Job
from airflow.models import DagRun
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

import our_dags
from zakaz.alerts.schedule import Schedule
from zakaz.orchestration.airflow_state import DATABASE_SECONDS, from_database

DAY = date(2026, 11, 20)
OLD = datetime.now(UTC) - timedelta(hours=3)
BACKFILL, SCHEDULED = DagRunType.BACKFILL_JOB, DagRunType.SCHEDULED
UNKNOWN = Schedule(is_from_outside=True)


@pytest.fixture
def airflow(metadata: None) -> Iterator[None]:
    """Airflow's database without a run and without a sign of life."""
    our_dags.make_known(our_dags.read())
    forget()
    yield
    forget()


def forget() -> None:
    with create_session() as session:
        session.query(DagRun).delete()
        session.query(Job).delete()


def make_run(run_type: DagRunType, state: str, task_state: str | None, day: date = DAY) -> str:
    """An old run with one task in a state, the others without one."""
    since = {"queued_at": OLD} if state == "queued" else {"start_date": OLD}
    with create_session() as session:
        run = our_dags.make_run("zakaz_etl", run_type, day, state=state, session=session)
        run.start_date = run.queued_at = None
        for name, instant in since.items():
            setattr(run, name, instant)
        run.task_instances[0].state = task_state
        return str(run.run_id)


def scheduler_lives(silent_for: timedelta = timedelta(0)) -> None:
    with create_session() as session:
        job = Job(job_type="SchedulerJob", state="running")
        job.latest_heartbeat = datetime.now(UTC) - silent_for
        session.add(job)


def stuck() -> list[str]:
    found = from_database("zakaz_etl")
    assert found.is_known
    return [run.dag_run_id for run in found.stuck_runs]


@pytest.mark.usefixtures("airflow")
@pytest.mark.parametrize(
    ("run_type", "state", "task_state"),
    [
        (BACKFILL, "queued", None),
        (BACKFILL, "running", "scheduled"),
        (SCHEDULED, "running", "queued"),
        (SCHEDULED, "running", "up_for_retry"),
    ],
    ids=["days whose turn comes", "a task that wants its pool", "a task in the queue", "a task that is tried again"],
)
def test_what_waits_is_stuck_only_if_nobody_is_there_to_begin_it(
    run_type: DagRunType, state: str, task_state: str | None
) -> None:
    run_id = make_run(run_type, state, task_state)
    assert stuck() == [run_id]
    scheduler_lives(silent_for=timedelta(minutes=3))
    assert stuck() == [run_id], "it died"
    scheduler_lives()
    assert stuck() == []


@pytest.mark.usefixtures("airflow")
def test_days_wait_their_turn_while_a_backfill_without_a_scheduler_is_at_work() -> None:
    make_run(BACKFILL, "running", "running")
    make_run(BACKFILL, "queued", None, DAY - timedelta(days=1))
    assert stuck() == []


@pytest.mark.usefixtures("airflow")
@pytest.mark.parametrize(("run_type", "state"), [(BACKFILL, "running"), (SCHEDULED, "running"), (SCHEDULED, "queued")])
def test_a_run_without_a_task_that_could_begin_is_stuck(run_type: DagRunType, state: str) -> None:
    scheduler_lives()
    run_id = make_run(run_type, state, None)
    assert stuck() == [run_id]


def asked_at(monkeypatch: pytest.MonkeyPatch, url: str) -> Schedule:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", url)
    assert conf.get("database", "sql_alchemy_conn") == url
    return from_database("zakaz_etl")


def test_without_a_database_nothing_is_known_and_none_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "airflow.db"
    assert asked_at(monkeypatch, f"sqlite:///{file}") == UNKNOWN
    assert not file.exists()
    file.touch()
    assert asked_at(monkeypatch, f"sqlite:///{file}") == UNKNOWN, "it has no tables"


def test_a_postgresql_that_says_nothing_holds_nobody_up_and_its_password_is_not_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, unused_port: int
) -> None:
    url = f"postgresql+psycopg2://airflow:pg-secret@127.0.0.1:{unused_port}/airflow"
    assert asked_at(monkeypatch, url) == UNKNOWN, "nobody listens"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        assert asked_at(monkeypatch, url.replace(str(unused_port), str(mute.getsockname()[1]))) == UNKNOWN
    assert time.monotonic() - began < 2 * DATABASE_SECONDS
    assert "pg-secret" not in json.dumps(caplog.messages)
