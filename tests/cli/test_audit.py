"""bin/zakaz audit: what the sources say now against staging, mart and bi, day by day, without changing anything."""

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cli.conftest import Zakaz
from made_runs import attempt
from sandbox import AGENCY_CLIENTS, Sandbox
from zakaz.days import DayRange
from zakaz.pipeline.runner import run_stage
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
DAYS = DayRange(DAY - timedelta(days=1), DAY)

pytestmark = pytest.mark.usefixtures("no_token_kept")


@pytest.fixture
def loaded(warehouse: WarehouseHook, sandbox: Sandbox) -> WarehouseHook:
    """Two days, loaded by the chain."""
    for stage in STAGES:
        run_stage(stage, DAYS, attempt(stage, run_type="manual"))
    return warehouse


def audit(zakaz: Zakaz, days: DayRange = DAYS) -> tuple[int, list[str]]:
    code, output, error = zakaz("audit", "--from", str(days.first), "--to", str(days.last))
    assert error == ""
    return code, output.splitlines()


def contents(warehouse: WarehouseHook) -> list[Any]:
    tables = warehouse.execute(
        "SELECT database, name FROM system.tables WHERE database IN ('zakaz', 'meta') AND engine LIKE '%MergeTree' "
        "ORDER BY ALL"
    )
    return [
        (table, warehouse.execute(f"SELECT * FROM {'.'.join(table)} ORDER BY ALL SETTINGS final = 1"))
        for table in tables
    ]


def test_equal_days_say_what_they_come_to_and_nothing_changes(
    loaded: WarehouseHook, sandbox: Sandbox, zakaz: Zakaz
) -> None:
    before = contents(loaded)
    code, lines = audit(zakaz)
    assert contents(loaded) == before
    spend = sum(Decimal(ad["spent"]) for day in DAYS for ad in sandbox.truth(day))
    sold = sandbox.sales_truth(DAYS.first, DAYS.last)
    assert code == 0
    assert f"vk_ads, {DAYS.first} to {DAYS.last}: spend {spend} in bi" in lines
    revenue, refunds = (sum(Decimal(row[name]) for row in sold) for name in ("revenue", "refunds_amount"))
    assert f"qtickets, {DAYS.first} to {DAYS.last}: revenue {revenue:.2f} in bi" in lines
    assert f"qtickets, {DAYS.first} to {DAYS.last}: refunds_amount {refunds:.2f} in bi" in lines
    assert len(lines) == 7


BEFORE = DAY - timedelta(days=1)
CHANGED = [
    ("zakaz.stg_vk_ads_daily", "stat_date", DAY, "spend", "staging"),
    ("zakaz.dm_vk_ads_daily", "stat_date", BEFORE, "spend", "mart"),
    ("zakaz.dm_vk_ads_daily", "stat_date", DAY, "clicks", "mart"),
    ("zakaz.dm_vk_ads_daily", "stat_date", DAY, "goals", "mart"),
    ("zakaz.stg_qtickets_sales", "report_date", DAY, "refunds_amount", "staging"),
    ("zakaz.dm_sales_daily", "sale_date", DAY, "tickets_sold", "mart"),
]


def test_a_figure_that_differs_anywhere_is_named(loaded: WarehouseHook, zakaz: Zakaz) -> None:
    for table, day_column, day, figure, _ in CHANGED:
        least = "toDecimal64('0.01', 2)" if figure in ("spend", "refunds_amount") else "1"
        loaded.execute(
            f"INSERT INTO {table} SELECT * REPLACE ({figure} + {least} AS {figure}, _ver + 1 AS _ver) "
            f"FROM {table} FINAL WHERE {day_column} = {{day:Date}} LIMIT 1",
            {"day": day},
        )
    code, lines = audit(zakaz)
    assert code == 2
    told = [line for line in lines if line.startswith("DIFFERS")]
    assert len(told) == len(CHANGED)
    for _, _, day, figure, changed in CHANGED:
        (line,) = [line for line in told if str(day) in line and f" {figure}: " in line]
        amounts = dict(part.split(" ") for part in line.partition(f"{figure}: ")[2].split(", "))
        # bi shows what the mart has.
        others = {name for name in amounts if amounts[name] != amounts[changed]}
        assert others == {"source", "staging", "mart", "bi"} - {changed} - ({"bi"} if changed == "mart" else set())
    assert lines[-1].endswith(f"bin/zakaz backfill --from {DAYS.first} --to {DAYS.last}")


def test_what_changed_at_the_source_since_differs(loaded: WarehouseHook, sandbox: Sandbox, zakaz: Zakaz) -> None:
    ad = next(ad for ad in sandbox.truth(DAY) if Decimal(ad["spent"]))
    sandbox.patch_ad(ad["id"], spent={DAY: Decimal(ad["spent"]) + 100})
    order = sandbox.orders(DAY)[0]
    sandbox.patch_order(order["id"], cancelled=True)
    code, lines = audit(zakaz)
    assert code == 2
    different = {line.split(": ")[1].split(", ")[1] for line in lines if line.startswith("DIFFERS")}
    assert {"spend", "tickets_sold", "revenue"} <= different


def test_a_day_that_was_never_loaded_differs(loaded: WarehouseHook, zakaz: Zakaz) -> None:
    code, lines = audit(zakaz, DayRange(DAY, DAY + timedelta(days=1)))
    assert code == 2
    assert any(line.startswith(f"DIFFERS: {DAY + timedelta(days=1)} vk_ads") and "staging 0," in line for line in lines)


def test_what_can_not_be_asked_is_no_agreement(
    loaded: WarehouseHook, zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.execute(
        "INSERT INTO zakaz.stg_vk_ads_daily SELECT * REPLACE (7 AS account_id) FROM zakaz.stg_vk_ads_daily LIMIT 1"
    )
    loaded.execute(
        "INSERT INTO zakaz.dm_vk_ads_daily SELECT * REPLACE (7 AS account_id) FROM zakaz.dm_vk_ads_daily LIMIT 1"
    )
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    code, lines = audit(zakaz)
    assert code in (1, 2)
    asked = [line for line in lines if line.startswith("NOT ASKED")]
    assert [line.split(": ")[1:3] for line in asked] == [
        ["qtickets", "there is no connection qtickets_default"],
        ["vk_ads", asked[1].split(": ")[2]],
    ]
    assert "account 7" in asked[1]
    old = DayRange(first_reachable_day() - timedelta(days=3), first_reachable_day() - timedelta(days=2))
    assert audit(zakaz, old)[0] == 1


@pytest.mark.parametrize(
    ("source", "path", "other"), [("vk_ads", "statistics/users", "qtickets"), ("qtickets", "orders", "vk_ads")]
)
def test_a_source_that_is_down_is_named_and_the_other_is_compared(
    loaded: WarehouseHook, sandbox: Sandbox, zakaz: Zakaz, source: str, path: str, other: str
) -> None:
    sandbox.fault(source, "404", path=path)
    code, lines = audit(zakaz)
    assert code == 1
    assert [line.split(": ")[1] for line in lines if line.startswith("NOT ASKED")][:1] == [source]
    assert "HTTP 404" in next(line for line in lines if line.startswith("NOT ASKED"))
    assert sum(line.startswith(f"{other}, {DAYS.first}") for line in lines) == (3 if other == "qtickets" else 4)


def test_an_account_that_can_not_be_asked_is_named_and_the_others_are_compared(
    warehouse: WarehouseHook, sandbox: Sandbox, zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"])
    accounts = {**connection, "extra": {"accounts": list(AGENCY_CLIENTS)}}
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(accounts))
    for stage in STAGES:
        run_stage(stage, DAYS, attempt(stage, run_type="manual"))
    assert audit(zakaz)[0] == 0
    for name in AGENCY_CLIENTS:
        sandbox.clear_faults()
        sandbox.fault("vk_ads", "invalid_user", account=name, path="user.json")
        code, lines = audit(zakaz)
        assert code == 1
        asked = [line for line in lines if line.startswith("NOT ASKED")]
        assert asked[0].startswith(f"NOT ASKED: vk_ads account {name}: VK Ads: GET ")
        assert f"account {AGENCY_CLIENTS[name]} has rows" in asked[1]
    *_, other, _ = AGENCY_CLIENTS.values()
    warehouse.execute(
        "INSERT INTO zakaz.dm_vk_ads_daily SELECT * REPLACE (goals + 1 AS goals, _ver + 1 AS _ver) "
        "FROM zakaz.dm_vk_ads_daily FINAL WHERE account_id = {id:UInt64} LIMIT 1",
        {"id": other},
    )
    code, lines = audit(zakaz)
    assert code == 2
    assert any(f"vk_ads account {other}, goals" in line for line in lines)
