"""Sales into the staging: a day of an export replaces that day, and no other, and none of QTickets' unasked."""

import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY, stage_sales
from made_runs import attempt
from sandbox import Sandbox
from sandbox.sales import COLUMNS
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import InvalidInput, WarehouseUnavailable
from zakaz.pipeline.fetch import qtickets_fetch
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.sales import last_read_again, load_sales
from zakaz.registry.runs import RunFigures
from zakaz.sources.sales_file import read_sales
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import new_version

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
DAY_MICROSECONDS = 86_400_000_000


def line(day: str = "2026-11-20", revenue: str = "10.10", **given: Any) -> SalesLine:
    return SalesLine(
        report_date=day,
        **{"event_date": "2026-12-24", "event_id": 1, "city": "Казань", "tickets_sold": 1, "revenue": revenue, **given},
    )


def staged(warehouse: WarehouseHook, columns: str = ", ".join(COLUMNS)) -> list[Any]:
    found = warehouse.execute(f"SELECT {columns} FROM zakaz.stg_qtickets_sales FINAL")
    return sorted(found)


def sums(warehouse: WarehouseHook) -> list[Any]:
    return staged(warehouse, "toString(report_date) AS d, event_id, tickets_sold, revenue")


def test_the_staging_is_the_export_and_a_second_load_changes_nothing(
    warehouse: WarehouseHook, sandbox: Sandbox, tmp_path: Path
) -> None:
    export = tmp_path / "sales.csv"
    export.write_text(sandbox.sales_csv(date(2026, 10, 30), date(2026, 11, 2)), encoding="utf-8")
    lines = read_sales(export)
    expected = sorted(tuple(getattr(one, name) for name in COLUMNS) for one in lines)
    for _ in range(2):
        assert load_sales(warehouse, lines)[:2] == (len(lines), len(lines))
        assert staged(warehouse) == expected
    assert len(expected) > 20


def test_a_day_is_replaced_as_a_whole_and_the_others_stay(warehouse: WarehouseHook) -> None:
    load_sales(warehouse, [line(), line(event_id=2), line("2026-11-19"), line("2026-11-21"), line("2025-01-01")])
    # The days of the second load lie around a day that it does not name.
    loaded = load_sales(warehouse, [line(revenue="99.99", tickets_sold=5), line(event_id=3), line("2026-11-18")])
    assert loaded[:2] == (3, 3)
    assert sums(warehouse) == [
        ("2025-01-01", 1, 1, Decimal("10.10")),
        ("2026-11-18", 1, 1, Decimal("10.10")),
        ("2026-11-19", 1, 1, Decimal("10.10")),
        ("2026-11-20", 1, 5, Decimal("99.99")),
        ("2026-11-20", 3, 1, Decimal("10.10")),
        ("2026-11-21", 1, 1, Decimal("10.10")),
    ]


def test_a_corrected_line_does_not_stand_beside_the_wrong_one(warehouse: WarehouseHook) -> None:
    load_sales(warehouse, [line(), line(event_id=2, city="Казан")])
    load_sales(warehouse, [line(event_name="Ревизор"), line(event_id=2, city="Казань", utm_source="vk_ads")])
    assert staged(warehouse, "event_id, event_name, city, utm_source") == [
        (1, "Ревизор", "Казань", ""),
        (2, "", "Казань", "vk_ads"),
    ]


def test_many_years_in_one_file(warehouse: WarehouseHook) -> None:
    days = [f"{year}-{month:02d}-01" for year in range(2015, 2025) for month in range(1, 13)]
    assert load_sales(warehouse, [line(day) for day in days])[:2] == (120, 120)
    assert [found[0] for found in sums(warehouse)] == days


def test_the_lines_are_kept_as_they_came(warehouse: WarehouseHook) -> None:
    for revenue in ("1.00", "2.00"):
        load_sales(warehouse, [line(revenue=revenue, city=" Ёлка '\\ "), line(event_id=2)])
    raw = warehouse.execute("SELECT line_no, city, revenue FROM zakaz.raw_sales FINAL ORDER BY loaded_at, line_no")
    assert raw == [
        (1, "Ёлка '\\", Decimal("1.00")),
        (2, "Казань", Decimal("10.10")),
        (1, "Ёлка '\\", Decimal("2.00")),
        (2, "Казань", Decimal("10.10")),
    ]


def fetch(warehouse: WarehouseHook) -> None:
    load_qtickets(QTicketsHook().get_conn(), warehouse, ONE_DAY, 21)


def landed(warehouse: WarehouseHook) -> int:
    return int(warehouse.execute("SELECT count() FROM zakaz.raw_sales")[0][0])


def test_a_file_replaces_no_day_of_qtickets_unasked(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    fetch(warehouse)
    before = staged(warehouse)
    tickets, revenue, refunds = (sum(row[COLUMNS.index(name)] for row in before) for name in COLUMNS[8:11])
    file = [line(), line("2026-11-19")]
    with pytest.raises(InvalidInput) as refused:
        load_sales(warehouse, file)
    head, told, remedy = str(refused.value).splitlines()
    assert head.startswith("nothing was loaded: ")
    assert told == (
        f"2026-11-20: there are {tickets} tickets for {revenue:.2f} rubles, {refunds:.2f} given back, from QTickets; "
        "the file has 1 tickets for 10.10 rubles, 0.00 given back"
    )
    assert "--source NAME" in remedy
    assert "add --replace" in remedy
    assert (staged(warehouse), landed(warehouse)) == (before, 0)

    loaded = load_sales(warehouse, file, replace=True)
    assert loaded.replaced == {DAY: (tickets, revenue, refunds)}
    # The days are the file's now, and the next file may replace them; until QTickets has replaced them again.
    assert load_sales(warehouse, [line(event_id=7)]).replaced == {}
    assert sums(warehouse) == [("2026-11-19", 1, 1, Decimal("10.10")), ("2026-11-20", 7, 1, Decimal("10.10"))]
    fetch(warehouse)
    with pytest.raises(InvalidInput, match="2026-11-20: there are"):
        load_sales(warehouse, file)
    assert load_sales(warehouse, [line("2026-11-19")])[:2] == (1, 1)


def test_a_file_replaces_no_day_of_another_file_unasked(warehouse: WarehouseHook) -> None:
    load_sales(warehouse, [line()], file_name="kassir.csv")
    other = [line(event_id=2)]
    with pytest.raises(InvalidInput, match=r"2026-11-20: there are 1 tickets .*, from kassir.csv; the file has 1 tick"):
        load_sales(warehouse, other, file_name="mts.csv")
    assert [row[1] for row in sums(warehouse)] == [1]
    load_sales(warehouse, [line(event_id=3)], file_name="kassir.csv")
    load_sales(warehouse, other, file_name="mts.csv", replace=True)
    assert load_sales(warehouse, other, file_name="mts.csv").replaced == {}
    assert [row[1] for row in sums(warehouse)] == [2]


@pytest.mark.parametrize("after_a_file", [False, True])
def test_rows_of_a_fetch_that_was_killed_before_its_end_are_those_of_qtickets(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, after_a_file: bool
) -> None:
    if after_a_file:
        fetch(warehouse)
        load_sales(warehouse, [line()], replace=True)
    with monkeypatch.context() as patch:
        patch.setattr("zakaz.pipeline.qtickets.record_totals", lambda *_: sys.exit("killed"))
        with pytest.raises(SystemExit):
            fetch(warehouse)
    with pytest.raises(InvalidInput, match="2026-11-20: there are"):
        load_sales(warehouse, [line()])


def test_the_days_of_a_file_whose_lines_are_no_longer_kept_stay_its_own(
    warehouse: WarehouseHook, set_settings: Callable[..., None]
) -> None:
    load_sales(warehouse, [line()])
    for table in ("raw_sales", "stg_qtickets_sales"):
        warehouse.execute(f"TRUNCATE TABLE zakaz.{table}")
    set_settings(RAW_DAYS=30)
    stage_sales(warehouse, {"_ver": new_version() - 29 * DAY_MICROSECONDS})
    with pytest.raises(InvalidInput, match="2026-11-20: there are"):
        load_sales(warehouse, [line()])
    warehouse.execute("TRUNCATE TABLE zakaz.stg_qtickets_sales")
    stage_sales(warehouse, {"_ver": new_version() - 31 * DAY_MICROSECONDS})
    assert load_sales(warehouse, [line()]).replaced == {}


def test_a_fetch_that_replaces_the_days_of_a_file_tells_of_it_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    fetch(warehouse)
    load_sales(warehouse, [line(revenue="25000")], replace=True)
    for _ in range(2):
        qtickets_fetch(warehouse, ONE_DAY, attempt("qtickets_fetch"), RunFigures())
    assert warehouse.execute("SELECT code, severity, delivery FROM meta.etl_alerts FINAL") == [
        ("RESTATED", "warning", "sent")
    ]
    (message,) = sandbox.messages()
    ((revenue,),) = warehouse.execute("SELECT sum(revenue) FROM zakaz.stg_qtickets_sales FINAL")
    for part in (
        "продажи из файла заменены, 20 ноября 2026",
        f"20.11.2026 revenue: 25000.00 → {revenue:.2f}",
        "20.11.2026 tickets_sold: 1 → ",
        "--replace",
    ):
        assert part in message["plain"]
    assert "старше окна в 30 дней" in message["plain"]


def test_the_morning_after_which_a_file_stays(
    sandbox: Sandbox, set_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_settings(SALES_LOOKBACK_DAYS=30)
    last = last_complete_day()
    assert last_read_again(DayRange(last, last)) == last + timedelta(days=30)
    assert last_read_again(DayRange(last - timedelta(days=99), last - timedelta(days=29))) == last + timedelta(days=1)
    assert last_read_again(DayRange(last - timedelta(days=99), last - timedelta(days=30))) is None
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    assert last_read_again(DayRange(last, last)) is None


def lose_a_line(rows: list[Any]) -> list[Any]:
    return rows[:-1]


def change_a_sum(rows: list[Any]) -> list[Any]:
    revenue = 3 + COLUMNS.index("revenue")
    return [(*rows[0][:revenue], rows[0][revenue] + 1, *rows[0][revenue + 1 :]), *rows[1:]]


@pytest.mark.parametrize(
    ("harm", "found"),
    [(lose_a_line, "1 lines, 1 tickets for 10.10 rubles"), (change_a_sum, "2 tickets for 21.20 rubles")],
)
def test_what_can_not_be_read_back_as_it_was_sent_is_not_loaded(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch, harm: Callable[..., Any], found: str
) -> None:
    load_sales(warehouse, [line(event_id=5)])
    before, insert = staged(warehouse), WarehouseHook.insert
    with monkeypatch.context() as patch:
        patch.setattr(WarehouseHook, "insert", lambda hook, table, names, rows: insert(hook, table, names, harm(rows)))
        with pytest.raises(WarehouseUnavailable) as error:
            load_sales(warehouse, [line(), line(event_id=2)])
    assert "2 lines, 2 tickets for 20.20 rubles, 0.00 given back, were sent" in str(error.value)
    assert found in str(error.value)
    assert staged(warehouse) == before


def test_a_build_that_wrote_nothing_is_no_success(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zakaz.pipeline.sales.rebuild", lambda *_, **__: 0)
    with pytest.raises(
        WarehouseUnavailable, match=r"2026-11-20: the file has 1 tickets .*, and after the load there are none"
    ):
        load_sales(warehouse, [line()])
