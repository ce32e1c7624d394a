"""dags/zakaz_backup.py in Airflow: recorded, told of, and silent where no backup is set up."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import our_dags
from received import heads
from sandbox import Sandbox
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
ATTEMPTS = "SELECT job, status, dag_id, from_date FROM meta.etl_runs FINAL ORDER BY job"
pytestmark = [pytest.mark.usefixtures("airflow"), pytest.mark.timeout(180)]


def states() -> dict[str, str]:
    run: Any = our_dags.run(our_dags.read().get_dag("zakaz_backup"), DAY)
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def test_where_no_backup_is_set_up_nothing_is_done_or_told(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    assert states() == dict.fromkeys(("backup", "restore_check"), "skipped")
    assert warehouse.execute(ATTEMPTS) == []
    assert heads(sandbox) == []


def test_a_backup_that_fails_is_recorded_and_told_once(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Callable[..., None]
) -> None:
    """The engine of the tests has no disk `backups`."""
    set_settings(BACKUP_KEEP=3)
    assert states() == {"backup": "failed", "restore_check": "upstream_failed"}
    assert warehouse.execute(ATTEMPTS) == [("backup", "error", "zakaz_backup", None)]
    assert heads(sandbox) == ["🔴 Резервная копия: ошибка"]
    (message,) = sandbox.messages()
    assert "Причина: ClickHouse отклонил запрос" in message["plain"]
    assert "the server lacks infra/clickhouse/config.d/zakaz.xml" in message["plain"]
    assert "код BACKUP_FAILED" in message["plain"]
