"""run_stage: the row of an attempt, which days are checked, and the follow-up after the last stage."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from filelock import FileLock, Timeout

from made_rows import DAY
from made_runs import attempt
from sandbox import Sandbox
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import HealthCheckFailed, TaskTerminated
from zakaz.pipeline import fetch, runner
from zakaz.pipeline.check_files import checks_of
from zakaz.pipeline.checks import healthcheck
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.runner import run_stage
from zakaz.registry.runs import RunFigures
from zakaz.settings import file_name, state_dir
from zakaz.stages import SOURCES
from zakaz.warehouse.hook import WarehouseHook

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
    warehouse: WarehouseHook,
    set_settings: Callable[..., None],
    run_type: str,
    days: int,
    vk_days: int,
    sales_days: int,
) -> None:
    set_settings(LOOKBACK_DAYS=2, SALES_LOOKBACK_DAYS=3)
    figures = RunFigures()
    looks = DayRange(DAY - timedelta(days=days - 1), DAY)
    with pytest.raises(HealthCheckFailed):
        healthcheck(warehouse, looks, attempt("healthcheck", run_type=run_type), figures)

    found = warehouse.execute("SELECT check_name, min(day), max(day), count() FROM meta.quality_results GROUP BY 1")
    looked_at = {"vk_ads": vk_days, "qtickets": sales_days}
    assert {name: tuple(rest) for name, *rest in found} == {
        name: (DAY - timedelta(days=looked_at[source] - 1), DAY, looked_at[source])
        for source in SOURCES
        for names in checks_of(source).values()
        for name in names
    }
    assert figures.rows_read == sum(count for *_, count in found)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException | None], None]:
    """Let the checks end like this, and the stage with them."""

    def end(error: BaseException | None) -> None:
        def work(*_: object) -> None:
            if error:
                raise error

        monkeypatch.setattr(runner, "STAGE_BY_NAME", {"healthcheck": runner.Stage(work)})
        run_stage("healthcheck", DayRange(DAY, DAY), attempt("healthcheck"))

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
    ended: Callable[[BaseException | None], None],
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

    monkeypatch.setattr(runner, "sweep", sweep)
    if error:
        with pytest.raises(type(error)) as raised:
            ended(error)
        assert raised.value is error
    else:
        ended(None)
    assert bool(followed) == is_followed_up


@pytest.mark.timeout(30)
def test_a_warehouse_that_takes_connections_and_says_nothing_holds_no_task(
    ended: Callable[[BaseException | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        server = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": port, "extra": {"http_port": port}}
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(server))
        assert runner.SWEEP_SECONDS <= 30
        monkeypatch.setattr(runner, "SWEEP_SECONDS", 1)
        monkeypatch.setattr(runner, "REGISTRY_SECONDS", 1)
        ended(None)


@pytest.mark.usefixtures("no_token_kept")
def test_one_fetch_of_a_machine_asks_vk_at_a_time(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer and a backfill in a process of its own know nothing of Airflow's pools."""
    held: list[bool] = []

    def load(*_: object) -> LoadResult:
        for url in (sandbox.url, "https://ads.vk.com"):
            lock = FileLock(state_dir() / f"vk_fetch-{file_name(url)}.lock", timeout=0)
            try:
                lock.acquire()
                lock.release()
                held.append(False)
            except Timeout:
                held.append(True)
        return LoadResult(0, 0)

    monkeypatch.setattr(fetch, "load_vk_ads", load)
    day = last_complete_day()
    run_stage("vk_fetch", DayRange(day, day), attempt("vk_fetch", day))
    assert held == [True, False], "another API is nobody's business"
