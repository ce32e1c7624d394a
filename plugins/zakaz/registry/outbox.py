"""Rows of the registries that ClickHouse could not take yet, kept on this machine's disk in their order."""

import contextlib
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from zakaz.errors import WarehouseRefused, WarehouseUnavailable, ZakazError
from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook, new_version

log = logging.getLogger(__name__)
# ClickHouse's numbers for what is wrong with the warehouse or the access to it, not with a row: a database or table
# that is not there yet, a read-only user, a missing right, a wrong password.
NOT_THE_ROW = frozenset({60, 81, 164, 497, 516})
# A callback and the start of a task are in a hurry, and a callback flushes three times (alerts/failure.py).
FLUSH_SECONDS = 1.0
# Rows of one insert, as far as they are of the same table and columns.
AT_ONCE = 1000
# JSON has no such types: a value is kept as {kind: text}.
KINDS: dict[str, Callable[[str], Any]] = {
    "uuid": UUID,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def write(warehouse: WarehouseHook, table: str, row: Mapping[str, Any]) -> bool:
    """Write a row now, after what was kept before it; or keep it for whoever reaches ClickHouse next.

    Of very much that was kept some may stay: it is older, and by its `_ver` no later row is undone.

    Never raises: a registry makes no good run fail.

    :returns: whether the row stands in the table.
    """
    try:
        with warehouse.session():
            flush(warehouse, FLUSH_SECONDS)
            warehouse.insert(table, list(row), [list(row.values())])
    except BaseException as error:  # a missing connection, or a time-out while the row is written, costs no row either
        log.warning("%s: %s", table, error)
        keep(table, row)
        if not isinstance(error, Exception):
            raise
        return False
    return True


def flush(warehouse: WarehouseHook, within_seconds: float = math.inf) -> None:
    """Write what was kept, many rows at once, those of a table in their order.

    A row that ClickHouse will never take is set aside.

    :param within_seconds: no insert begins later; the rest stays for the next time.
    :raises WarehouseUnavailable: ClickHouse is still away; what was not written stays.
    """
    deadline = time.monotonic() + within_seconds
    files = sorted(_folder().glob("*.json"))
    for first in range(0, len(files), AT_ONCE):
        if time.monotonic() >= deadline:
            log.warning("%d rows of the registries stay on disk for the next time", len(files) - first)
            return
        for batch in _batches(files[first : first + AT_ONCE]):
            _insert(warehouse, batch, deadline)


@dataclass(frozen=True)
class _Batch:
    """Rows of one table with the same columns, and the file of each."""

    table: str
    columns: list[str]
    files: list[Path] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)

    def halves(self) -> "Sequence[_Batch]":
        half = len(self.files) // 2
        return [
            replace(self, files=self.files[part], rows=self.rows[part]) for part in (slice(half), slice(half, None))
        ]


def _batches(files: Sequence[Path]) -> list[_Batch]:
    batches: list[_Batch] = []
    last: dict[str, _Batch] = {}
    for file in files:
        try:
            table, row = _read(file)
        except FileNotFoundError:
            continue  # another process wrote it meanwhile
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            _set_aside(file, error)
            continue
        batch = last.get(table)
        if batch is None or batch.columns != list(row):
            batch = last[table] = _Batch(table, list(row))
            batches.append(batch)
        batch.files.append(file)
        batch.rows.append(list(row.values()))
    return batches


def _insert(warehouse: WarehouseHook, batch: _Batch, deadline: float) -> None:
    if time.monotonic() >= deadline:
        return
    try:
        warehouse.insert(batch.table, batch.columns, batch.rows)
    except WarehouseUnavailable:
        raise
    except (ZakazError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, WarehouseRefused) and error.code in NOT_THE_ROW:
            log.warning("%d rows of %s stay for later: %s", len(batch.rows), batch.table, error)
        elif len(batch.rows) == 1:
            _set_aside(batch.files[0], error)
        else:  # it is found, and the others are written
            for half in batch.halves():
                _insert(warehouse, half, deadline)
    else:
        for file in batch.files:
            file.unlink(missing_ok=True)


def _set_aside(file: Path, error: Exception) -> None:
    """A row that would be refused for ever, and all rows behind it would wait for it."""
    log.error("%s can't be written and is set aside as .rejected: %s", file, error)
    with contextlib.suppress(FileNotFoundError):  # another process did
        file.replace(file.with_suffix(".rejected"))


def keep(table: str, row: Mapping[str, Any]) -> None:
    """Keep a row on disk for whoever reaches ClickHouse next; never raises."""
    log.warning("%s: the row is kept on disk and written later", table)
    try:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tagged = {name: _tagged(value) for name, value in row.items()}
        file = folder / f"{new_version()}-{os.getpid()}.json"
        unfinished = file.with_suffix(".part")
        unfinished.write_text(json.dumps({"table": table, "row": tagged}), encoding="utf-8")
        unfinished.replace(file)
    except OSError:
        log.exception("%s: the row could not be kept on disk either: %s", table, row)


def _tagged(value: Any) -> Any:
    if isinstance(value, UUID):
        return {"uuid": str(value)}
    if isinstance(value, datetime):  # an instant is also a date, so it is looked at first
        return {"datetime": value.isoformat()}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    kept = json.loads(file.read_text(encoding="utf-8"))
    return str(kept["table"]), {name: _untagged(value) for name, value in kept["row"].items()}


def _untagged(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return KINDS[kind](text)


def _folder() -> Path:
    return state_dir() / "spool"
