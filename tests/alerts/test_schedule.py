"""Which runs of Airflow 2 are told of as stuck: those that nobody will go on with, and none that only wait."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

if not IS_AIRFLOW_2:
    pytest.skip("no task of Airflow 3 may ask its database", allow_module_level=True)

from airflow.jobs.job import Job
from airflow.models import DagRun
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

import our_dags
from zakaz.alerts.schedule import look_at

DAY = date(2026, 11, 20)
OLD = datetime.now(UTC) - timedelta(hours=3)
BACKFILL, SCHEDULED = DagRunType.BACKFILL_JOB, DagRunType.SCHEDULED


@pytest.fixture
def airflow(metadata: None) -> Iterator[None]:
    """Airflow's database without a run and without a sign of life."""
    forget()
    yield
    forget()


def forget() -> None:
    with create_session() as session:
        session.query(DagRun).delete()
        session.query(Job).delete()


def make_run(run_type: DagRunType, state: str, task_state: str | None) -> str:
    """An old run with one task in a state, the others without one."""
    since = {"queued_at": OLD} if state == "queued" else {"start_date": OLD}
    with create_session() as session:
        run = our_dags.make_run(our_dags.read(), "zakaz_etl", run_type, DAY, state=state, session=session)
        run.start_date = run.queued_at = None
        for name, instant in since.items():
            setattr(run, name, instant)
        run.task_instances[0].state = task_state
        return str(run.run_id)


def alive(job_type: str, silent_for: timedelta = timedelta(0)) -> None:
    with create_session() as session:
        session.add(Job(job_type=job_type, state="running", latest_heartbeat=datetime.now(UTC) - silent_for))


@pytest.mark.usefixtures("airflow")
@pytest.mark.parametrize(
    ("run_type", "state", "task_state", "served_by"),
    [
        (BACKFILL, "queued", None, "BackfillJob"),
        (BACKFILL, "running", "scheduled", "BackfillJob"),
        (SCHEDULED, "running", "queued", "SchedulerJob"),
        (SCHEDULED, "running", "scheduled", "SchedulerJob"),
    ],
    ids=["days that a backfill reset", "a task of a backfill", "a task in the queue", "a task that wants its pool"],
)
def test_what_waits_is_stuck_only_if_nobody_is_there_to_begin_it(
    run_type: DagRunType, state: str, task_state: str | None, served_by: str
) -> None:
    run_id = make_run(run_type, state, task_state)
    assert [stuck.dag_run_id for stuck in look_at("zakaz_etl").stuck_runs] == [run_id]
    alive(served_by, silent_for=timedelta(minutes=3))
    assert len(look_at("zakaz_etl").stuck_runs) == 1, "it died"
    alive(served_by)
    assert look_at("zakaz_etl").stuck_runs == []


@pytest.mark.usefixtures("airflow")
def test_a_task_that_runs_needs_no_sign_of_life_of_another() -> None:
    make_run(BACKFILL, "running", "running")
    assert look_at("zakaz_etl").stuck_runs == []


@pytest.mark.usefixtures("airflow")
@pytest.mark.parametrize(("run_type", "state"), [(BACKFILL, "running"), (SCHEDULED, "running"), (SCHEDULED, "queued")])
def test_a_run_without_a_task_that_could_begin_is_stuck(run_type: DagRunType, state: str) -> None:
    alive("BackfillJob")
    alive("SchedulerJob")
    run_id = make_run(run_type, state, None)
    assert [stuck.dag_run_id for stuck in look_at("zakaz_etl").stuck_runs] == [run_id]
