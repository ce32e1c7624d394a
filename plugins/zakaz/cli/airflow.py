"""Airflow's own command line, called with its output in a file."""

import os
import subprocess
import sys
from pathlib import Path

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


def call(*arguments: str) -> int:
    """Run an airflow command; its exit code."""
    return _logged([str(Path(sys.executable).with_name("airflow")), *arguments])


def _logged(program: list[str]) -> int:
    with log_file().open("w", encoding="utf-8") as log:
        # The log of a task is what people look for; the command line's own level is lower.
        environment = {**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO"}
        return subprocess.run(program, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False).returncode
