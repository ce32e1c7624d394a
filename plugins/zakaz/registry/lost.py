"""Attempts whose process died: no callback reports them, so the sweep looks for them."""

import socket
from datetime import UTC, datetime, timedelta
from uuid import UUID

from zakaz.registry.alive import is_alive
from zakaz.settings import BACKUP_LIMIT, TASK_LIMIT
from zakaz.stages import BACKUP_JOBS
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

LOST = (
    "the process of the task ended without a word: it was killed (kill -9, out of memory), or its machine went down. "
    "Press Clear on the task"
)
# Airflow ends a task at its time-out; one that has not ended this much later has no process any more.
GRACE = timedelta(minutes=5)


def close_lost_attempts(warehouse: WarehouseHook) -> list[UUID]:
    """Close attempts that can't be running any more: their process on this machine is gone, or their time is up.

    :returns: the attempts that were closed, as `error`.
    """
    with warehouse.session():
        gone = {running[0] for running in _running(warehouse) if _is_lost(*running)}
        # An attempt records its end before it releases its lock, possibly after it was read as running here.
        lost = [run_id for run_id, *_ in _running(warehouse) if run_id in gone] if gone else []
        for run_id in lost:
            end = {"run_id": run_id, "status": "error", "err_msg": LOST}
            warehouse.execute(statement("runs/close_attempt.sql"), end)
    return lost


def _running(warehouse: WarehouseHook) -> list[tuple[UUID, str, str, datetime]]:
    rows: list[tuple[UUID, str, str, datetime]] = warehouse.execute(statement("runs/running_attempts.sql"))
    return rows


def _is_lost(run_id: UUID, job: str, host: str, started_at: datetime) -> bool:
    limit = BACKUP_LIMIT if job in BACKUP_JOBS else TASK_LIMIT
    if datetime.now(UTC) - started_at > limit + GRACE:
        return True
    return host == socket.gethostname() and not is_alive(run_id)
