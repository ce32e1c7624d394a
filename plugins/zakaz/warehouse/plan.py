"""The plan of each month: include/plan.csv, and `zakaz.month_plan`, which is what the file says."""

import re
from datetime import date
from decimal import Decimal

from zakaz.settings import INCLUDE_DIR
from zakaz.warehouse.csv_lines import read_lines
from zakaz.warehouse.hook import WarehouseHook

PLAN = INCLUDE_DIR / "plan.csv"
COLUMNS = ("month", "account_id", "city", "budget", "revenue_plan")
EXPECTED = (
    "a month, an account, a city, its budget and its revenue in rubles, once for each month, account and city: "
    "2026-12,700001,Казань,150000,900000.50"
)
Line = tuple[date, int, str, Decimal, Decimal]


def read_plan() -> list[Line]:
    """The lines of the file.

    :raises InvalidInput: a line is none, or the second of one month, account and city.
    """
    known = set[tuple[date, int, str]]()

    def read(month: str, account_id: str, city: str, budget: str, revenue_plan: str) -> Line:
        shapes = {"20[0-9]{2}-[0-9]{2}": month, "[1-9][0-9]{0,18}": account_id, r"\S(.*\S)?": city}
        money = dict.fromkeys((budget, revenue_plan), r"[0-9]{1,12}(\.[0-9]{1,2})?")
        matched = map(re.fullmatch, [*shapes, *money.values()], [*shapes.values(), *money])
        if not (all(matched) and city.isprintable()):
            raise ValueError
        key = date.fromisoformat(f"{month}-01"), int(account_id), city
        if key in known:
            raise ValueError
        known.add(key)
        return *key, Decimal(budget), Decimal(revenue_plan)

    return read_lines(PLAN, COLUMNS, read, EXPECTED)


def write_plan(warehouse: WarehouseHook, lines: list[Line]) -> None:
    """Make the table what the file says."""
    standing = set(
        warehouse.execute("SELECT month, account_id, city, budget, revenue_plan FROM zakaz.month_plan FINAL")
    )
    kept = {line[:3] for line in lines}
    rows = [(*line, 0) for line in lines if line not in standing]
    rows += [(*line, 1) for line in standing if line[:3] not in kept]
    warehouse.insert("zakaz.month_plan", [*COLUMNS, "_deleted"], rows)
