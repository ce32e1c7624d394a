"""Airflow's own command line, called with its output in a file."""

import os
import subprocess
import sys
from pathlib import Path
from zlib import crc32

from zakaz.errors import TransientError
from zakaz.settings import PROJECT_DIR, state_dir

# What `up` starts: what stands together starts together, once the server before it answers.
# The scheduler without its log server, which would listen on every address; the UI reads the logs from this machine.
SCHEDULER = {"scheduler": ["scheduler", "--skip-serve-logs"]}
# A task that finds no server fails at once.
PROGRAMS = [{"api-server": ["api-server"]}, {**SCHEDULER, "dag-processor": ["dag-processor"]}]
HEALTH, PORT = "/api/v2/monitor/health", "AIRFLOW__API__PORT"
PASSWORDS = "simple_auth_manager_passwords.json.generated"
POOLS = PROJECT_DIR / "infra" / "airflow" / "pools.json"


def log_file() -> Path:
    """Where the output of the last call is."""
    state_dir().mkdir(parents=True, exist_ok=True)
    return state_dir() / "airflow.log"


def prepare_metadata() -> None:
    """Create Airflow's metadata database on this machine, with the pools, once per Airflow version and pools file.

    :raises TransientError: Airflow could not.
    """
    from airflow import __version__

    done = state_dir() / f"metadata-{__version__}-{crc32(POOLS.read_bytes()):08x}.done"
    if done.exists():
        return
    for command in (["db", "migrate"], ["pools", "import", str(POOLS)]):
        if call(*command) != 0:
            raise TransientError(f"airflow {' '.join(command)} failed; see {log_file()}")
    done.touch()


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
