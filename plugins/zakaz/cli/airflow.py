"""Airflow's own command line, called with its output in a file."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from zakaz.days import MOSCOW
from zakaz.settings import state_dir

# What `up` starts: what stands together starts together, once the server before it answers.
# The scheduler without its log server, which would listen on every address; the UI reads the logs from this machine.
SCHEDULER = {"scheduler": ["scheduler", "--skip-serve-logs"]}
# A task that finds no server fails at once.
PROGRAMS = [{"api-server": ["api-server"]}, {**SCHEDULER, "dag-processor": ["dag-processor"]}]
HEALTH, PORT = "/api/v2/monitor/health", "AIRFLOW__API__PORT"
PASSWORDS = "simple_auth_manager_passwords.json.generated"


def log_file() -> Path:
    """Where the output of the last call is."""
    state_dir().mkdir(parents=True, exist_ok=True)
    return state_dir() / "airflow.log"


def password_file() -> Path:
    """Where the password of the user `admin` is, made up by Airflow."""
    return Path(os.environ["AIRFLOW_HOME"]) / PASSWORDS


def run_day(dag_id: str, day: date, without: Sequence[str] = (), conf: Mapping[str, Any] | None = None) -> bool:
    """Run one day of a DAG in a process of its own, without some of its tasks; whether it ended well.

    The date carries the time of this call: `dags test` forgets an earlier run of the very same date, and its attempts
    would be written over in the registry.
    """
    now = datetime.now(MOSCOW).replace(microsecond=0).time()
    left_out = ["--mark-success-pattern", "|".join(without)] if without else []
    given = ["--conf", json.dumps(conf)] if conf else []
    return call("dags", "test", dag_id, datetime.combine(day, now).isoformat(), *left_out, *given) == 0


def call(*arguments: str) -> int:
    """Run an airflow command; its exit code."""
    return _logged([str(Path(sys.executable).with_name("airflow")), *arguments])


def _logged(program: list[str]) -> int:
    with log_file().open("w", encoding="utf-8") as log:
        # The log of a task is what people look for; the command line's own level is lower.
        environment = {**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO"}
        return subprocess.run(program, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False).returncode
