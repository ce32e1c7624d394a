"""Attempts that died without a word: no callback tells of them, so the rest of the project looks for them."""

import socket
from datetime import UTC, datetime, timedelta
from uuid import UUID

from zakaz.registry.alive import is_alive
from zakaz.settings import TASK_LIMIT
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

LOST = (
    "the process of the task ended without a word: it was killed (kill -9, out of memory), or its machine went down. "
    "Press Clear on the task"
)
# Airflow ends a task at its time-out; whoever is silent for this much longer has no process any more.
GRACE = timedelta(minutes=5)


def close_lost_attempts(warehouse: WarehouseHook) -> list[UUID]:
    """End attempts that can't be running any more: their process on this machine is gone, or their time is up.

    :returns: the attempts that were closed, as `error`.
    :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
    """
    with warehouse.session():
        gone = {run_id for run_id, host, started_at in _running(warehouse) if _is_lost(run_id, host, started_at)}
        # One that has just ended wrote so before it let go of its lock, maybe after it was read as running.
        lost = [run_id for run_id, *_ in _running(warehouse) if run_id in gone] if gone else []
        for run_id in lost:
            warehouse.execute(statement("runs/close_attempt.sql"), {"run_id": run_id, "err_msg": LOST})
    return lost


def _running(warehouse: WarehouseHook) -> list[tuple[UUID, str, datetime]]:
    rows: list[tuple[UUID, str, datetime]] = warehouse.execute(statement("runs/running_attempts.sql"))
    return rows


def _is_lost(run_id: UUID, host: str, started_at: datetime) -> bool:
    if datetime.now(UTC) - started_at > TASK_LIMIT + GRACE:
        return True
    return host == socket.gethostname() and not is_alive(run_id)
