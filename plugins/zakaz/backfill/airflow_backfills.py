"""Airflow 3's own list of backfills: what is under way, and what stands in the way of another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from zakaz.backfill import airflow_runs
from zakaz.days import DayRange
from zakaz.errors import DaysAreBusy, InvalidInput, TransientError


def require_startable(dag_id: str, days: DayRange) -> None:
    """Refuse a backfill that Airflow would refuse, or that nobody would carry out.

    :raises DaysAreBusy: another backfill of the DAG, or a run of the range, is at work.
    :raises InvalidInput: the DAG is paused or not known. :raises TransientError: there is no scheduler.
    """
    from airflow.models import DagModel
    from airflow.models.backfill import Backfill

    if not is_scheduler_alive():
        raise TransientError("Airflow 3 makes a backfill in its scheduler, which gives no sign of life: start it")
    with _session() as session:
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
    from airflow.jobs.job import most_recent_job

    with _session() as session:
        job = most_recent_job("SchedulerJob", session=session)
        return bool(job and job.is_alive())


def is_at_work(dag_id: str, days: DayRange, since: datetime) -> bool:
    """Whether a run of the backfill that was made since an instant has not ended."""
    with _ours(dag_id, days, since) as (session, ids):
        return bool(_unfinished(session, ids).count())


def close(dag_id: str, days: DayRange, since: datetime) -> None:
    """End the backfill itself: what has not begun of it never will, and another one may begin at once.

    Its runs forget which stage was asked for: Clear on one of their tasks later means that task.
    """
    from airflow.models import DagRun

    with _ours(dag_id, days, since) as (session, ids):
        for backfill in ids.values():
            backfill.is_paused = True
            backfill.completed_at = backfill.completed_at or datetime.now(UTC)
        for run in session.query(DagRun).filter(DagRun.backfill_id.in_(ids)):
            run.conf = {}


def _unfinished(session: Any, ids: Any) -> Any:
    from airflow.models import DagRun

    return session.query(DagRun).filter(DagRun.backfill_id.in_(ids), DagRun.state.in_(("queued", "running")))


@contextmanager
def _ours(dag_id: str, days: DayRange, since: datetime) -> Iterator[tuple[Any, dict[int, Any]]]:
    """The backfills of these days that were made since an instant, by their number: one, or none yet."""
    from airflow.models.backfill import Backfill

    first, last = airflow_runs.midnight(days.first), airflow_runs.midnight(days.last)
    with _session() as session:
        made = session.query(Backfill).filter(
            Backfill.dag_id == dag_id,
            Backfill.from_date == first,
            Backfill.to_date == last,
            Backfill.created_at >= since,
        )
        yield session, {backfill.id: backfill for backfill in made}


@contextmanager
def _session() -> Iterator[Any]:
    from airflow.utils.session import create_session

    with create_session() as session:
        yield session
