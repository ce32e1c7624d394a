"""The programs of Airflow that `up` starts, and where they are found."""

import os
from pathlib import Path

# What `up` starts: what stands together starts together, once the server before it answers.
# The scheduler without its log server, which would listen on every address; the UI reads the logs from this machine.
SCHEDULER = {"scheduler": ["scheduler", "--skip-serve-logs"]}
# A task that finds no server fails at once.
PROGRAMS = [{"api-server": ["api-server"]}, {**SCHEDULER, "dag-processor": ["dag-processor"]}]
HEALTH, PORT = "/api/v2/monitor/health", "AIRFLOW__API__PORT"
PASSWORDS = "simple_auth_manager_passwords.json.generated"


def password_file() -> Path:
    """Where the password of the user `admin` is, made up by Airflow."""
    return Path(os.environ["AIRFLOW_HOME"]) / PASSWORDS
