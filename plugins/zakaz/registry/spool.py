"""Rows of the registries that ClickHouse could not take yet, kept on this machine's disk in their order."""

import contextlib
import json
import logging
import os
from collections.abc import Callable, Mapping
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
# JSON has no such types: a value is kept as {kind: text}.
KINDS: dict[str, Callable[[str], Any]] = {
    "uuid": UUID,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def write(warehouse: WarehouseHook, table: str, row: Mapping[str, Any]) -> bool:
    """Write a row now, with all that was kept before it; or keep it for whoever reaches ClickHouse next.

    Never raises: a registry makes no good run fail.

    :returns: whether the row stands in the table.
    """
    try:
        with warehouse.session():
            flush(warehouse)
            warehouse.insert(table, list(row), [list(row.values())])
    except BaseException as error:  # a missing connection, or a time-out while the row is written, costs no row either
        log.warning("%s: %s", table, error)
        keep(table, row)
        if not isinstance(error, Exception):
            raise
        return False
    return True


def flush(warehouse: WarehouseHook) -> None:
    """Write what was kept, in its order; a row that ClickHouse will never take is set aside.

    :raises WarehouseUnavailable: ClickHouse is still away; what was not written stays.
    """
    for file in sorted(_folder().glob("*.json")):
        try:
            table, row = _read(file)
            warehouse.insert(table, list(row), [list(row.values())])
        except WarehouseUnavailable:
            raise
        except FileNotFoundError:
            continue  # another process wrote it meanwhile
        except (ZakazError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            if isinstance(error, WarehouseRefused) and error.code in NOT_THE_ROW:
                log.warning("%s stays for later: %s", file, error)
                continue
            # It would be refused for ever, and all rows behind it would wait for it.
            log.error("%s can't be written and is set aside as .rejected: %s", file, error)  # noqa: TRY400
            _set_aside(file)
        else:
            file.unlink(missing_ok=True)


def _set_aside(file: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process did
        file.replace(file.with_suffix(".rejected"))


def keep(table: str, row: Mapping[str, Any]) -> None:
    """Keep a row on disk for whoever reaches ClickHouse next; never raises."""
    log.warning("%s: the row is kept on disk and written later", table)
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
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
    return kept["table"], {name: _untagged(value) for name, value in kept["row"].items()}


def _untagged(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    return KINDS[kind](text)


def _folder() -> Path:
    return state_dir() / "spool"
