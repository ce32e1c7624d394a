"""`meta.mutes`: the jobs whose alerts are muted, until when, and why."""

from datetime import datetime

from zakaz.settings import this_user
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement


def mute(warehouse: WarehouseHook, job: str, until: datetime, reason: str) -> None:
    """Mute a job's alerts, or unmute them.

    :param job: a task, or `all`.
    :param until: UTC instant; one in the past unmutes.
    """
    row = {"job": job, "until": until, "reason": reason, "who": this_user()}
    warehouse.execute(statement("alerts/mute.sql"), row)
