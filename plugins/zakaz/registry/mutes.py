"""`meta.mutes`: the jobs whose alerts are muted, until when, and why."""

from datetime import UTC, datetime

from zakaz.settings import this_user
from zakaz.warehouse.hook import WarehouseHook, new_version

TABLE = "meta.mutes"


def mute(warehouse: WarehouseHook, job: str, until: datetime, reason: str) -> None:
    """Mute a job's alerts, or unmute them.

    :param job: a task, or `all`.
    :param until: UTC instant; one in the past unmutes.
    """
    columns = ("job", "until", "reason", "who", "muted_at", "_ver")
    warehouse.insert(TABLE, columns, [(job, until, reason, this_user(), datetime.now(UTC), new_version())])
