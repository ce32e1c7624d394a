"""Which days of a backfill are rerun."""

from enum import Enum


class Rerun(Enum):
    """What to rerun on days that already have a run: nothing, failed tasks, or everything; Airflow's values."""

    NOTHING = "none"
    FAILED = "failed"
    EVERYTHING = "completed"
