"""Each way in which a task can end badly, done for real in a run: its row, its alert, its message, its end."""

import contextlib
import os
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest
from airflow.exceptions import AirflowTaskTimeout
from airflow.models import DagBag

from sandbox import BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.alerts.follow_up import follow_up
from zakaz.operators import vk_fetch
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
HEAD = "🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"
SECRETS = (BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN)
pytestmark = pytest.mark.usefixtures("no_token_kept")


@pytest.fixture
def dag(metadata: None) -> Any:
    return DagBag(dag_folder=PROJECT_DIR / "dags", include_examples=False).get_dag("zakaz_etl")


def run(dag: Any) -> str:
    done = dag.test(execution_date=pendulum.datetime(DAY.year, DAY.month, DAY.day, tz="Europe/Moscow"))
    return str(done.state)


def runs(warehouse: WarehouseHook, job: str = "vk_fetch") -> list[tuple[str, str]]:
    sql = "SELECT status, err_msg FROM meta.etl_runs FINAL WHERE job = {job:String} ORDER BY started_at"
    return list(warehouse.execute(sql, {"job": job}))


def alerts(warehouse: WarehouseHook) -> list[tuple[str, str, str]]:
    return list(warehouse.execute("SELECT job, code, delivery FROM meta.etl_alerts FINAL ORDER BY ts"))


def heads(sandbox: Sandbox) -> list[str]:
    return [message["plain"].splitlines()[0] for message in sandbox.messages()]


def secrets_told(warehouse: WarehouseHook, sandbox: Sandbox) -> list[str]:
    told = "\n".join(
        [
            *(file.read_text(errors="replace") for file in Path(os.environ["AIRFLOW_HOME"]).rglob("*.log")),
            str(warehouse.execute("SELECT * FROM meta.etl_runs")),
            str(warehouse.execute("SELECT * FROM meta.etl_alerts")),
            str(sandbox.messages()),
        ]
    )
    return [secret for secret in SECRETS if secret in told]


def fails(*_: Any) -> None:
    raise RuntimeError(f"boom {CLIENT_SECRET}")


def leaves(*_: Any) -> None:
    sys.exit(3)


def hangs(*_: Any) -> None:
    time.sleep(30)


@pytest.mark.parametrize(
    ("does", "cause"),
    [(fails, "RuntimeError: boom ***"), (leaves, "SystemExit: 3"), (hangs, "AirflowTaskTimeout: Timeout")],
    ids=["exception", "SystemExit", "time-out"],
)
def test_a_task_that_ends_badly(
    dag: Any,
    warehouse: WarehouseHook,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    judge: Callable[..., None],
    does: Callable[..., None],
    cause: str,
) -> None:
    monkeypatch.setattr(vk_fetch, "load_vk_ads", does)
    dag.get_task("vk_fetch").execution_timeout = timedelta(seconds=3)
    with contextlib.suppress(SystemExit, AirflowTaskTimeout):  # dags test runs in this process
        assert run(dag) == "failed"
    ((status, said),) = runs(warehouse)
    assert status == "error"
    assert said.startswith(cause)
    follow_up(warehouse)
    assert runs(warehouse, "build_dm_vk") == [], "upstream_failed: nothing was tried, so nobody is told twice"
    assert alerts(warehouse) == [("vk_fetch", "RUN_FAILED", "sent")]
    assert heads(sandbox) == [HEAD]
    judge(rows_lost=0, messages=heads(sandbox), secrets=secrets_told(warehouse, sandbox))
