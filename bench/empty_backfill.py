"""`airflow dags backfill` of the DAG that does nothing: the same loop, which tells of each day that it is not loaded.

python bench/empty_backfill.py 2026-10-30/2026-11-28
"""

import sys

from zakaz.days import DayRange
from zakaz.orchestration import metadata
from zakaz.orchestration.console import at_work


def main() -> None:
    """Do the range."""
    with at_work("empty") as work:
        from zakaz.orchestration.backfill import Backfill, Request

        metadata.prepare()
        days = list(DayRange.parse(sys.argv[1]))
        Backfill(Request(days=days, goes_on_after_failure=True, dag_id="empty_etl"), work).carry_out()


if __name__ == "__main__":
    main()
