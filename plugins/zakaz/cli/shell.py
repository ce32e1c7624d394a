"""Warns about Airflow settings in the caller's shell."""

import os
import sys

from zakaz.environment import foreign_settings


def warn_of_foreign_settings() -> None:
    """Print a warning if the shell sets Airflow variables, which may be meant for another Airflow."""
    if names := foreign_settings(os.environ):
        unset = " ".join(f"-u {name}" for name in names)
        print(
            f"zakaz: the shell sets {', '.join(names)}, which is used. If it is for another Airflow: env {unset} …",
            file=sys.stderr,
        )
