"""Airflow's command line in the background, with its output in a file."""

import os
import subprocess
import sys
from pathlib import Path

from zakaz.settings import state_dir


def log_file() -> Path:
    """Where the output of Airflow's backfill is."""
    return state_dir() / "backfill.log"


def start(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start an airflow command in a session of its own: Ctrl-C is for us, who stop it in order."""
    log_file().parent.mkdir(parents=True, exist_ok=True)
    with log_file().open("a", encoding="utf-8") as log:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("airflow")), *arguments],
            stdout=log,
            stderr=log,
            # The log of a task is what people look for; the command line's own level is lower.
            env={**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO", **environment},
            start_new_session=True,
        )
