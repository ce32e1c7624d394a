"""The outbox: rows that ClickHouse could not take yet, on this machine's disk in their order, as JSON.

Each warehouse has a folder. What was kept while the connection could not be read, or by 1.0, lies beside the folders
and goes into the next warehouse that is not the sandbox's.
"""

import contextlib
import json
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zakaz.deadline import Deadline
from zakaz.errors import WarehouseRefused, WarehouseUnavailable, ZakazError
from zakaz.settings import is_sandbox, state_dir
from zakaz.texts import utf8
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import new_version

log = logging.getLogger(__name__)
# ClickHouse's numbers for what is wrong with the warehouse or the access to it, not with a row: a database or table
# that is not there yet or not any more; a full disk, files that can't be written; a limit of memory, time or a quota; a
# read-only user, a fixed setting, a missing right, an unknown user or address, a wrong password.
NOT_THE_ROW = frozenset({60, 75, 76, 81, 159, 164, 173, 192, 194, 195, 201, 218, 243, 452, 497, 516, 1001})
# For callers that have a row of their own to write.
FLUSH_SECONDS = 1.0
# Rows of one insert, as far as they are of the same table.
BATCH = 1000
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError)
Row = Mapping[str, Any]


def write(warehouse: WarehouseHook, table: str, row: Row) -> bool:
    """Write a row now, after what was kept before it; or keep it until ClickHouse can be reached.

    A large backlog may be only partly flushed: it is older, and by its `_ver` it undoes no later row.

    :returns: whether the row is in the table.
    """
    try:
        with warehouse.session():
            flush(warehouse, Deadline(FLUSH_SECONDS))
            warehouse.insert_json(table, [_as_json(row)])
    except BaseException as error:  # a missing connection, or a time-out while the row is written, costs no row either
        log.warning("%s: %s", table, error)
        keep(warehouse, table, row)
        if not isinstance(error, Exception):
            raise
        return False
    return True


def flush(warehouse: WarehouseHook, deadline: Deadline | None = None) -> None:
    """Write what was kept for this warehouse, the rows of a table in their order.

    A row that ClickHouse will never take is set aside.

    :param deadline: no insert begins later; the rest stays for the next time.
    :raises WarehouseUnavailable: ClickHouse is still away; what was not written stays.
    """
    files = _files(warehouse)
    for first in range(0, len(files), BATCH):
        if deadline and not deadline.left():
            log.warning("%d rows of the registries stay on disk for the next time", len(files) - first)
            return
        batches: dict[str, list[tuple[Path, str]]] = {}
        for file in files[first : first + BATCH]:
            try:
                table, row = _read(file)
            except FileNotFoundError:
                continue  # another process wrote it meanwhile
            except UNREADABLE as error:
                _set_aside(file, error)
            else:
                batches.setdefault(table, []).append((file, _as_json(row)))
        for table, batch in batches.items():
            _insert(warehouse, table, batch, deadline)


def keep(warehouse: WarehouseHook, table: str, row: Row) -> None:
    """Keep a row on disk until this warehouse can be reached; never raises."""
    log.warning("%s: the row is kept on disk and written later", table)
    try:
        folder = _folder(warehouse)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"{new_version()}-{os.getpid()}.json"
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(utf8(_as_json({"table": table, "row": row})))
        unfinished.replace(file)
    except OSError:
        log.exception("%s: the row could not be kept on disk either: %s", table, row)


def kept(warehouse: WarehouseHook, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table that wait for this warehouse, oldest first; what is neither number nor NULL is text."""
    for file in _files(warehouse):
        with contextlib.suppress(*UNREADABLE):
            of_table, row = _read(file)
            if of_table == table:
                yield row


def waiting_elsewhere(warehouse: WarehouseHook) -> Counter[Path]:
    """How many rows wait for other warehouses, by folder."""
    files = _spool().rglob("*.json")
    return Counter(file.parent for file in files if file.parent not in (_folder(warehouse), _nobodys()))


def instant(text: str) -> datetime:
    """A UTC instant of a kept row."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _insert(warehouse: WarehouseHook, table: str, batch: Sequence[tuple[Path, str]], deadline: Deadline | None) -> None:
    if deadline and not deadline.left():
        return
    try:
        warehouse.insert_json(table, [line for _, line in batch])
    except WarehouseUnavailable:
        raise
    except (ZakazError, *UNREADABLE) as error:
        if isinstance(error, WarehouseRefused) and error.code in NOT_THE_ROW:
            log.warning("%d rows of %s stay for later: %s", len(batch), table, error)
        elif len(batch) == 1:
            _set_aside(batch[0][0], error)
        else:  # find the row, and write the others
            half = len(batch) // 2
            for part in (batch[:half], batch[half:]):
                _insert(warehouse, table, part, deadline)
    else:
        for file, _ in batch:
            file.unlink(missing_ok=True)


def _set_aside(file: Path, error: Exception) -> None:
    """Move aside what will never be accepted, so that it can't block the outbox."""
    log.error("%s can't be written and is set aside as .rejected: %s", file, error)
    with contextlib.suppress(FileNotFoundError):  # another process did
        file.replace(file.with_suffix(".rejected"))


def _as_json(value: Row) -> str:
    # A lone surrogate must stay one: ClickHouse refuses its escape sequence, and utf8 replaces it.
    return json.dumps(value, default=_text, ensure_ascii=False)


def _text(value: Any) -> str:
    """A value as ClickHouse reads it by the type of its column, in JSONEachRow and in TSV, which 1.0 writes."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    found = json.loads(file.read_text(encoding="utf-8"))
    return str(found["table"]), {name: _untagged(value) for name, value in found["row"].items()}


def _untagged(value: Any) -> Any:
    """1.0 kept a value that JSON has no type for as {type: text}."""
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return _text(datetime.fromisoformat(text)) if kind == "datetime" else text


def _files(warehouse: WarehouseHook) -> list[Path]:
    folders = {_folder(warehouse), _nobodys()}
    return sorted((file for folder in folders for file in folder.glob("*.json")), key=lambda file: file.name)


def _folder(warehouse: WarehouseHook) -> Path:
    return _spool() / warehouse.identity if warehouse.identity else _nobodys()


def _nobodys() -> Path:
    """Where rows wait of which nobody knows for which warehouse they were meant."""
    return _spool() / "sandbox" if is_sandbox() else _spool()


def _spool() -> Path:
    return state_dir() / "spool"
