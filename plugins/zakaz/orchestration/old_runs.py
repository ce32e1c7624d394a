"""What Airflow keeps of old runs: rows of its database, and log files."""

from contextlib import redirect_stdout, suppress
from datetime import datetime
from io import StringIO
from pathlib import Path

from airflow.configuration import conf

from zakaz import airflow_internals
from zakaz.errors import TransientError
from zakaz.orchestration.metadata import require_ours


def remove(oldest: datetime) -> int:
    """Remove what is older than an instant. Of each DAG the last scheduled run stays, from which the next are counted.

    :returns: how many log files were removed.
    :raises InvalidInput: the database is not the project's; nothing was removed.
    :raises TransientError: it could not remove all of it, or can't be reached.
    """
    require_ours()
    # It prints two lines for each table.
    with redirect_stdout(StringIO()):
        try:
            airflow_internals.run_cleanup(
                clean_before_timestamp=oldest, confirm=False, skip_archive=True, error_on_cleanup_failure=True
            )
        except RuntimeError as error:
            raise TransientError(str(error)) from error
    return _remove_files(Path(conf.get_mandatory_value("logging", "base_log_folder")), oldest)


def _remove_files(folder: Path, oldest: datetime) -> int:
    old = [file for file in folder.rglob("*") if file.is_file() and file.stat().st_mtime < oldest.timestamp()]
    for file in old:
        file.unlink(missing_ok=True)
    # The deepest first.
    for inner in sorted({parent for file in old for parent in file.parents if folder in parent.parents}, reverse=True):
        with suppress(OSError):
            inner.rmdir()
    return len(old)
