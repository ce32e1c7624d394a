"""Runs stages in this process, without Airflow: for `bin/zakaz stage` and system timers."""

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.days import MOSCOW, DayRange
from zakaz.errors import SourceNotSetUp, StageTimedOut, TaskTerminated, TransientError
from zakaz.pipeline.runner import REGISTRY_SECONDS, run_stage
from zakaz.registry.attempt import Attempt
from zakaz.secrets import masked_line
from zakaz.settings import TASK_LIMIT, settings
from zakaz.stages import DAG_ID, FETCHES, LAST_STAGE, lookback_days
from zakaz.stop import Stop
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
TRIES = 2


class State(Enum):
    """How a stage ended."""

    OK = "green"
    RED = "RED"
    LEFT_OUT = "skipped"


class Outcome(NamedTuple):
    """How a stage ended; `cause` is one line without secrets, empty on success."""

    stage: str
    state: State
    cause: str = ""


def run_by_hand(
    stages: Sequence[str],
    day: date,
    *,
    looks_back: bool,
    log_url: str,
    stop: Stop,
) -> list[Outcome]:
    """Run stages in order until one fails; a failed fetch does not stop the other fetch.

    Each attempt is recorded. A transient failure is retried once, immediately; a final one raises an alert.

    :param day: the Moscow day to process.
    :param looks_back: also process the days before it, as a scheduled run does.
    :param log_url: the log of this run.
    :param stop: whether this process was told to end; then no further stage begins.
    :returns: one outcome for each stage that was started, and for the one that was not because of `stop`.
    """
    run_id = f"stage__{day}__{datetime.now(MOSCOW).isoformat()}"
    outcomes: list[Outcome] = []
    lacking: list[str] | None = [] if LAST_STAGE in stages else None
    for stage in stages:
        if stage not in FETCHES and any(one.state is State.RED for one in outcomes):
            break
        if stop.is_requested:
            outcomes.append(Outcome(stage, State.RED, "stopped before it began"))
            break
        attempt = Attempt(
            dag_id=DAG_ID,
            dag_run_id=run_id,
            run_type="scheduled" if looks_back else "manual",
            job=stage,
            try_number=1,
            log_url=log_url,
        )
        days = DayRange(day, day).last_days(lookback_days(stage, settings()) if looks_back else 1)
        try:
            outcomes.append(_run(days, attempt, stop, lacking))
        except TaskTerminated as error:
            outcomes.append(Outcome(stage, State.RED, masked_line(error)))
            break
    return outcomes


def _run(days: DayRange, attempt: Attempt, stop: Stop, lacking: list[str] | None) -> Outcome:
    """Run one stage.

    :raises TaskTerminated: this process was asked to stop; recorded, with an alert.
    """
    try:
        with stop.in_task(), time_limit(TASK_LIMIT):
            run_stage(attempt.job, days, attempt, lacking)
    except SourceNotSetUp as error:
        return Outcome(attempt.job, State.LEFT_OUT, masked_line(error))
    except (Exception, StageTimedOut, TaskTerminated) as error:
        log.exception("%s, attempt %d", attempt.job, attempt.try_number)
        may_heal = isinstance(error, TransientError | StageTimedOut)
        if may_heal and attempt.try_number < TRIES and not stop.is_requested:
            return _run(days, attempt.next_try(), stop, lacking)
        registry = WarehouseHook(origin=attempt.origin, within_seconds=REGISTRY_SECONDS)
        raise_alert(registry, failure_alert(attempt, error, days))
        if isinstance(error, TaskTerminated):
            raise
        return Outcome(attempt.job, State.RED, masked_line(error))
    return Outcome(attempt.job, State.OK)


@contextmanager
def time_limit(limit: timedelta) -> Iterator[None]:
    """Interrupt a block that takes too long, as Airflow does with its tasks.

    :raises StageTimedOut: in the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise StageTimedOut(f"the stage was not done within {limit.total_seconds() / 60:g} minutes")

    handler = signal.signal(signal.SIGALRM, end)
    timer = signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)
