"""Backups of the warehouse, by ClickHouse's own BACKUP and RESTORE, on the server's disk `backups`."""

import re
import time
import uuid
from dataclasses import dataclass

from zakaz.errors import InvalidInput
from zakaz.warehouse.engine import error_code, failure
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

# bi holds views only, and migrate makes them anew.
DATABASES = ("zakaz", "meta")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
COPY = "restored_"
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Contents:
    """What stands in the restored databases."""

    tables: int
    rows: int


def back_up(warehouse: WarehouseHook, name: str) -> int:
    """Write a backup of all databases that hold rows.

    :param name: not used before; ClickHouse overwrites none.
    :returns: its size in bytes.
    :raises WarehouseRefused: ClickHouse could not finish it.
    """
    parts = ", ".join(f"DATABASE {database}" for database in DATABASES)
    return _run(warehouse, f"BACKUP {parts} TO {_place(name)}")


def restore(warehouse: WarehouseHook, name: str) -> None:
    """Bring a backup back, into databases that are absent or empty: ClickHouse writes over no row.

    :raises WarehouseRefused: there is no such backup, it is damaged, or a table holds rows.
    """
    parts = ", ".join(f"DATABASE {database}" for database in DATABASES)
    _run(warehouse, f"RESTORE {parts} FROM {_place(name)}")


def check(warehouse: WarehouseHook, name: str) -> Contents:
    """Restore a backup beside the warehouse, count what is in it, and remove the copy.

    :raises WarehouseRefused: it can't be restored.
    """
    parts = ", ".join(f"DATABASE {database} AS {COPY}{database}" for database in DATABASES)
    with warehouse.session():
        _drop_copy(warehouse)
        try:
            _run(warehouse, f"RESTORE {parts} FROM {_place(name)}")
            ((tables, rows),) = warehouse.execute(statement("schema/restored.sql"), {"prefix": COPY})
        finally:
            _drop_copy(warehouse)
    return Contents(int(tables), int(rows))


def _drop_copy(warehouse: WarehouseHook) -> None:
    for database in DATABASES:
        warehouse.execute(f"DROP DATABASE IF EXISTS {COPY}{database} SYNC")


def _place(name: str) -> str:
    if not NAME.fullmatch(name):
        raise InvalidInput(f"the name of a backup {name!r} is not allowed: letters, digits, _, - and . only")
    return f"Disk('backups', '{name}')"


def _run(warehouse: WarehouseHook, what: str) -> int:
    # In the background: it may take longer than a statement of ours may, or a connection holds.
    operation = str(uuid.uuid4())
    with warehouse.session():
        warehouse.execute(f"{what} SETTINGS id = '{operation}' ASYNC")
        while True:
            ((status, error, size),) = warehouse.execute(statement("schema/backup_state.sql"), {"operation": operation})
            if status in ("BACKUP_CREATED", "RESTORED"):
                return int(size)
            if status not in ("CREATING_BACKUP", "RESTORING"):
                raise failure(error_code(Exception(error)), error)
            time.sleep(POLL_SECONDS)
