"""Airflow 3's own list of backfills: what is under way, and what stands in the way of another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from airflow.jobs.job import most_recent_job
from airflow.models import DagModel, DagRun
from airflow.models.backfill import Backfill
from airflow.utils.session import create_session

from zakaz.backfill import airflow_runs
from zakaz.days import DayRange
from zakaz.errors import DaysAreBusy, InvalidInput, TransientError

UNFINISHED = ("queued", "running")


def require_startable(dag_id: str, days: DayRange) -> None:
    """Refuse a backfill that Airflow would refuse, or that nobody would carry out.

    :raises DaysAreBusy: another backfill of the DAG, or a run of the range, is at work.
    :raises InvalidInput: the DAG is paused or not known. :raises TransientError: there is no scheduler.
    """
    if not is_scheduler_alive():
        raise TransientError("Airflow 3 makes a backfill in its scheduler, which gives no sign of life: start it")
    with create_session() as session:
        dag = session.get(DagModel, dag_id)
        if dag is None or dag.is_paused or dag.is_stale:
            raise InvalidInput(f"{dag_id} is paused or not known in Airflow: its runs would wait for ever")
        other = session.query(Backfill).filter(Backfill.dag_id == dag_id, Backfill.completed_at.is_(None)).first()
        if other is not None:
            raise DaysAreBusy(
                f"Airflow's backfill {other.id} of {dag_id} is not over: nothing was done. Wait until it has ended, or "
                "cancel it in the UI, then give the same command again"
            )
    airflow_runs.end_stranded(dag_id, days)
    airflow_runs.require_free(dag_id, days)


def is_scheduler_alive() -> bool:
    """Whether a scheduler gave a sign of life lately."""
    with create_session() as session:
        job = most_recent_job("SchedulerJob", session=session)
        return bool(job and job.is_alive())


def is_at_work(dag_id: str, days: DayRange, since: datetime) -> bool:
    """Whether a run of the backfill that was made since an instant has not ended."""
    with _ours(dag_id, days, since) as (_, runs):
        return any(str(run.state) in UNFINISHED for run in runs)


def close(dag_id: str, days: DayRange, since: datetime) -> None:
    """End the backfill itself: no further task of it begins, and another backfill may be made at once.

    Its runs forget which stage was asked for: Clear on one of their tasks later means that task.
    """
    with _ours(dag_id, days, since) as (backfills, runs):
        for backfill in backfills:
            backfill.is_paused = True
            backfill.completed_at = backfill.completed_at or datetime.now(UTC)
        for run in runs:
            run.conf = {}
            if str(run.state) in UNFINISHED:
                run.set_state("failed")


@contextmanager
def _ours(dag_id: str, days: DayRange, since: datetime) -> Iterator[tuple[list[Any], list[Any]]]:
    """The backfill of these days that was made since an instant, if Airflow has it already, and its runs."""
    first, last = airflow_runs.midnight(days.first), airflow_runs.midnight(days.last)
    with create_session() as session:
        made = session.query(Backfill).filter(
            Backfill.dag_id == dag_id,
            Backfill.from_date == first,
            Backfill.to_date == last,
            Backfill.created_at >= since,
        )
        backfills = made.all()
        ids = [backfill.id for backfill in backfills]
        yield backfills, session.query(DagRun).filter(DagRun.backfill_id.in_(ids)).all()
