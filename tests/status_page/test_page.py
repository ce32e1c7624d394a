"""What stands on the status page, and that its judgements are those of the views and checks."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.serialization.serialized_objects import DagSerialization

import our_dags
from made_runs import attempt, put_run
from status_page.made_history import fill, is_due
from zakaz.connections.airflow_ui import PATH
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.errors import WarehouseRefused
from zakaz.pipeline.checks import check_days
from zakaz.settings import PROJECT_DIR
from zakaz.stages import STAGES
from zakaz.status_page import page
from zakaz.status_page.data import read
from zakaz.status_page.link import StatusPageLink
from zakaz.warehouse.hook import WarehouseHook

LINKS = page.Links(run="/r/__DAG__/__RUN__", backfill="/b")


def states(data: dict[str, Any]) -> dict[str, str]:
    """Each stage's days as letters, the oldest first: good, Red, running, missing, waiting, none."""
    letters = {"good": ".", "red": "X", "running": ">", "missing": "!", "waiting": "w", "none": " "}
    return {stage["job"]: "".join(letters[cell["state"]] for cell in stage["cells"]) for stage in data["stages"]}


@pytest.mark.warehouse
def test_the_calendar_tells_what_v_etl_days_tells_and_what_is_missing(warehouse: WarehouseHook) -> None:
    fill(warehouse, days=40)
    found = states(read({}))
    assert list(found) == list(STAGES)
    assert all(len(days) == 60 for days in found.values())
    end = {stage: days[-20:] for stage, days in found.items()}
    assert end["vk_fetch"] == ".!!.......X........."
    assert end["qtickets_fetch"][-1] == ">"
    assert end["healthcheck"] == ".!!.......!........" + ("!" if is_due() else "w")
    assert {days[:20] for days in found.values()} == {" " * 20}, "nothing was expected before the first day"
    assert found["healthcheck"][60 - 31] == "X"
    told = dict(warehouse.execute("SELECT state, count() FROM bi.v_etl_days GROUP BY state"))
    shown = "".join(found.values())
    assert {"good": shown.count("."), "red": shown.count("X"), "running": shown.count(">")} == told


@pytest.mark.warehouse
def test_line_breaks_in_a_text_do_not_break_the_page(warehouse: WarehouseHook) -> None:
    text = "Show\n \r \x0b \x0c \x1c \x85 \u2028 on ice"
    warehouse.insert("meta.etl_alerts", ("ts", "message"), [(datetime.now(UTC), text)])
    assert [alert["text"] for alert in read({})["alerts"]] == [text]


@pytest.mark.warehouse
def test_a_day_is_not_missing_before_it_is_due(warehouse: WarehouseHook) -> None:
    put_run(
        warehouse, attempt("vk_fetch", day=yesterday() - timedelta(days=3)), "ok", day=yesterday() - timedelta(days=3)
    )
    ((due,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    days = states(read({}))["vk_fetch"]
    assert days[-4:] == (".!!!" if due == yesterday() else ".!!w")
    assert states(read({}))["qtickets_fetch"] == " " * 60


@pytest.mark.warehouse
@pytest.mark.same_statements
@pytest.mark.parametrize(("metric", "check"), [("spend", "unusual_spend"), ("revenue", "unusual_revenue")])
def test_the_band_is_the_range_of_the_check(warehouse: WarehouseHook, metric: str, check: str) -> None:
    fill(warehouse, days=20)
    series = read({})["metrics"][metric]
    days = DayRange(yesterday() - timedelta(days=59), yesterday())
    findings = {one.day: one for one in check_days(warehouse, days) if one.check_name == check}
    assert [date.fromisoformat(day) for day in series["d"]] == sorted(findings)
    unusual = {day for day, flag in zip(series["d"], series["is_unusual"], strict=True) if flag}
    assert unusual == {str(day) for day, one in findings.items() if not one.passed}
    assert len(unusual) >= 2
    for day, low, high in zip(series["d"], series["low"], series["high"], strict=True):
        told = re.match(r"(\d+) to (\d+) ", findings[date.fromisoformat(day)].expected)
        if not told:
            assert low is high is None, "the history is too short for both"
            continue
        assert abs(low - int(told[1])) <= 1
        assert abs(high - int(told[2])) <= 1
    assert None in series["low"]


@pytest.mark.warehouse
def test_what_is_wrong_and_what_is_new_come_first(warehouse: WarehouseHook) -> None:
    fill(warehouse, days=3)
    shown = read({})
    assert [check["is_passed"] for check in shown["checks"]] == sorted(check["is_passed"] for check in shown["checks"])
    assert shown["checks"][0]["severity"] == "fail"
    assert (shown["alerts"][0]["code"], shown["alerts"][-1]["code"]) == ("STALE", "RECOVERED")


@pytest.mark.warehouse
def test_an_empty_warehouse_is_a_page_too(warehouse: WarehouseHook) -> None:
    shown = page.status_page({}, LINKS)
    assert shown.status == 200
    assert "ещё ни одного полного дня" in shown.body.lower()
    assert "Открытых сбоев нет" in shown.body
    assert set("".join(states(read({})).values())) == {" "}


@pytest.mark.warehouse
def test_an_address_in_the_registry_that_is_no_web_page_is_no_link(warehouse: WarehouseHook) -> None:
    fill(warehouse, days=3)
    columns = "job, run_id, started_at, status, err_msg, from_date, to_date, dag_id, dag_run_id, run_type, _ver"
    warehouse.execute(
        f"INSERT INTO meta.etl_runs ({columns}, log_url) SELECT {columns.replace('_ver', '_ver + 1')}, "
        "'javascript:alert(1)' FROM meta.etl_runs FINAL"
    )
    assert "javascript:" not in page.status_page({}, LINKS).body


@pytest.mark.warehouse
def test_a_run_leads_to_its_day(warehouse: WarehouseHook) -> None:
    made = attempt("build_dm_vk", day=yesterday())
    put_run(warehouse, made, "ok", day=yesterday(), days_back=6)
    asked = {"dag_run_id": made.dag_run_id, "job": "build_dm_vk"}
    assert read(asked)["chosen"] == str(yesterday())
    assert read({**asked, "job": "vk_fetch"})["chosen"] == ""
    assert read({"day": "2026-11-17"})["chosen"] == "2026-11-17"
    assert read({"day": "'; DROP"})["chosen"] == ""


@pytest.mark.warehouse
def test_it_only_reads(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(warehouse, days=3)
    asked: list[str] = []
    for name in ("text", "execute"):
        call = getattr(WarehouseHook, name)
        noted = lambda hook, sql, *rest, call=call: asked.append(sql) or call(hook, sql, *rest)  # noqa: E731
        monkeypatch.setattr(WarehouseHook, name, noted)
    monkeypatch.setattr(WarehouseHook, "insert", None)
    assert page.status_page({}, LINKS).status == 200
    assert len(asked) == 9
    assert all(re.search(r"^(WITH|SELECT)\b", sql, re.MULTILINE) and "INSERT" not in sql for sql in asked)


def test_a_server_that_is_down_is_named_without_its_password(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {
        "conn_type": "clickhouse",
        "host": "127.0.0.1",
        "port": unused_port,
        "password": "never-shown",
        "extra": {"http_port": unused_port},
    }
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(connection))
    shown = page.status_page({}, LINKS)
    assert shown.status == 503
    assert int(shown.headers["Retry-After"]) > 0
    assert "ClickHouse не отвечает" in shown.body
    assert "127.0.0.1" in shown.body
    assert "never-shown" not in shown.body


def test_a_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zakaz.status_page.data.WITHIN_SECONDS", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        connection = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": port, "extra": {"http_port": port}}
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(connection))
        assert page.status_page({}, LINKS).status == 503


def test_what_can_not_heal_is_not_tried_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise WarehouseRefused("no <b>database</b> meta for never-shown", 81)

    connection = json.dumps({"conn_type": "clickhouse", "host": "127.0.0.1", "password": "never-shown"})
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", connection)
    monkeypatch.setattr(page, "read", refuse)
    shown = page.status_page({}, LINKS)
    assert shown.status == 503
    assert 'data-retry="0"' in shown.body
    assert "no &lt;b&gt;database&lt;/b&gt; meta for ***" in shown.body


def test_each_task_of_the_chain_links_to_its_day(metadata: None, monkeypatch: pytest.MonkeyPatch) -> None:
    dagbag = our_dags.read()
    # As the web server has them.
    # The scheduler does without links, and switches them off for the whole process.
    monkeypatch.setattr(DagSerialization, "_load_operator_extra_links", True)
    dags = {name: DagSerialization.from_dict(DagSerialization.to_dict(dag)) for name, dag in dagbag.dags.items()}
    for dag_id in ("zakaz_etl", "zakaz_backfill"):
        for stage in STAGES:
            assert "Статус дня" in dags[dag_id].get_task(stage).extra_links, (dag_id, stage)
    key = SimpleNamespace(run_id="manual__2026-11-20T00:00:00+00:00")
    link = StatusPageLink().get_link(SimpleNamespace(task_id="vk_fetch"), ti_key=key)
    assert link == f"{PATH}?dag_run_id=manual__2026-11-20T00%3A00%3A00%2B00%3A00&job=vk_fetch"


def test_loading_the_plugin_imports_nothing_of_the_page() -> None:
    heavy = ("chdb", "clickhouse_connect", "pandas", "zakaz.warehouse", "zakaz.status_page.page")
    code = f"import sys, zakaz_plugin; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "PYTHONPATH": str(PROJECT_DIR / "plugins")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.warehouse
def test_backups_and_disks_are_on_the_page(warehouse: WarehouseHook, set_settings: Callable[..., None]) -> None:
    put_run(warehouse, attempt("vk_fetch"), "ok", minutes_ago=37 * 60)
    page_text = page.status_page({}, LINKS).body
    assert "не настроена: BACKUP_KEEP" in page_text
    set_settings(BACKUP_KEEP=14)
    found = {one["job"]: one["light"] for one in read({})["upkeep"]}
    assert found == {"backup": "red", "restore_check": "green", "disk": "green"}
    page_text = page.status_page({}, LINKS).body
    assert "Резервные копии, диски, часы" in page_text
    assert "удачных ещё не было" in page_text
    assert "свободно " in page_text
