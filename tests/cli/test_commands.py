"""bin/zakaz: answers, exit codes, and one clear line for bad input."""

import io
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cli.conftest import Zakaz
from made_rows import build_sales, build_vk, stage_sales, stage_vk
from sandbox import Sandbox
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.settings import state_dir
from zakaz.sources.sales_line import COLUMNS
from zakaz.warehouse.hook import WarehouseHook


def put_marts(warehouse: WarehouseHook, spend: str = "10.50") -> None:
    stage_vk(warehouse, {"stat_date": yesterday(), "spend": Decimal(spend)})
    stage_sales(warehouse, {"report_date": yesterday()})
    build_vk(warehouse, DayRange(yesterday(), yesterday()))
    build_sales(warehouse, DayRange(yesterday(), yesterday()))


def test_healthcheck_is_ok_for_a_good_day(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    put_marts(warehouse)
    assert zakaz("healthcheck") == (0, "OK\n", "")
    assert zakaz("healthcheck", "--date", str(yesterday()))[0] == 0


def test_healthcheck_names_each_problem(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    put_marts(warehouse, spend="-3.20")
    code, out, _ = zakaz("healthcheck")
    assert code == 2
    assert out == (
        f"fail: {yesterday()}: ANOMALY dm_vk_ads_daily.spend: expected no sum below 0, "
        "found 1 rows below 0, the lowest -3.2 rubles\n"
    )
    code, out, _ = zakaz("healthcheck", "--date", str(yesterday() - timedelta(days=1)))
    assert (code, out.count("ZERO_ROWS"), out.count("\n")) == (2, 4, 4)


def test_healthcheck_that_can_not_look_is_neither(zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": 9}
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(nowhere))
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    code, out, err = zakaz("healthcheck")
    assert (code, out) == (1, "")
    assert err.startswith("zakaz: ClickHouse at 127.0.0.1 can't be reached")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["healthcheck", "--date", "yesterday"], "--date 'yesterday' is not a day", id="no day"),
        pytest.param(["healthcheck", "--date", str(date.max)], "9999-12-31 is not over in Moscow", id="the future"),
        pytest.param(["healthcheck", "--day", "2026-11-01"], "No such option", id="unknown option"),
        pytest.param(["heal"], "No such command 'heal'", id="unknown command"),
        pytest.param(["sql", "SELECT 1; DROP TABLE meta.etl_runs"], "exactly one statement", id="two statements"),
        pytest.param(["sql", " "], "exactly one statement", id="no statement"),
        pytest.param(["sql"], "Missing argument 'STATEMENT'", id="missing argument"),
        pytest.param(["load-sales", "nothing.csv"], "FILE 'nothing.csv' can't be read", id="no file"),
        pytest.param(["sandbox", "start", "--port", "99999"], "99999 is not in the range", id="no port"),
    ],
)
def test_bad_input_is_one_line_and_1(zakaz: Zakaz, arguments: list[str], said: str) -> None:
    code, out, err = zakaz(*arguments)
    assert (code, out) == (1, "")
    assert said in err
    assert err.startswith("zakaz")
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_sql_prints_the_bytes_of_a_text_that_is_no_utf_8(
    zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii"))
        code, _, err = zakaz("sql", "SELECT substring('привет', 1, 3) AS word")
        assert printed.getvalue() == b"word\n" + "привет".encode()[:3] + b"\n"
    assert (code, err) == (0, "")


def test_sql_prints_what_the_engine_says(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    assert zakaz("sql", "SELECT 1 AS one, 'Орёл' AS city") == (0, "one\tcity\n1\tОрёл\n", "")
    assert json.loads(zakaz("sql", "SELECT 1 AS one", "--format", "JSONEachRow")[1]) == {"one": 1}
    code, _, err = zakaz("sql", "SELEC 1")
    assert code == 1
    assert "code 62" in err


def test_load_sales_loads_all_or_nothing(
    zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(sandbox.sales_csv(yesterday() - timedelta(days=2), yesterday()), encoding="utf-8")
    code, out, _ = zakaz("load-sales", str(file))
    assert code == 0
    assert "3 sale days replaced" in out
    last, first = yesterday(), yesterday() - timedelta(days=2)
    assert f"bin/zakaz backfill --from {first} --to {last} --stage build_dm_sales\n" in out
    total = warehouse.execute("SELECT count(), sum(revenue) FROM zakaz.stg_qtickets_sales FINAL")
    assert total[0][0] > 10

    with file.open() as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        code, piped_out, err = zakaz("load-sales", "-")
        assert (code, piped_out) == (1, "")
        assert "from sales.csv; the file has " in err
        piped.seek(0)
        _, piped_out, _ = zakaz("load-sales", "-", "--replace")
    assert [line for line in piped_out.splitlines() if "replaced what" not in line] == [
        line.replace(str(file), "-") for line in out.splitlines()
    ]
    assert warehouse.execute("SELECT count(), sum(revenue) FROM zakaz.stg_qtickets_sales FINAL") == total

    bad = tmp_path / "bad.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    cells = lines[3].split(",")
    cells[COLUMNS.index("revenue")] = "12,50".replace(",", ".") + "x"
    bad.write_text("\n".join([*lines[:3], ",".join(cells), *lines[4:]]), encoding="utf-8")
    code, _, err = zakaz("load-sales", str(bad))
    assert code == 1
    assert "line 4, column revenue: '12.50x'" in err
    assert warehouse.execute("SELECT count(), sum(revenue) FROM zakaz.stg_qtickets_sales FINAL") == total


def test_load_sales_replaces_the_days_of_qtickets_only_when_told_to_and_says_for_how_long(
    zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox, tmp_path: Path
) -> None:
    load_qtickets(QTicketsHook().get_conn(), warehouse, DayRange(yesterday(), yesterday()), 21)
    file = tmp_path / os.fsdecode(b"\xef\xf0\xee\xe4.csv")  # a name in cp1251
    file.write_text(
        f"report_date,event_date,event_id,city,tickets_sold,revenue\n{yesterday()},2027-01-01,1,Казань,1,25000\n"
    )
    code, out, err = zakaz("load-sales", str(file))
    assert (code, out) == (1, "")
    assert f"\n{yesterday()}: there are " in err
    assert "the file has 1 tickets for 25000.00 rubles" in err

    code, out, _ = zakaz("load-sales", "--replace", str(file))
    assert code == 0
    assert f"\n{yesterday()}: replaced what this file had not loaded, " in out
    assert f"the last time on {yesterday() + timedelta(days=30)}," in out
    assert "load it with --replace after that morning." in out
    assert warehouse.execute("SELECT sum(revenue) FROM zakaz.stg_qtickets_sales FINAL") == [(25000,)]


def test_load_sales_of_another_seller(zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "kassir.csv"
    file.write_text(
        f"report_date,event_date,event_id,city,tickets_sold,revenue\n{yesterday()},2027-01-01,1,Казань,1,25000\n"
    )
    code, out, _ = zakaz("load-sales", str(file), "--source", " Яндекс Афиша ")
    assert code == 0
    assert "1 sale days of Яндекс Афиша replaced" in out
    assert "read again each morning" not in out, "QTickets' do not replace them"
    assert warehouse.execute("SELECT DISTINCT source FROM zakaz.stg_qtickets_sales") == [("file:Яндекс Афиша",)]
    for name in (" ", "a\nb", "я" * 61):
        code, out, err = zakaz("load-sales", str(file), "--source", name)
        assert (code, out) == (1, "")
        assert "is no name: write 1 to 60 printable characters, e.g. kassir" in err


def test_migrate_says_what_differs(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    assert zakaz("migrate") == (0, "the warehouse is up to date\n", "")
    warehouse.execute("ALTER TABLE zakaz.raw_sales ADD COLUMN note String")
    try:
        code, out, err = zakaz("migrate")
        assert (code, out) == (0, "the warehouse is up to date\n")
        assert err == "left alone: zakaz.raw_sales: column note: expected no such column, found String\n"
        warehouse.execute("ALTER TABLE zakaz.raw_sales MODIFY COLUMN event_name LowCardinality(String)")
        code, out, err = zakaz("migrate")
        assert (code, out) == (2, "")
        assert "drift: zakaz.raw_sales: column event_name: expected String, found LowCardinality(String)\n" in err
    finally:
        warehouse.execute("ALTER TABLE zakaz.raw_sales DROP COLUMN note, MODIFY COLUMN event_name String")


def test_the_sandbox_starts_says_so_and_stops(zakaz: Zakaz) -> None:
    assert zakaz("sandbox", "status")[0] == 1
    code, out, _ = zakaz("sandbox", "start")
    try:
        assert code == 0
        assert "http://127.0.0.1:" in out
        assert zakaz("sandbox", "start")[1] == out, "a second start finds the first"
        code, _, err = zakaz("sandbox", "start", "--seed", "7")
        assert code == 1
        assert "runs at" in err
        assert "stop first" in err
        assert zakaz("sandbox", "status")[0] == 0
    finally:
        assert zakaz("sandbox", "stop") == (0, "sandbox: stopped\n", "")
    assert zakaz("sandbox", "stop") == (0, "sandbox: was not running\n", "")


def test_stopping_the_sandbox_ends_no_other_process(zakaz: Zakaz, sandbox: Sandbox) -> None:
    """The note of a sandbox that is gone may name a process and an address that are somebody else's by now."""
    bystander = subprocess.Popen(["sleep", "60"])
    note = state_dir() / "sandbox" / "state.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"url": sandbox.url, "pid": bystander.pid}))
    try:
        assert zakaz("sandbox", "stop") == (0, "sandbox: was not running\n", "")
        assert bystander.poll() is None
    finally:
        note.unlink()
        bystander.kill()
        bystander.wait()
