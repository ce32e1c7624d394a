"""Backups of the warehouse, by ClickHouse's own BACKUP and RESTORE, on the server's disk `backups`."""

import re
import time
import uuid
from datetime import UTC, datetime
from typing import NamedTuple

from zakaz.errors import BackupDiffers, InvalidInput
from zakaz.stages import BACKUP
from zakaz.warehouse.engine import error_code, failure
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

# bi holds only views, which migrate recreates.
DATABASES = ("zakaz", "meta")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
COPY = "restored_"
POLL_SECONDS = 0.5


class Contents(NamedTuple):
    """What the databases of the warehouse, or of its restored copy, hold."""

    tables: int
    rows: int


class Proof(NamedTuple):
    """What a restored copy held, and how many days of it were compared with the warehouse, by source and layer."""

    contents: Contents
    compared: int


def new_name(instant: datetime) -> str:
    """The name of a nightly backup, of which only so many are kept; one that is named by hand is kept for ever."""
    return f"zakaz-{instant.astimezone(UTC):%Y%m%d-%H%M%S}"


def last_backup(warehouse: WarehouseHook) -> str:
    """The name of the newest good backup in the registry.

    :raises InvalidInput: there is none.
    """
    for (name,) in warehouse.execute(statement("schema/last_backup.sql")):
        return str(name)
    raise InvalidInput("there is no good backup in meta.etl_runs yet: bin/zakaz backup, or name one")


def contents(warehouse: WarehouseHook, prefix: str = "") -> Contents:
    """What the warehouse holds now, or what is in the databases of its names with a prefix."""
    asked = {"databases": ",".join(f"{prefix}{database}" for database in DATABASES)}
    ((tables, rows),) = warehouse.execute(statement("schema/contents.sql"), asked)
    return Contents(int(tables), int(rows or 0))


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
    with warehouse.session():
        _run(warehouse, f"RESTORE {parts} FROM {_place(name)}")
        # A backup holds the attempt that made it as it was then, and nobody is to be told that it died.
        for run_id, job, *_ in warehouse.execute(statement("runs/running_attempts.sql")):
            if job == BACKUP:
                end = {"run_id": run_id, "status": "ok", "err_msg": ""}
                warehouse.execute(statement("runs/close_attempt.sql"), end)


def check(warehouse: WarehouseHook, name: str) -> Proof:
    """Restore a backup next to the warehouse, compare the figures of its days, and drop the copy.

    :raises WarehouseRefused: the backup can't be restored.
    :raises BackupDiffers: a day that nobody loaded since has other figures in it, or is not there.
    """
    parts = ", ".join(f"DATABASE {database} AS {COPY}{database}" for database in DATABASES)
    with warehouse.session():
        _drop_copy(warehouse)
        try:
            _run(warehouse, f"RESTORE {parts} FROM {_place(name)}")
            found = contents(warehouse, COPY)
            ((compared, different, example),) = warehouse.execute(statement("schema/restored_differences.sql"))
        finally:
            _drop_copy(warehouse)
    if different:
        raise BackupDiffers(
            f"backup {name}: {different} of {compared} sums of days are not those of the warehouse: {example}"
        )
    return Proof(found, int(compared))


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
