"""What keeps the warehouse, and isn't a load: backups, their proof, room on the disks, and clocks."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from zakaz.errors import WarehouseRefused
from zakaz.settings import Settings, settings
from zakaz.stages import BACKUP, DUMP, RESTORE_CHECK
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
DISK = "disk"
NO_RIGHT = 497


class Upkeep(NamedTuple):
    """How one thing stands.

    :param job: a job of backups, `disk` or `clock`.
    :param subject: its name in Russian.
    :param light: green, yellow (the last try failed, or a clock is ahead), red (overdue, or too little room); empty if
        it is not set up or can't be seen.
    :param reason: in Russian.
    :param detail: the error of the last try; of a disk its path.
    """

    job: str
    subject: str
    light: str
    reason: str
    detail: str = ""
    last_good_at: datetime = datetime.fromtimestamp(0, UTC)


def set_up(limits: Settings) -> Sequence[str]:
    """The jobs of backups that this installation has: none unless BACKUP_KEEP says how many it keeps."""
    if not limits.backup_keep:
        return ()
    return (BACKUP, RESTORE_CHECK, *([DUMP] if limits.dump_dir else []))


def upkeep(warehouse: WarehouseHook, now: datetime | None = None) -> list[Upkeep]:
    """Backups, then disks, then the clocks that were ahead.

    :param now: an aware instant, now by default.
    """
    with warehouse.session():
        return [
            *_backups(warehouse, (now or datetime.now(UTC)).astimezone(UTC)),
            *_disks(warehouse),
            *[Upkeep(*row) for row in warehouse.execute(statement("runs/clocks_ahead.sql"))],
        ]


def _backups(warehouse: WarehouseHook, now: datetime) -> list[Upkeep]:
    if not (jobs := set_up(settings())):
        return [Upkeep(BACKUP, "Резервная копия", "", "не настроена: BACKUP_KEEP")]
    rows = warehouse.execute(statement("runs/backups.sql"), {"jobs": ",".join(jobs), "now": now})
    return [Upkeep(*row) for row in rows]


def _disks(warehouse: WarehouseHook) -> list[Upkeep]:
    try:
        asked = {"disk_free_percent": settings().disk_free_percent}
        return [Upkeep(*row) for row in warehouse.execute(statement("runs/disks.sql"), asked)]
    except WarehouseRefused as error:
        # A server that has the users.d of an earlier release: a right that lacks must not stop the watchman.
        if error.code != NO_RIGHT:
            raise
        log.warning("the disks of ClickHouse can't be seen: %s", error)
        return [Upkeep(DISK, "Диски", "", "не видны: у пользователя нет права SELECT на system.disks")]
