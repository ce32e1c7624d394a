"""Airflow 2: `airflow dags backfill` of a range, as a process that is watched and that can be stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime

from zakaz.backfill import airflow_cli, airflow_runs
from zakaz.backfill.airflow_runs import LOOK_EVERY_SECONDS, Progress
from zakaz.days import DayRange
from zakaz.stages import ALL_STAGES, DAG_ID

# The tasks under way are told to end, record it and tell of it.
STOP_SECONDS = 40


def arguments(days: DayRange, stage: str) -> list[str]:
    """The command for a range: every day anew, all days whatever becomes of one."""
    only = [] if stage == ALL_STAGES else ["-t", f"^{stage}$", "-i"]
    flags = ["--reset-dagruns", "-y", "--rerun-failed-tasks", "--continue-on-failures"]
    return ["dags", "backfill", "-s", str(days.first), "-e", str(days.last), *flags, *only, DAG_ID]


def require_startable(days: DayRange) -> None:
    """Refuse a range of which Airflow's backfill would do nothing.

    :raises DaysAreBusy: a run of another kind is at work in it.
    """
    airflow_runs.end_dead(DAG_ID, days)
    airflow_runs.require_free(DAG_ID, days)


def run(days: DayRange, stage: str, max_active_runs: int, watcher: Callable[[Progress], None]) -> None:
    """Backfill a range; whether its days are good is for the run registry to say.

    :param days: Moscow days that are over.
    :param stage: the one task that is wanted, or all.
    :param max_active_runs: days under way at once.
    :param watcher: called every second.
    :raises KeyboardInterrupt: it was stopped; no run and no task of the range is left at work.
    """
    airflow_runs.end_dead(DAG_ID, days)
    began = datetime.now(UTC)
    process = airflow_cli.start(*arguments(days, stage), MAX_ACTIVE_RUNS=str(max_active_runs))
    try:
        while process.poll() is None:
            time.sleep(LOOK_EVERY_SECONDS)
            with airflow_runs.asked_again():
                watcher(airflow_runs.progress(DAG_ID, days, began))
    except BaseException:
        _stop(process, days)
        raise


def _stop(process: subprocess.Popen[bytes], days: DayRange) -> None:
    process.send_signal(signal.SIGINT)
    airflow_runs.end_unfinished(DAG_ID, days)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    # What it started while it was ending.
    airflow_runs.end_unfinished(DAG_ID, days)
