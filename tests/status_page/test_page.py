"""What stands on the status page, and that its judgements are those of the views and checks."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.serialization.serialized_objects import DagSerialization

import our_dags
from made_runs import attempt, put_good_days, put_run
from status_page.made_history import fill, is_due
from zakaz.connections.airflow_ui import PATH
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.errors import WarehouseRefused
from zakaz.pipeline.checks import check_days
from zakaz.registry.backfills import Backfill, enter, settle
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
    assert found["qtickets_fetch"][60 - 26] == " ", "the day is complete without it"
    told = dict(warehouse.execute("SELECT state, count() FROM bi.v_etl_days GROUP BY state"))
    shown = "".join(found.values())
    assert {"good": shown.count("."), "red": shown.count("X"), "running": shown.count(">")} == told


@pytest.mark.warehouse
def test_line_breaks_in_a_text_do_not_break_the_page(warehouse: WarehouseHook) -> None:
    text = "Show\n \r \x0b \x0c \x1c \x85 \u2028 on ice"
    warehouse.insert("meta.etl_alerts", ("ts", "message"), [(datetime.now(UTC), text)])
    assert [alert["text"] for alert in read({})["alerts"]] == [text]


@pytest.mark.warehouse
def test_a_day_is_not_missing_before_it_is_due_and_the_page_opens_on_the_one_before(warehouse: WarehouseHook) -> None:
    before, last = yesterday() - timedelta(days=1), yesterday()
    put_run(warehouse, attempt("vk_fetch", day=before), "ok", day=before, days_back=2)
    put_run(warehouse, attempt("healthcheck", day=before), "ok", day=before, days_back=2)
    night, day = (datetime.combine(last + timedelta(days=1), time(hour, 29), MOSCOW) for hour in (7, 8))
    at_night, by_day = read({}, night), read({}, day)
    assert [states(shown)["vk_fetch"][-4:] for shown in (at_night, by_day)] == ["...w", "...!"]
    assert [shown["opens"] for shown in (at_night, by_day)] == [str(before), str(last)]
    assert [[one["first"] for one in shown["missing"]] for shown in (at_night, by_day)] == [[], [str(last)]]
    assert states(at_night)["qtickets_fetch"] == " " * 60
    put_run(warehouse, attempt("vk_fetch", day=last), "ok", day=last)
    put_run(warehouse, attempt("healthcheck", day=last), "ok", day=last)
    assert states(read({}, night))["vk_fetch"][-1] == "."


@pytest.mark.warehouse
@pytest.mark.parametrize(
    ("good", "of_qtickets", "light"),
    [
        ([range(20)], range(20), "green"),
        # Days without a source that was not set up then are complete.
        ([range(20)], [0, 1, 19], "green"),
        ([range(7), range(8, 20)], range(20), "yellow"),
        # Nothing was expected of a source before its first attempt.
        ([range(7), range(8, 20)], range(5), "yellow"),
        ([range(1, 20)], range(20), "red"),
    ],
)
def test_a_green_light_is_never_above_a_hole(
    warehouse: WarehouseHook, good: list[range], of_qtickets: Iterable[int], light: str
) -> None:
    now = datetime.now(UTC)
    ((due,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    back = lambda number: due - timedelta(days=number)  # noqa: E731
    put_good_days(warehouse, [DayRange(back(days[-1]), back(days[0])) for days in good])
    for number in of_qtickets:
        put_run(warehouse, attempt("qtickets_fetch", day=back(number)), "ok", day=back(number))
    # Before the first good day nothing was promised.
    put_run(warehouse, attempt("vk_fetch", day=back(40)), "ok", day=back(40))
    shown = read({}, now)
    assert shown["whole"]["light"] == light
    holes = {str(back(number)) for number in range(20) if not any(number in days for days in good)}
    cells = [cell for stage in shown["stages"] for cell in stage["cells"]]
    assert {cell["d"] for cell in cells if cell["state"] == "missing"} == holes
    assert {one["first"] for one in shown["missing"]} == holes
    of_its_own = {cell["d"] for cell in cells if (cell["job"], cell["state"]) == ("qtickets_fetch", "missing")}
    assert of_its_own == holes - {str(back(number)) for number in of_qtickets} - {
        str(back(number)) for number in range(max(of_qtickets) + 1, 20)
    }
    filled = [one["fill"] for one in shown["missing"] if one["fill"]]
    assert filled == [f"bin/zakaz backfill --from {back(7)} --to {back(7)} --only-gaps" for _ in good[1:]]
    # Nor above a cell that is red, before anybody was told of it.
    put_run(warehouse, attempt("vk_fetch", day=back(3), try_number=2), "error", day=back(3))
    assert read({}, now)["whole"]["light"] == {"green": "yellow"}.get(light, light)


@pytest.mark.warehouse
def test_the_last_backfill_is_shown_with_its_figures_before_and_after(warehouse: WarehouseHook) -> None:
    assert read({})["backfill"] is None
    fill(warehouse, days=3)
    entry = Backfill(days=DayRange(yesterday(), yesterday()), reason="новые объявления")
    enter(warehouse, entry, list(entry.days))
    shown = read({})["backfill"]
    assert (shown["state"], shown["why"], shown["days_settled"]) == ("running", "новые объявления", 0)
    warehouse.execute(
        "INSERT INTO zakaz.dm_vk_ads_daily (stat_date, city, account_id, campaign_id, spend, _ver) "
        "SELECT {day:Date}, 'Омск', 8, 9, 100.25, 1",
        {"day": yesterday()},
    )
    put_run(warehouse, attempt("healthcheck", day=yesterday(), try_number=2), "ok", day=yesterday())
    settle(warehouse, entry, "missing")
    shown = read({})["backfill"]
    assert (shown["state"], shown["days_ok"], shown["days_changed"]) == ("ok", 1, 1)
    assert round(shown["spend_after"] - shown["spend_before"], 2) == 100.25
    assert [one["day"] for one in shown["changes"]] == [str(yesterday())]
    text = page.status_page({}, LINKS).body
    for sums in ("spend_before", "spend_after"):
        assert f"{shown[sums]:,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",") in text


@pytest.mark.warehouse
def test_the_restatements_of_each_day_are_there(warehouse: WarehouseHook) -> None:
    day, loaded = yesterday() - timedelta(days=9), datetime(2026, 11, 25, 2, 41, tzinfo=UTC)
    columns = ("day", "loaded_at", "source", "field", "before", "after")
    rows = [(day, loaded + timedelta(minutes=number), "vk_ads", "spend", 100, 101 + number) for number in range(21)]
    warehouse.insert("meta.restatements", columns, [*rows, (day - timedelta(days=80), loaded, "vk_ads", "spend", 1, 2)])
    found = read({})["restatements"]
    assert len(found) == 20, "the newest ones"
    newest = {"d": str(day), "at": "25.11 06:01", "source": "vk_ads", "field": "spend", "was": 100, "became": 121}
    assert found[0] == newest


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
    before = yesterday() - timedelta(days=10)
    made = attempt("build_dm_vk", day=before)
    put_run(warehouse, made, "ok", day=before, days_back=6)
    asked = {"dag_run_id": made.dag_run_id, "job": "build_dm_vk"}
    afternoon = datetime.combine(yesterday() + timedelta(days=1), time(15), MOSCOW)
    opens = lambda query: read(query, afternoon)["opens"]  # noqa: E731
    assert opens(asked) == str(before)
    assert opens({**asked, "job": "vk_fetch"}) == str(yesterday())
    assert opens({"day": str(before)}) == str(before)
    assert opens({"day": "2019-11-17"}) == opens({"day": "'; DROP"}) == str(yesterday())


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
    assert len(asked) == 13
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
