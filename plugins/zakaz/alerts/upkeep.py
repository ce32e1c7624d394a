"""BACKUP_STALE: no good backup for too long. DISK_LOW: a disk that fills up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid5

from zakaz.alerts.alert import Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.days import MOSCOW, DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.registry.upkeep import DISK, Upkeep, upkeep
from zakaz.warehouse.hook import WarehouseHook

BACKUP_STALE, DISK_LOW = "BACKUP_STALE", "DISK_LOW"


def notify_of_upkeep(warehouse: WarehouseHook, now: datetime) -> None:
    """Notify people of overdue backups, once until the next good one; of full disks, once a day as long as they last.

    :param now: an aware instant.
    """
    red = [one for one in upkeep(warehouse, now) if one.light == "red"]
    today = now.astimezone(MOSCOW).date()
    for one in red:
        if one.job != DISK:
            subject = f"{one.job} since {one.last_good_at}"
            raise_alert(warehouse, _alert("critical", one.job, BACKUP_STALE, [one], subject, DayRange(today, today)))
    if disks := [one for one in red if one.job == DISK]:
        named = ", ".join(one.subject for one in disks)
        # No incident: what the disk has is seen at once, and no run of a job makes it good.
        alert = _alert("warning", DISK, DISK_LOW, disks, f"{named} on {today}", DayRange(today, today))
        raise_alert(warehouse, alert)


def _alert(severity: str, job: str, code: str, found: Sequence[Upkeep], subject: str, days: DayRange) -> Alert:
    return Alert(
        severity=severity,
        job=job,
        code=code,
        template=f"{code.lower()}.html",
        context={
            "found": [one._asdict() for one in found],
            "error": "; ".join(f"{one.subject}: {one.reason}" for one in found),
        },
        subject=uuid5(NAMESPACE, subject),
        days=days,
    )
