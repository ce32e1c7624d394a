"""Attempts as the registry would have them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from zakaz.days import DayRange
from zakaz.registry.attempt import UNSET, Attempt
from zakaz.registry.runs import TABLE
from zakaz.stages import LAST_STAGE
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import new_version

DAY = date(2026, 11, 20)


def attempt(
    job: str = "vk_fetch", day: date = DAY, run_type: str = "backfill", try_number: int = 1, **given: Any
) -> Attempt:
    """An attempt of zakaz_etl on a day."""
    return Attempt(
        dag_id="zakaz_etl",
        dag_run_id=f"{run_type}__{day}",
        run_type=run_type,
        job=job,
        map_index=-1,
        try_number=try_number,
        log_url="http://127.0.0.1:8080/log",
        **given,
    )


def task_instance(task_id: str, dag_id: str = "zakaz_etl") -> SimpleNamespace:
    """What an attempt takes of Airflow's task instance."""
    return SimpleNamespace(
        dag_id=dag_id, run_id="run", task_id=task_id, map_index=-1, try_number=1, log_url="", start_date=None
    )


def put_run(
    warehouse: WarehouseHook,
    made: Attempt,
    status: str,
    *,
    minutes_ago: float = 0,
    day: date = DAY,
    days_back: int = 0,
    err_msg: str = "",
) -> None:
    """A row of the run registry; the attempt began and ended that long ago."""
    days = DayRange(day - timedelta(days=days_back), day)
    row = _row(made, status, datetime.now(UTC) - timedelta(minutes=minutes_ago), days, err_msg)
    warehouse.insert(TABLE, list(row), [list(row.values())])


def put_good_days(warehouse: WarehouseHook, ranges: Iterable[DayRange]) -> None:
    """A good run for each range of days, in one go."""
    now = datetime.now(UTC)
    made = attempt(LAST_STAGE)
    rows = [_row(replace(made, dag_run_id=str(days), run_id=UNSET), "ok", now, days) for days in ranges]
    if rows:
        warehouse.insert(TABLE, list(rows[0]), [list(row.values()) for row in rows])


def _row(made: Attempt, status: str, then: datetime, days: DayRange, err_msg: str = "") -> dict[str, Any]:
    return {
        "job": made.job,
        "run_id": made.run_id,
        "started_at": then,
        "finished_at": None if status == "running" else then,
        "status": status,
        "err_msg": err_msg,
        "from_date": days.first,
        "to_date": days.last,
        "host": made.host,
        "dag_id": made.dag_id,
        "dag_run_id": made.dag_run_id,
        "run_type": made.run_type,
        "try_number": made.try_number,
        "log_url": made.log_url,
        "_ver": new_version(),
    }


def age_alerts(warehouse: WarehouseHook, minutes: int) -> None:
    """Let the alerts, and what was written of their delivery, be so many minutes older."""
    columns = "severity, job, code, message, context_json, alert_id, dag_run_id, delivery, from_date, to_date"
    rows = warehouse.execute(
        f"SELECT ts - INTERVAL {minutes} MINUTE, alerts._ver - {minutes * 60_000_000}, {columns} "
        "FROM meta.etl_alerts AS alerts FINAL"
    )
    warehouse.execute("TRUNCATE TABLE meta.etl_alerts")
    warehouse.insert("meta.etl_alerts", ("ts", "_ver", *columns.split(", ")), rows)
