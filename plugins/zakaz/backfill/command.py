"""Airflow's own backfill of a range, as a process that is watched and that can be stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from zakaz.backfill import airflow_runs
from zakaz.backfill.airflow_runs import Progress
from zakaz.days import DayRange
from zakaz.settings import state_dir
from zakaz.stages import ALL_STAGES

DAG_ID = "zakaz_etl"
LOOK_EVERY_SECONDS = 1.0
# The tasks under way are told to end, record it and tell of it.
STOP_SECONDS = 40


def log_file() -> Path:
    """Where the output of Airflow's backfill is."""
    return state_dir() / "backfill.log"


def arguments(days: DayRange, stage: str) -> list[str]:
    """The command for a range: every day anew, all days whatever becomes of one."""
    only = [] if stage == ALL_STAGES else ["-t", f"^{stage}$", "-i"]
    flags = ["--reset-dagruns", "-y", "--rerun-failed-tasks", "--continue-on-failures"]
    return ["dags", "backfill", "-s", str(days.first), "-e", str(days.last), *flags, *only, DAG_ID]


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
    environment = {
        **os.environ,
        "MAX_ACTIVE_RUNS": str(max_active_runs),
        # The log of a task is what people look for; the command line's own level is lower.
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    }
    program = [str(Path(sys.executable).with_name("airflow")), *arguments(days, stage)]
    log_file().parent.mkdir(parents=True, exist_ok=True)
    with log_file().open("a", encoding="utf-8") as log:
        # In a session of its own: Ctrl-C is for us, who stop it in order.
        process = subprocess.Popen(program, stdout=log, stderr=log, env=environment, start_new_session=True)
        try:
            while process.poll() is None:
                time.sleep(LOOK_EVERY_SECONDS)
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
