"""Sales into the staging: a day of an export replaces that day, and no other."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from zakaz.pipeline.sales import load_sales
from zakaz.sources.sales_file import COLUMNS, SalesLine, read_sales
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse


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
    assert len(expected) > 40


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
