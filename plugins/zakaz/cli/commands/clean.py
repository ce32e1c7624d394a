"""bin/zakaz clean."""

from datetime import UTC, datetime, timedelta

import click


@click.command()
@click.option("--days", type=click.IntRange(min=7), default=90, show_default=True, help="How many days are kept.")
def clean(days: int) -> None:
    """Remove what Airflow keeps of old runs: rows of its database, and log files.

    The run registry in the warehouse keeps its rows.
    """
    from zakaz.orchestration import old_runs

    oldest = datetime.now(UTC) - timedelta(days=days)
    files = old_runs.remove(oldest)
    print(f"removed: runs of Airflow before {oldest:%Y-%m-%d}, and {files} log files")
