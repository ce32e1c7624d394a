"""The rows of `meta.etl_runs`."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from zakaz.days import DayRange
from zakaz.registry import outbox
from zakaz.registry.alive import alive
from zakaz.registry.attempt import Attempt
from zakaz.secrets import masked_line
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import new_version

TABLE = "meta.etl_runs"
# Appended to the host of an attempt without a lock: lost.py must give it as much time as attempts of other machines.
UNLOCKED = " (no lock)"


@dataclass
class RunFigures:
    """What a task counted: rows read from its source, rows in its table because of it.

    :param sums: of the days in a mart that it has built, by column; money in rubles.
    :param lacking: what the sources could not give while all else was loaded; a text for each fetch.
    """

    rows_read: int = 0
    rows_written: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)


@contextlib.contextmanager
def recorded(warehouse: WarehouseHook, attempt: Attempt, days: DayRange | None) -> Iterator[RunFigures]:
    """Record an attempt: `running` now, `ok` or `error` at the end, whatever ends it.

    :param days: Moscow days it works on; None for a job that works on none.
    """
    figures, begun = RunFigures(), new_version()
    with alive(attempt.run_id) as has_lock:
        if not has_lock:
            attempt = replace(attempt, host=f"{attempt.host}{UNLOCKED}")
        outbox.write(warehouse, TABLE, _row(attempt, days, figures, "running", begun))
        try:
            yield figures
        except BaseException as error:  # a time-out or a SIGTERM is no Exception
            row = _row(attempt, days, figures, "error", new_version(begun), masked_line(error))
            outbox.write(warehouse, TABLE, row)
            raise
        outbox.write(warehouse, TABLE, _row(attempt, days, figures, "ok", new_version(begun)))


def _row(
    attempt: Attempt, days: DayRange | None, figures: RunFigures, status: str, version: int, err_msg: str = ""
) -> dict[str, Any]:
    return {
        "job": attempt.job,
        "run_id": attempt.run_id,
        "started_at": attempt.started_at,
        "finished_at": None if status == "running" else datetime.now(UTC),
        "status": status,
        "rows_written": figures.rows_written,
        "rows_read": figures.rows_read,
        "err_msg": err_msg,
        "from_date": days.first if days else None,
        "to_date": days.last if days else None,
        "host": attempt.host,
        "version_tag": attempt.version_tag,
        "dag_id": attempt.dag_id,
        "dag_run_id": attempt.dag_run_id,
        "run_type": attempt.run_type,
        "try_number": attempt.try_number,
        "log_url": attempt.log_url,
        "_ver": version,
    }
