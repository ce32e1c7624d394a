"""The runs of a range in Airflow's own database: what they are, and what a backfill that was ended leaves behind."""

import logging
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import psutil

from zakaz.airflow_compat import LOGICAL_DATE
from zakaz.alerts.schedule import is_backfill_alive
from zakaz.days import MOSCOW, DayRange, moscow_day
from zakaz.errors import DaysAreBusy

log = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 1.0
# A task that is told to end still records its attempt and tells of it.
END_SECONDS = 20
AT_WORK = ("running", "restarting")


@dataclass(frozen=True)
class Progress:
    """Days of a range by what became of them since a backfill began."""

    done: int
    failed: int
    running: int

    @property
    def ended(self) -> int:
        """Days that need no more waiting."""
        return self.done + self.failed


def states(dag_id: str, days: DayRange) -> dict[date, str]:
    """Airflow's word for the run of each day; a day without a run is left out."""
    with _runs(dag_id, days) as runs:
        return {moscow_day(run.logical_date): str(run.state) for run in runs if _is_of_day(run)}


def worked_on(dag_id: str, days: DayRange, since: datetime) -> set[date]:
    """The days of which a task ended since an instant."""
    with _runs(dag_id, days, with_tasks=True) as runs:
        return {
            moscow_day(run.logical_date)
            for run in runs
            if any(task.end_date and task.end_date >= since for task in run.task_instances)
        }


def progress(dag_id: str, days: DayRange, since: datetime) -> Progress:
    """How far a backfill has come that began at an instant."""
    with _runs(dag_id, days) as runs:
        found = Counter(
            str(run.state) for run in runs if str(run.state) == "running" or (run.end_date and run.end_date >= since)
        )
    return Progress(done=found["success"], failed=found["failed"], running=found["running"])


@contextmanager
def asked_again() -> Iterator[None]:
    """Leave a question that Airflow's database can't answer now to the next look: no backfill of hours ends by it."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError:
        log.warning("Airflow's database did not say how far the backfill is, it is asked again", exc_info=True)


def require_free(dag_id: str, days: DayRange) -> None:
    """Refuse a range in which a run of another kind is at work: Airflow would do nothing, and call it done.

    :raises DaysAreBusy: there is one.
    """
    with _runs(dag_id, days) as runs:
        busy = [run.run_id for run in runs if str(run.state) == "running" and not _is_backfill(run)]
    if busy:
        raise DaysAreBusy(
            f"{', '.join(busy)} of {dag_id} is at work within {days}: nothing was done. Wait until it has ended, then "
            "give the same command again"
        )


def take_over_queued(dag_id: str, days: DayRange) -> None:
    """Make reset runs the backfill's own.

    `--reset-dagruns` queues them, and the scheduler would start those that it once made itself.
    """
    with _runs(dag_id, days) as runs:
        for run in runs:
            if str(run.state) == "queued":
                run.run_type = "backfill"


def end_unfinished(dag_id: str, days: DayRange) -> list[str]:
    """End the backfill runs of a range that are still said to go on, and the tasks that are.

    A task of this machine is told to end and gives its reason to the registry; a worker elsewhere ends it once it sees
    the state. Tasks that had not ended are without a state then, so that the next backfill takes them up.

    :returns: the runs that were ended.
    """
    return _end(dag_id, days, _is_unfinished)


def end_dead(dag_id: str, days: DayRange) -> list[str]:
    """End the backfill runs of a range whose backfill died: a later one would wait for their tasks for ever.

    :returns: the runs that were ended; none while a backfill, or a task of such a run, gives signs of life.
    """
    from airflow.utils.session import create_session

    with create_session() as session:
        if is_backfill_alive(session):
            return []
    with _runs(dag_id, days, with_tasks=True) as runs:
        if any(_may_be_at_work(task) for run in runs if _is_backfill(run) for task in _open_tasks(run)):
            return []
    # What was only reset is queued, and nothing of it is at work.
    return _end(dag_id, days, lambda run: _is_unfinished(run) and (str(run.state) == "running" or _open_tasks(run)))


def end_stranded(dag_id: str, days: DayRange) -> list[str]:
    """End the queued runs of a range that belong to a backfill which is over: Airflow 3 would never start them.

    :returns: the runs that were ended.
    """
    return _end(
        dag_id, days, lambda run: str(run.state) == "queued" and run.backfill and run.backfill.completed_at is not None
    )


def _end(dag_id: str, days: DayRange, is_meant: Callable[[Any], Any]) -> list[str]:
    with _runs(dag_id, days, with_tasks=True) as runs:
        _end_processes(task for run in runs if is_meant(run) for task in _open_tasks(run))
    with _runs(dag_id, days, with_tasks=True) as runs:
        ended = [run for run in runs if is_meant(run)]
        for run in ended:
            for task in _open_tasks(run):
                task.state = None
            run.set_state("failed")
        return [run.run_id for run in ended]


@contextmanager
def _runs(dag_id: str, days: DayRange, *, with_tasks: bool = False) -> Iterator[list[Any]]:
    """The runs whose logical date lies in the range, as Airflow's backfill looks for them.

    :param with_tasks: read all their tasks at once; a question per run otherwise.
    """
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy.orm import selectinload

    logical_date = getattr(DagRun, LOGICAL_DATE)
    with create_session() as session:
        runs = (
            session.query(DagRun)
            .filter(DagRun.dag_id == dag_id, logical_date.between(midnight(days.first), midnight(days.last)))
            .order_by(logical_date)
        )
        yield (runs.options(selectinload(DagRun.task_instances)) if with_tasks else runs).all()


def _open_tasks(run: Any) -> list[Any]:
    from airflow.utils.state import State

    return [task for task in run.task_instances if task.state and task.state not in State.finished]


def _is_here(task: Any) -> bool:
    return task.hostname in (socket.gethostname(), socket.getfqdn())


def _may_be_at_work(task: Any) -> bool:
    """Whether a task that is said to run has a process here, or has one elsewhere for all we know."""
    return str(task.state) in AT_WORK and (not _is_here(task) or _process(task) is not None)


def _process(task: Any) -> psutil.Process | None:
    """The process of a task on this machine, while it lives."""
    if str(task.state) not in AT_WORK or not _is_here(task) or not task.pid:
        return None
    try:
        process = psutil.Process(task.pid)
        # The number may be another program's by now.
        return process if "airflow" in " ".join(process.cmdline()) else None
    except psutil.Error:
        return None


def _end_processes(tasks: Iterator[Any]) -> None:
    processes = [process for process in map(_process, tasks) if process]
    for process in processes:
        process.terminate()
    for process in psutil.wait_procs(processes, timeout=END_SECONDS)[1]:
        process.kill()


def _is_backfill(run: Any) -> bool:
    return str(run.run_type) == "backfill"


def _is_unfinished(run: Any) -> bool:
    """A backfill that is told to stop calls its runs failed, and may leave their tasks scheduled."""
    return _is_backfill(run) and (str(run.state) in ("running", "queued") or bool(_open_tasks(run)))


def _is_of_day(run: Any) -> bool:
    """Whether it is the run of the day, and not one that somebody started at some moment of it."""
    return bool(run.logical_date == midnight(moscow_day(run.logical_date)))


def midnight(day: date) -> datetime:
    """The logical date of a day's run."""
    return datetime.combine(day, time(), MOSCOW).astimezone(UTC)


def told(by_day: Mapping[date, str]) -> str:
    """Days with their states, in one line."""
    return ", ".join(f"{day} ({state})" for day, state in by_day.items())
