"""What the shell of whoever calls brings along."""

import os
import sys

from zakaz.environment import foreign_settings


def name_foreign_settings() -> None:
    """Say in one line what the shell sets for Airflow: what is meant for another Airflow would bend a first run."""
    if names := foreign_settings(os.environ):
        unset = " ".join(f"-u {name}" for name in names)
        print(
            f"zakaz: the shell sets {', '.join(names)}, which is heeded. If that is for another Airflow: env {unset} …",
            file=sys.stderr,
        )
