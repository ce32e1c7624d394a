"""Which days the healthcheck looks at, and what it follows up."""

import json
import socket
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from made_rows import DAY
from made_runs import task_instance
from zakaz.days import DayRange
from zakaz.errors import HealthCheckFailed, TaskTerminated
from zakaz.orchestration import healthcheck as module
from zakaz.orchestration.healthcheck import HealthcheckOperator
from zakaz.orchestration.stage_operator import DayOperator
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files

pytestmark = pytest.mark.warehouse


@pytest.mark.parametrize(
    ("run_type", "days", "vk_days", "sales_days"),
    [
        pytest.param("scheduled", 3, 2, 3, id="each as far as its mart was rebuilt"),
        pytest.param("backfill", 1, 1, 1, id="its own day"),
        pytest.param("manual", 4, 4, 4, id="a range"),
    ],
)
def test_each_group_is_checked_for_the_days_that_were_rebuilt(
    warehouse: WarehouseHook, run_type: str, days: int, vk_days: int, sales_days: int
) -> None:
    task = HealthcheckOperator(task_id="healthcheck", groups={"vk_ads": 2, "sales": 3})
    assert task.lookback_days == 3
    attempt = Attempt(
        dag_id="zakaz_etl",
        dag_run_id="run",
        run_type=run_type,
        job="healthcheck",
        map_index=-1,
        try_number=1,
        log_url="",
    )
    figures = RunFigures()
    with pytest.raises(HealthCheckFailed):
        task.work(warehouse, DayRange(DAY - timedelta(days=days - 1), DAY), attempt, figures)

    found = warehouse.execute("SELECT check_name, min(day), max(day), count() FROM meta.quality_results GROUP BY 1")
    looked_at = {"vk_ads": vk_days, "sales": sales_days}
    assert {name: tuple(rest) for name, *rest in found} == {
        file.stem: (DAY - timedelta(days=looked_at[file.parent.name] - 1), DAY, looked_at[file.parent.name])
        for file in files("checks")
    }
    assert figures.rows_read == sum(count for *_, count in found)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the checks end as told, and the task with them."""

    def end(error: BaseException | None) -> None:
        def execute(*_: Any) -> None:
            if error:
                raise error

        monkeypatch.setattr(DayOperator, "execute", execute)
        task = HealthcheckOperator(task_id="healthcheck", groups={"vk_ads": 1, "sales": 1})
        run = SimpleNamespace(run_type="manual", conf={}, dag_id="zakaz_etl")
        task.execute({"task_instance": task_instance("healthcheck"), "dag_run": run})

    return end


@pytest.mark.parametrize(
    ("error", "is_followed_up"),
    [
        pytest.param(None, True, id="good"),
        pytest.param(HealthCheckFailed("no rows", "ZERO_ROWS"), True, id="red"),
        pytest.param(TaskTerminated("SIGTERM"), False, id="told to end"),
    ],
)
@pytest.mark.parametrize("broken", [None, OSError("no space left on device")], ids=["", "follow-up fails"])
def test_whatever_came_out_is_followed_up_unless_the_task_must_end(
    ended: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException | None,
    is_followed_up: bool,
    broken: Exception | None,
) -> None:
    """Neither a time-out nor a SIGTERM is an Exception; Airflow's timer fires once, so nothing would end it again."""
    followed: list[Any] = []

    def sweep(warehouse: WarehouseHook) -> None:
        followed.append(warehouse)
        if broken:
            raise broken

    monkeypatch.setattr(module, "sweep", sweep)
    if error:
        with pytest.raises(type(error)) as raised:
            ended(error)
        assert raised.value is error
    else:
        ended(None)
    assert bool(followed) == is_followed_up


@pytest.mark.timeout(30)
def test_a_warehouse_that_takes_connections_and_says_nothing_holds_no_task(
    ended: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        server = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": port, "extra": {"http_port": port}}
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(server))
        assert module.FOLLOW_UP_SECONDS <= 30
        monkeypatch.setattr(module, "FOLLOW_UP_SECONDS", 1)
        ended(None)
