"""`meta.mutes`: whose alerts are silent, until when, and why."""

from datetime import UTC, datetime

from zakaz.settings import this_user
from zakaz.warehouse.hook import WarehouseHook, new_version

TABLE = "meta.mutes"


def mute(warehouse: WarehouseHook, job: str, until: datetime, reason: str) -> None:
    """Silence a job's alerts, or end that.

    :param job: a task, or `all`.
    :param until: UTC instant; one that is over ends a mute.
    """
    columns = ("job", "until", "reason", "who", "muted_at", "_ver")
    warehouse.insert(TABLE, columns, [(job, until, reason, this_user(), datetime.now(UTC), new_version())])
