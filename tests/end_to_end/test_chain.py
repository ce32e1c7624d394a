"""The whole chain in Airflow, against the sandbox: green days, red days, days again."""

import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from airflow.models import Variable
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select

import our_dags
from sandbox import BOT_TOKEN, CLIENT_SECRET, Sandbox
from zakaz.connections.vk_ads import VkAdsHook, token_variable
from zakaz.days import DayRange, last_complete_day
from zakaz.orchestration.attempts import WAREHOUSE
from zakaz.pipeline.sales import load_sales
from zakaz.sources.sales_file import read_sales
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
JOBS = ["vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck"]
MART_ROWS = {
    "zakaz.dm_vk_ads_daily": "SELECT * EXCEPT (_ver) FROM zakaz.dm_vk_ads_daily FINAL ORDER BY ALL",
    "zakaz.dm_sales_daily": "SELECT * EXCEPT (_ver) FROM zakaz.dm_sales_daily FINAL ORDER BY ALL",
}
RunDay = Callable[[date], DagRun]

pytestmark = pytest.mark.usefixtures("no_token_kept")


@pytest.fixture(scope="module")
def dag(metadata: None) -> Any:
    return our_dags.read().get_dag("zakaz_etl")


@pytest.fixture
def run_day(dag: Any, warehouse: WarehouseHook) -> RunDay:
    """`airflow dags test zakaz_etl DAY`, in this process."""
    return lambda day: dag.test(logical_date=our_dags.midnight(day))


@pytest.fixture
def sales(sandbox: Sandbox, warehouse: WarehouseHook, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(sandbox.sales_csv(DAY - timedelta(days=2), DAY), encoding="utf-8")
    load_sales(warehouse, read_sales(file))


def registry(warehouse: WarehouseHook) -> list[tuple[Any, ...]]:
    """In the order of the chain: the two fetches run side by side."""
    rows = warehouse.execute("SELECT job, status, err_msg FROM meta.etl_runs FINAL ORDER BY started_at")
    return sorted(rows, key=lambda row: JOBS.index(row[0]))


def marts(warehouse: WarehouseHook) -> dict[str, list[tuple[Any, ...]]]:
    return {table: warehouse.execute(sql) for table, sql in MART_ROWS.items()}


def spend_by_city(sandbox: Sandbox) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for ad in sandbox.truth(DAY):
        city = ad["city"] or "unknown"
        sums[city] = sums.get(city, Decimal(0)) + Decimal(ad["spent"])
    return {city: spend for city, spend in sums.items() if spend}


def sales_by_show_day(sandbox: Sandbox) -> dict[tuple[date, int], tuple[int, Decimal, Decimal]]:
    sums: dict[tuple[date, int], tuple[int, Decimal, Decimal]] = {}
    for row in sandbox.sales_truth(DAY, DAY):
        key = row["event_date"], row["event_id"]
        tickets, revenue, refunds = sums.get(key, (0, Decimal(0), Decimal(0)))
        sums[key] = (
            tickets + row["tickets_sold"],
            revenue + Decimal(row["revenue"]),
            refunds + Decimal(row["refunds_amount"]),
        )
    return sums


def mart_sales_by_show_day(warehouse: WarehouseHook) -> dict[tuple[date, int], tuple[int, Decimal, Decimal]]:
    rows = warehouse.execute(
        "SELECT event_date, event_id, tickets_sold, revenue, refunds_amount FROM zakaz.dm_sales_daily FINAL"
    )
    return {(event_date, event_id): tuple(figures) for event_date, event_id, *figures in rows}


def mart_spend_by_city(warehouse: WarehouseHook) -> dict[str, Decimal]:
    return dict(warehouse.execute("SELECT city, sum(spend) AS s FROM bi.v_vk_ads_daily GROUP BY city HAVING s != 0"))


def test_a_green_day(run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    run = run_day(DAY)

    assert run.state == "success"
    assert registry(warehouse) == [(job, "ok", "") for job in JOBS]
    assert mart_spend_by_city(warehouse) == spend_by_city(sandbox)
    assert mart_sales_by_show_day(warehouse) == sales_by_show_day(sandbox)
    rows = warehouse.execute(
        "SELECT job, from_date, to_date, rows_read > 0, rows_written > 0, dag_id, run_type, try_number, log_url != '' "
        "FROM meta.etl_runs FINAL"
    )
    assert sorted(rows) == sorted((job, DAY, DAY, 1, 1, "zakaz_etl", "manual", 1, 1) for job in JOBS)
    checks = warehouse.execute("SELECT check_name, passed FROM meta.quality_results FINAL WHERE day = '2026-11-20'")
    assert len(checks) >= 4
    assert all(passed for _, passed in checks)
    assert sandbox.messages() == []


@pytest.mark.usefixtures("sandbox")
def test_the_same_day_again_changes_no_figure(run_day: RunDay, warehouse: WarehouseHook) -> None:
    run_day(DAY)
    before = marts(warehouse)
    assert all(before.values())
    run_day(DAY)
    assert marts(warehouse) == before


def test_what_changed_at_the_source_is_what_stands(run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    run_day(DAY)
    spending = [ad for ad in sandbox.truth(DAY) if Decimal(ad["spent"]) > 0 and ad["city"] == "Москва"]
    changed, removed, moved = (ad["id"] for ad in spending[:3])
    sandbox.patch_ad(changed, spent={str(DAY): "12345.67"})
    sandbox.patch_ad(removed, removed=True)
    sandbox.patch_ad(moved, utm_content="kazan_moved")
    refunded, cancelled = (order["id"] for order in sandbox.orders(DAY)[:2])
    sandbox.patch_order(refunded, refunded_on=DAY)
    sandbox.patch_order(cancelled, cancelled=True)
    expected = spend_by_city(sandbox)
    sales_before = mart_sales_by_show_day(warehouse)

    run_day(DAY)

    assert mart_spend_by_city(warehouse) == expected
    staged = dict(warehouse.execute("SELECT ad_id, spend FROM zakaz.stg_vk_ads_daily FINAL"))
    assert removed not in staged
    assert staged[changed] == Decimal("12345.67")
    assert sum(staged.values()) == sum(expected.values())
    assert mart_sales_by_show_day(warehouse) == sales_by_show_day(sandbox) != sales_before


@pytest.mark.usefixtures("sales")
def test_without_qtickets_its_task_is_skipped_and_the_chain_goes_on(
    run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    run = run_day(DAY)
    assert run.state == "success"
    assert {task.task_id: task.state for task in run.get_task_instances()} == {
        **dict.fromkeys(JOBS, "success"),
        "qtickets_fetch": "skipped",
    }
    # Nothing was tried, so that nothing stands in the registry and nobody is told.
    assert registry(warehouse) == [(job, "ok", "") for job in JOBS if job != "qtickets_fetch"]
    assert mart_sales_by_show_day(warehouse) == sales_by_show_day(sandbox)
    assert sandbox.messages() == []


def test_qtickets_that_is_down_stops_the_chain_and_is_told(
    run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook
) -> None:
    sandbox.fault("qtickets", "403")
    run = run_day(DAY)
    assert run.state == "failed"
    assert [row[:2] for row in registry(warehouse)] == [("vk_fetch", "ok"), ("qtickets_fetch", "error")]
    assert "HTTP 403: QTickets doesn't take the token" in registry(warehouse)[1][2]
    (message,) = sandbox.messages()
    assert "Загрузка продаж QTickets" in message["plain"]
    with create_session() as session:
        where = select(XComModel.value).filter_by(run_id=run.run_id, task_id="qtickets_fetch", key=WAREHOUSE)
        assert session.scalar(where) == warehouse.identity, "a watchdog of another warehouse leaves it alone"


def test_what_one_order_lacks_stops_neither_mart_and_ends_the_day_red(
    run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook
) -> None:
    sandbox.fault("qtickets", "wrong_types")
    assert run_day(DAY).state == "failed"
    assert mart_spend_by_city(warehouse) == spend_by_city(sandbox)
    rows, *_ = warehouse.execute("SELECT count() FROM zakaz.dm_sales_daily FINAL")
    assert rows > (5,)
    *others, (job, status, why, *_) = registry(warehouse)
    assert {row[1] for row in others} == {"ok"}
    assert (job, status) == ("healthcheck", "error")
    (message,) = sandbox.messages()
    for text in (why, message["plain"]):
        assert "objects of the lists can't be read: order " in text
    assert "источник отдал не всё" in message["plain"]


def test_a_source_that_is_down_ends_red_and_is_told(
    run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook, capfd: pytest.CaptureFixture[str]
) -> None:
    run_day(DAY - timedelta(days=1))
    before = marts(warehouse)
    sandbox.reset()
    sandbox.fault("vk_ads", "500")

    run = run_day(DAY)

    assert run.state == "failed"
    first, again = [row for row in registry(warehouse) if row[1] != "ok" and row[0] == "vk_fetch"]
    assert first[:2] == again[:2], "tried again, and told once"
    job, status, cause = again
    assert (job, status) == ("vk_fetch", "error")
    assert cause.startswith("VK Ads: ")
    assert "HTTP 500" in cause
    assert "\n" not in cause
    ((code, severity, delivery, context),) = warehouse.execute(
        "SELECT code, severity, delivery, context_json FROM meta.etl_alerts FINAL WHERE job = 'vk_fetch'"
    )
    assert (code, severity, delivery) == ("RUN_FAILED", "critical", "sent")
    assert json.loads(context)["from_date"] == "2026-11-20"
    (message,) = sandbox.messages()
    for part in ("Загрузка VK Рекламы", "20 ноября 2026", "vk_fetch", "HTTP 500", "\nЖурнал: http"):
        assert part in message["plain"], part
    assert marts(warehouse) == before

    token = json.loads(Variable.get(token_variable(VkAdsHook().get_connection("vk_ads_default"))))["tokens"][""][
        "access_token"
    ]
    seen = "\n".join(
        [*capfd.readouterr(), cause, context, message["text"]]
        + [str(row) for row in warehouse.execute("SELECT * FROM meta.etl_runs")]
        + [str(row) for row in warehouse.execute("SELECT * FROM meta.etl_alerts")]
        + [file.read_text(errors="replace") for file in Path(os.environ["AIRFLOW_HOME"]).rglob("*.log")]
    )
    for secret in (CLIENT_SECRET, BOT_TOKEN, token):
        assert secret not in seen


def test_a_day_without_sales_is_red_by_its_check(
    run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    run = run_day(DAY)

    assert run.state == "failed"
    assert registry(warehouse)[-1][:2] == ("healthcheck", "error")
    assert "ZERO_ROWS dm_sales_daily: expected at least 1 row, found 0 rows" in registry(warehouse)[-1][2]
    assert warehouse.execute("SELECT job, code, delivery FROM meta.etl_alerts FINAL") == [
        ("healthcheck", "ZERO_ROWS", "sent")
    ]
    assert "Проверка данных" in sandbox.messages()[0]["plain"]


def test_today_is_refused(run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    today = last_complete_day() + timedelta(days=1)

    run = run_day(today)

    assert run.state == "failed"
    assert f"{today} is not over in Moscow" in registry(warehouse)[0][2]
    assert sandbox.requests()["counts"].get("vk_ads", 0) == 0
    assert "ещё не закончился" in sandbox.messages()[0]["plain"]


def test_a_run_by_hand_that_looks_back_makes_up_for_a_scheduler(
    dag: Any, run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook
) -> None:
    """Two days were missed, and the last one that was loaded has changed at both sources since."""
    loaded = DAY - timedelta(days=3)
    run_day(loaded)
    spending = next(ad["id"] for ad in sandbox.truth(loaded) if Decimal(ad["spent"]) > 0)
    sandbox.patch_ad(spending, spent={str(loaded): "12345.67"})
    sandbox.patch_order(sandbox.orders(loaded)[0]["id"], cancelled=True)
    sold = sum(row["tickets_sold"] for row in sandbox.sales_truth(loaded, loaded))
    warehouse.execute("TRUNCATE TABLE meta.etl_runs")

    run = dag.test(logical_date=our_dags.midnight(DAY), run_conf={"lookback": True})

    assert run.state == "success"
    week, month = DAY - timedelta(days=6), DAY - timedelta(days=29)
    runs = warehouse.execute("SELECT job, from_date, to_date, run_type FROM meta.etl_runs FINAL")
    firsts = {"vk_fetch": week, "build_dm_vk": week}
    assert sorted(runs) == sorted((job, firsts.get(job, month), DAY, "scheduled") for job in JOBS)
    looked_at = warehouse.execute("SELECT countDistinct(day), min(day), max(day) FROM meta.quality_results FINAL")
    assert looked_at == [(30, month, DAY)]
    good = warehouse.execute("SELECT day FROM meta.v_good_days WHERE job = 'healthcheck' ORDER BY day")
    assert [day for (day,) in good] == list(DayRange(week, DAY)), "those whose spend was read as well"
    query = "SELECT spend FROM zakaz.stg_vk_ads_daily FINAL WHERE ad_id = {ad:UInt64} AND stat_date = {day:Date}"
    assert warehouse.execute(query, {"ad": spending, "day": loaded}) == [(Decimal("12345.67"),)]
    query = "SELECT sum(tickets_sold) FROM zakaz.dm_sales_daily FINAL WHERE sale_date = {day:Date}"
    assert warehouse.execute(query, {"day": loaded}) == [(sold,)]


def test_a_run_by_hand_that_looks_back_falls_for_its_own_day(
    dag: Any, sandbox: Sandbox, warehouse: WarehouseHook
) -> None:
    """As a scheduled run: the days before were loaded by others, and stay what they are."""
    sandbox.fault("vk_ads", "403")
    dag.test(logical_date=our_dags.midnight(DAY), run_conf={"lookback": True})
    assert warehouse.execute("SELECT from_date, to_date FROM meta.etl_alerts FINAL") == [(DAY, DAY)]
    assert warehouse.execute("SELECT day FROM meta.v_day_attempts WHERE status = 'error'") == [(DAY,)]


def test_a_sandbox_that_is_down_is_named(
    run_day: RunDay, sandbox: Sandbox, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAKAZ_SANDBOX", "1")
    nowhere = {"conn_type": "vk-ads", "host": "http://127.0.0.1:9", "login": "sandbox-client", "password": "x-y-z"}
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(nowhere))
    run_day(DAY)
    assert registry(warehouse)[0][2].endswith("The sandbox is down: start it with bin/zakaz sandbox start")
