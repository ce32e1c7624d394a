"""Which days of a backfill are done again."""

from enum import Enum


class Again(Enum):
    """Of the days that ran before: none, the failed tasks of those that failed, or all. As Airflow calls them."""

    NOTHING = "none"
    FAILED = "failed"
    EVERYTHING = "completed"
