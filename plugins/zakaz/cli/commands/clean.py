"""bin/zakaz clean."""

from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import click

from zakaz.errors import TransientError


@click.command()
@click.option("--days", type=click.IntRange(min=7), default=90, show_default=True, help="How many days are kept.")
def clean(days: int) -> None:
    """Remove what Airflow keeps of old runs: rows of its database, and log files.

    The run registry in the warehouse keeps its rows. Of each DAG the last scheduled run stays, since the next ones are
    counted from it.
    """
    from airflow.configuration import conf

    from zakaz import airflow_internals
    from zakaz.orchestration.metadata import require_ours

    require_ours()
    oldest = datetime.now(UTC) - timedelta(days=days)
    # It prints two lines for each table.
    with redirect_stdout(StringIO()):
        try:
            airflow_internals.run_cleanup(
                clean_before_timestamp=oldest, confirm=False, skip_archive=True, error_on_cleanup_failure=True
            )
        except RuntimeError as error:
            raise TransientError(str(error)) from error
    removed = remove_older(Path(conf.get_mandatory_value("logging", "base_log_folder")), oldest)
    print(f"removed: runs of Airflow before {oldest:%Y-%m-%d}, and {removed} log files")


def remove_older(folder: Path, oldest: datetime) -> int:
    """Remove the files below a folder that were last written before an instant, and folders that are empty then.

    :returns: how many files were removed.
    """
    old = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_mtime < oldest.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    # The deepest first.
    for inner in sorted({parent for file in old for parent in file.parents if folder in parent.parents}, reverse=True):
        with suppress(OSError):
            inner.rmdir()
    return len(old)
