"""Airflow 3: `airflow backfill create` of a range, which the scheduler carries out."""

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from zakaz.backfill import airflow_backfills, airflow_cli, airflow_runs
from zakaz.backfill.airflow_runs import LOOK_EVERY_SECONDS, Progress
from zakaz.days import DayRange
from zakaz.errors import TransientError
from zakaz.stages import DAG_ID
from zakaz.warehouse.hook import WarehouseHook

CREATE_SECONDS = 120
CREATE_ATTEMPTS = 3
# Tasks that were queued when it was stopped find out that they are not wanted any more.
SETTLE_SECONDS = 2
# The scheduler is started anew after a crash or an update; the backfill goes on by itself then.
SCHEDULER_AWAY = timedelta(minutes=5)


def arguments(days: DayRange, stage: str, max_active_runs: int) -> list[str]:
    """The command for a range: every day anew, whatever became of it before."""
    return [
        *["backfill", "create", "--dag-id", DAG_ID, "--from-date", str(days.first), "--to-date", str(days.last)],
        *["--reprocess-behavior", "completed", "--max-active-runs", str(max_active_runs)],
        # Also for all stages: a run that is done anew keeps its old conf otherwise.
        *["--dag-run-conf", json.dumps({"stage": stage})],
    ]


def require_startable(days: DayRange) -> None:
    """Refuse a range that Airflow would refuse, or that nobody would carry out.

    :raises DaysAreBusy: another backfill or run is at work. :raises InvalidInput: the DAG is paused or not known.
    :raises TransientError: there is no scheduler.
    """
    airflow_backfills.require_startable(DAG_ID, days)


def run(days: DayRange, stage: str, max_active_runs: int, watcher: Callable[[Progress], None]) -> None:
    """Backfill a range; whether its days are good is for the run registry to say.

    :param days: Moscow days that are over.
    :param stage: the one task that is wanted, or all.
    :param max_active_runs: days under way at once.
    :param watcher: called every second.
    :raises DaysAreBusy: another backfill or run is at work. :raises InvalidInput: the DAG is paused or not known.
    :raises TransientError: there is no scheduler, or Airflow did not take the backfill.
    :raises KeyboardInterrupt: it was stopped; no run and no task of the range is left at work.
    """
    require_startable(days)
    began = datetime.now(UTC)
    words = arguments(days, stage, max_active_runs)
    with WarehouseHook().shared():
        process = airflow_cli.start(*words)
        try:
            for _ in range(CREATE_ATTEMPTS - 1):
                if _is_taken(process):
                    break
                # SQLite is locked now and then; what was made by then must not be in the way.
                airflow_backfills.close(DAG_ID, days, began)
                process = airflow_cli.start(*words)
            _require_taken(process, days)
            _watch(days, began, watcher)
        except BaseException:
            _stop(process, days, began)
            raise
    airflow_backfills.close(DAG_ID, days, began)


def _is_taken(process: subprocess.Popen[bytes]) -> bool:
    try:
        return process.wait(timeout=CREATE_SECONDS) == 0
    except subprocess.TimeoutExpired:
        raise TransientError(
            f"airflow backfill create did not end in {CREATE_SECONDS} s: it was stopped; see {airflow_cli.log_file()}"
        ) from None


def _require_taken(process: subprocess.Popen[bytes], days: DayRange) -> None:
    if not _is_taken(process):
        raise TransientError(f"Airflow did not take the backfill of {days}; see {airflow_cli.log_file()}")


def _watch(days: DayRange, began: datetime, watcher: Callable[[Progress], None]) -> None:
    scheduler_seen, is_at_work = datetime.now(UTC), True
    while is_at_work:
        time.sleep(LOOK_EVERY_SECONDS)
        # A database that stays away shows no sign of life of the scheduler either.
        with airflow_runs.asked_again():
            watcher(airflow_runs.progress(DAG_ID, days, began))
            is_at_work = airflow_backfills.is_at_work(DAG_ID, days, began)
            if airflow_backfills.is_scheduler_alive():
                scheduler_seen = datetime.now(UTC)
        if is_at_work and datetime.now(UTC) - scheduler_seen > SCHEDULER_AWAY:
            raise TransientError("Airflow's scheduler gives no sign of life: the backfill was stopped. Start it")


def _stop(process: subprocess.Popen[bytes], days: DayRange, began: datetime) -> None:
    process.terminate()
    process.wait()
    airflow_backfills.close(DAG_ID, days, began)
    airflow_runs.end_unfinished(DAG_ID, days)
    # The scheduler may have been about to start the next task.
    time.sleep(SETTLE_SECONDS)
    airflow_runs.end_unfinished(DAG_ID, days)
