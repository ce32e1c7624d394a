"""Backups of the warehouse, by ClickHouse's own BACKUP and RESTORE, on the server's disk `backups`."""

import re
import time
import uuid
from dataclasses import dataclass

from zakaz.errors import InvalidInput
from zakaz.warehouse.engine import error_code, failure
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

# bi holds only views, which migrate recreates.
DATABASES = ("zakaz", "meta")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
COPY = "restored_"
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Contents:
    """What the restored databases hold."""

    tables: int
    rows: int


def back_up(warehouse: WarehouseHook, name: str) -> int:
    """Back up every database that holds rows.

    :param name: must be new; ClickHouse never overwrites a backup.
    :returns: its size in bytes.
    :raises InvalidInput: the name has characters that are not allowed.
    :raises WarehouseRefused: ClickHouse could not finish it.
    """
    parts = ", ".join(f"DATABASE {database}" for database in DATABASES)
    return _run(warehouse, f"BACKUP {parts} TO {_place(name)}")


def restore(warehouse: WarehouseHook, name: str) -> None:
    """Restore a backup into databases that are missing or empty: ClickHouse never overwrites rows.

    :raises WarehouseRefused: there is no such backup, it is damaged, or a table holds rows.
    """
    parts = ", ".join(f"DATABASE {database}" for database in DATABASES)
    _run(warehouse, f"RESTORE {parts} FROM {_place(name)}")


def check(warehouse: WarehouseHook, name: str) -> Contents:
    """Restore a backup next to the warehouse, count its contents, and drop the copy.

    :raises WarehouseRefused: the backup can't be restored.
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
        raise InvalidInput(f"backup name {name!r} is not allowed: letters, digits, _, - and . only")
    return f"Disk('backups', '{name}')"


def _run(warehouse: WarehouseHook, what: str) -> int:
    # ASYNC, because it may outlast our statement limit or the connection.
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
