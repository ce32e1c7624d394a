"""What Airflow's own database knows of a DAG, for the watchdog. On Airflow 3 no task may ask it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from zakaz.days import DayRange, moscow_day
from zakaz.orchestration.attempts import attempt_of
from zakaz.registry.attempt import Attempt

# Longer than all tasks of a run may take one after the other.
STUCK_AFTER = timedelta(hours=2)
# What failed less long ago may still be telling of itself.
SETTLED_AFTER = timedelta(minutes=2)
LOOK_BACK = timedelta(days=2)
# A backfill that says nothing for so long is dead; between two signs of life it may wait for one task.
SILENT_FOR = timedelta(minutes=2)


@dataclass(frozen=True)
class StuckRun:
    """A run that is said to go on though none of its tasks does; `since` is a UTC instant."""

    dag_id: str
    dag_run_id: str
    run_type: str
    state: str
    since: datetime
    day: DayRange


@dataclass(frozen=True)
class Schedule:
    """How a DAG stands in Airflow.

    :param is_known: whether Airflow could be asked; if not, the other fields but the next mean nothing.
    :param is_from_outside: who looks is no task of Airflow's; a task has a scheduler, which has just begun it.
    :param is_paused: nobody starts its runs.
    :param is_scheduler_alive: the scheduler gave a sign of life lately.
    :param failed_attempts: the tasks that failed in the last two days, each with the Moscow day of its run.
    """

    is_known: bool = False
    is_from_outside: bool = False
    is_paused: bool = False
    is_scheduler_alive: bool = False
    stuck_runs: list[StuckRun] = field(default_factory=list)
    failed_attempts: list[tuple[Attempt, DayRange]] = field(default_factory=list)


def look_at(dag_id: str) -> Schedule:
    """Ask Airflow's database; where a task may not (Airflow 3), nothing is known."""
    return Schedule()
    from airflow.jobs.job import most_recent_job
    from airflow.models import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        dag = session.get(DagModel, dag_id)
        scheduler = most_recent_job("SchedulerJob", session=session)
        is_scheduler_alive = bool(scheduler and scheduler.is_alive())
        return Schedule(
            is_known=True,
            is_paused=bool(dag and dag.is_paused),
            is_scheduler_alive=is_scheduler_alive,
            stuck_runs=_stuck_runs(dag_id, session, is_scheduler_alive=is_scheduler_alive),
            failed_attempts=_failed_attempts(dag_id, session),
        )


def is_backfill_alive(session: Any) -> bool:
    """Whether an `airflow dags backfill` of Airflow 2 gave a sign of life lately."""
    from airflow.jobs.job import Job

    signs = session.query(Job).filter(
        Job.job_type == "BackfillJob",
        Job.state == "running",
        Job.latest_heartbeat > datetime.now(UTC) - SILENT_FOR,
    )
    return signs.first() is not None


def _stuck_runs(dag_id: str, session: Any, *, is_scheduler_alive: bool) -> list[StuckRun]:
    from airflow.models import DagRun
    from airflow.utils.state import State

    found, is_backfilled = [], is_backfill_alive(session)
    for run in session.query(DagRun).filter(DagRun.dag_id == dag_id, DagRun.state.in_(State.unfinished_dr_states)):
        since = run.start_date or run.queued_at
        is_old = since and datetime.now(UTC) - since > STUCK_AFTER
        is_served = is_backfilled if _is_backfill(run) else is_scheduler_alive
        if is_old and not _goes_on(run, session, is_served=is_served):
            found.append(StuckRun(dag_id, run.run_id, str(run.run_type), str(run.state), since, _day(run)))
    return found


def _goes_on(run: Any, session: Any, *, is_served: bool) -> bool:
    """Whether a task of a run is at work, or the run waits, for a slot of a pool or for its turn in a long backfill.

    :param is_served: whoever starts the tasks of such a run is alive; if not, nothing that waits goes on.
    """
    from airflow.utils.state import TaskInstanceState

    # The days of a backfill that begins are all reset at once, hours before the last one's turn.
    if is_served and _is_backfill(run) and str(run.state) == "queued":
        return True
    waiting = {TaskInstanceState.QUEUED, TaskInstanceState.SCHEDULED} if is_served else set()
    return any(task.state in {TaskInstanceState.RUNNING, *waiting} for task in run.get_task_instances(session=session))


def _is_backfill(run: Any) -> bool:
    return str(run.run_type) == "backfill"


def _failed_attempts(dag_id: str, session: Any) -> list[tuple[Attempt, DayRange]]:
    from airflow.models import TaskInstance
    from airflow.utils.state import TaskInstanceState

    now = datetime.now(UTC)
    failed = session.query(TaskInstance).filter(
        TaskInstance.dag_id == dag_id,
        TaskInstance.state == TaskInstanceState.FAILED,
        TaskInstance.end_date.between(now - LOOK_BACK, now - SETTLED_AFTER),
    )
    return [(attempt_of({"task_instance": task, "dag_run": task.dag_run}), _day(task.dag_run)) for task in failed]


def _day(run: Any) -> DayRange:
    day = moscow_day(run.data_interval_start or run.logical_date)
    return DayRange(day, day)
