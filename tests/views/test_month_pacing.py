"""Plan, fact and forecast of each month: what the view shows of random rows, computed once more in plain Python."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from made_rows import build_sales, build_vk, stage_sales, stage_vk
from zakaz.days import DayRange
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, SourceTotal, record_totals
from zakaz.warehouse import plan as of_plan
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
CITIES = {"kazan": "Казань", "tula": "Тула", "perm": "Пермь", "": "unknown"}
PLAN = """
2026-09,1,Казань,100000,500000
2026-11,1,Казань,150000.55,900000.07
2026-11,2,Казань,70000,0
2026-11,2,Омск,1000,33000
2026-12,1,Тула,31000,1
2026-12,3,Казань,10,0
2027-01,1,Тула,31000,310000
"""
COLUMNS = (
    *("budget", "spend", "spend_expected", "spend_forecast"),
    *("revenue_plan", "revenue", "revenue_expected", "revenue_forecast"),
    *("days_loaded", "days_passed", "days_in_month"),
)
Key = tuple[date, int, str]
Row = tuple[date, int, str, Decimal, Decimal]


def write(warehouse: WarehouseHook) -> None:
    """The part of migrate that a plan needs."""
    of_plan.write_plan(warehouse, of_plan.read_plan())


@pytest.fixture
def planned(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Puts a plan into the warehouse."""

    def put(lines: str, by: Callable[[WarehouseHook], object] = write) -> None:
        plan = tmp_path / "plan.csv"
        plan.write_text(f"month,account_id,city,budget,revenue_plan\n{lines.lstrip()}", encoding="utf-8")
        with monkeypatch.context() as patched:
            patched.setattr(of_plan, "PLAN", plan)
            by(warehouse)

    return put


def shown(warehouse: WarehouseHook) -> dict[Key, dict[str, Any]]:
    found = warehouse.execute(f"SELECT month, account_id, city, {', '.join(COLUMNS)} FROM bi.v_month_pacing")
    rows = {row[:3]: dict(zip(COLUMNS, row[3:], strict=True)) for row in found}
    assert len(rows) == len(found), "a month, account and city is one row"
    return rows


class Expected:
    """The view over rows of (day, account, city, spend, revenue); sales have account 0."""

    def __init__(self, rows: list[Row], zeros: set[tuple[int, date]], plan: str):
        self.rows = rows
        self.loaded = {(account_id, day) for day, account_id, *_ in rows} | zeros
        self.plan = [line.split(",") for line in plan.split()]
        self.newest = {side: max(day for id_, day in self.loaded if (id_ == 0) is side) for side in (False, True)}

    def view(self) -> dict[Key, dict[str, Any]]:
        keys = {(day.replace(day=1), account_id, city) for day, account_id, city, *_ in self.rows}
        for month, account_id, city, *_ in self.plan:
            keys |= {(date.fromisoformat(f"{month}-01"), id_, city) for id_ in (int(account_id), 0)}
        for day, account_id, city, *_ in self.rows:
            newest = self.newest[account_id == 0]
            for month in self.months_ahead(newest):
                weekdays = {one.isoweekday() for one in days_of(month) if one > newest}
                if day > newest - timedelta(days=28) and day.isoweekday() in weekdays:
                    keys.add((month, account_id, city))
        return {key: self.row(*key) for key in keys}

    def months_ahead(self, newest: date) -> set[date]:
        planned = {date.fromisoformat(f"{month}-01") for month, *_ in self.plan}
        return {(newest + timedelta(days=1)).replace(day=1)} | {month for month in planned if month > newest}

    def row(self, month: date, account_id: int, city: str) -> dict[str, Any]:
        newest, days = self.newest[account_id == 0], days_of(month)
        lines = [line for line in self.plan if line[0] == f"{month:%Y-%m}" and line[2] == city]
        planned = (
            sum(Fraction(line[3]) for line in lines if int(line[1]) == account_id),
            sum(Fraction(line[4]) for line in lines if account_id == 0),
        )
        own = [row for row in self.rows if row[1:3] == (account_id, city)]
        passed = sum(day <= newest for day in days)
        told: dict[str, Any] = {
            "days_loaded": sum((account_id, day) in self.loaded for day in days),
            "days_passed": passed,
            "days_in_month": len(days),
        }
        for place, (name, plan, expected, forecast) in enumerate(
            [
                ("spend", "budget", "spend_expected", "spend_forecast"),
                ("revenue", "revenue_plan", "revenue_expected", "revenue_forecast"),
            ]
        ):
            to_date = sum(Fraction(row[3 + place]) for row in own if row[0] in days)
            told[plan], told[name] = planned[place], to_date
            told[expected] = planned[place] * passed / len(days)
            left = [day for day in days if day > newest] if month in self.months_ahead(newest) else []
            told[forecast] = to_date + sum(self.usual(own, account_id, day.isoweekday(), 3 + place) for day in left)
        return told

    def usual(self, own: list[Any], account_id: int, weekday: int, place: int) -> Fraction:
        newest = self.newest[account_id == 0]
        window = [newest - timedelta(days=number) for number in range(28)]
        known = [day for day in window if day.isoweekday() == weekday and (account_id, day) in self.loaded]
        total = sum(Fraction(row[place]) for row in own if row[0] in known)
        return total / len(known) if known else Fraction(0)


def days_of(month: date) -> list[date]:
    return [month.replace(day=number) for number in range(1, monthrange(month.year, month.month)[1] + 1)]


def made(seed: int, days: list[date]) -> list[Row]:
    """Random sums with holes: one of an account, one of all ads, and sales that end before the ads do."""
    chance = Random(seed)
    holes = {(2, days[-5]), *((account_id, days[-9]) for account_id in (1, 2)), *((0, day) for day in days[-3:])}
    cells = [
        (day, account_id, city)
        for day in days
        for account_id in (0, 1, 1, 2, 2)
        for city in CITIES.values()
        if chance.random() < 0.5 and (account_id, day) not in holes and (account_id, city) != (1, "Пермь")
    ]
    sums = [Decimal(chance.randrange(9999999)) / 100 for _ in cells]
    return [
        (*cell, Decimal(0) if cell[1] == 0 else amount, amount if cell[1] == 0 else Decimal(0))
        for cell, amount in zip(cells, sums, strict=True)
    ]


def stage(warehouse: WarehouseHook, rows: list[Row], days: DayRange) -> None:
    """Stage rows, each as an ad or an event of its own, and build the marts."""
    slugs = {city: slug for slug, city in CITIES.items()}
    numbered = [*enumerate(rows)]
    stage_vk(
        warehouse,
        *(
            {"stat_date": day, "account_id": id_, "ad_id": number, "utm_content": slugs[city], "spend": spend}
            for number, (day, id_, city, spend, _) in numbered
            if id_
        ),
    )
    stage_sales(
        warehouse,
        *(
            {"report_date": day, "event_id": number, "city": city, "revenue": revenue, "refunds_amount": Decimal(7)}
            for number, (day, id_, city, _, revenue) in numbered
            if not id_
        ),
    )
    for build in (build_vk, build_sales):
        build(warehouse, days)


@pytest.mark.parametrize(("seed", "last"), [(1, date(2026, 11, 20)), (2, date(2026, 11, 30)), (3, date(2026, 12, 1))])
def test_the_view_is_what_python_counts(
    warehouse: WarehouseHook, planned: Callable[..., None], seed: int, last: date
) -> None:
    days = list(DayRange(date(2026, 9, 3), last))
    rows = made(seed, days)
    assert len(rows) > 400
    stage(warehouse, rows, DayRange(days[0], last))
    zeros = {(2, days[-5]), (0, days[-2])}
    nothing = {"state": CONFIRMED_ZERO, "impressions": 0, "clicks": 0, "amount": Decimal(0)}
    told = {"fetch_id": uuid4(), "fetched_at": datetime.now(UTC)}
    record_totals(
        warehouse,
        [
            SourceTotal(day=day, source="vk_ads" if id_ else "qtickets", account_id=id_, **nothing, **told)
            for id_, day in zeros
        ],
    )
    planned(PLAN)

    found, expected = shown(warehouse), Expected(rows, zeros, PLAN).view()
    assert found.keys() == expected.keys()
    exact = [name for name in COLUMNS if not name.endswith(("_expected", "_forecast"))]
    assert {key: [row[name] for name in exact] for key, row in found.items()} == {
        key: [row[name] for name in exact] for key, row in expected.items()
    }
    for key, row in expected.items():
        for name in {*COLUMNS} - {*exact}:
            assert abs(Fraction(found[key][name]) - row[name]) < Fraction(1, 200), (key, name)
    for name, mart, day in (("spend", "dm_vk_ads_daily", "stat_date"), ("revenue", "dm_sales_daily", "sale_date")):
        sums = dict(
            warehouse.execute(f"SELECT toStartOfMonth({day}) AS m, sum({name}) FROM zakaz.{mart} FINAL GROUP BY m")
        )
        for month in sums:
            assert sum(row[name] for key, row in found.items() if key[0] == month) == sums[month]


def test_a_plan_without_figures_stands_and_goes_with_its_line(
    warehouse: WarehouseHook, planned: Callable[..., None]
) -> None:
    planned("2026-12,7,Казань,150000,900000.50\n2026-12,8,Казань,1,0.50")
    found = shown(warehouse)
    assert {key[1]: (row["budget"], row["revenue_plan"]) for key, row in found.items()} == {
        7: (150000, 0),
        8: (1, 0),
        0: (0, 900001),
    }
    assert {row["spend_forecast"] for row in found.values()} == {0}
    assert {(row["days_loaded"], row["days_passed"], row["days_in_month"]) for row in found.values()} == {(0, 0, 31)}
    planned("2026-12,8,Казань,1,0.50")
    assert {account_id for _, account_id, _ in shown(warehouse)} == {8, 0}
    planned("")
    assert shown(warehouse) == {}


@pytest.mark.own_statements
def test_a_second_time_nothing_is_written(warehouse: WarehouseHook, planned: Callable[..., None]) -> None:
    for way in (migrate, write):
        planned("2026-12,7,Казань,150000,900000.50", way)
    planned("2026-12,7,Казань,150000.50,900000.50")
    assert warehouse.execute("SELECT count() FROM zakaz.month_plan") == [(2,)]
    assert warehouse.execute("SELECT budget FROM zakaz.month_plan FINAL") == [(Decimal("150000.50"),)]


def test_no_plan_is_shipped() -> None:
    assert of_plan.read_plan() == []
