"""The checks: each can pass and can fail, and what was found is kept."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from zakaz.errors import HealthCheckFailed
from zakaz.health.checks import check_day, require_healthy
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files

DAY = date(2026, 11, 20)
CHECKS = {file.stem for file in files("checks")}

pytestmark = pytest.mark.warehouse


def put(warehouse: WarehouseHook, *, spend: str = "10.50", revenue: str = "100.00", refunds: str = "0") -> None:
    warehouse.execute(
        "INSERT INTO zakaz.dm_vk_ads_daily (stat_date, city, campaign_id, spend, _ver, _deleted) "
        "SELECT {day:Date}, 'Москва', 1, {spend:Decimal(18, 2)}, 1, 0",
        {"day": DAY, "spend": spend},
    )
    warehouse.execute(
        "INSERT INTO zakaz.dm_sales_daily "
        "(sale_date, event_date, city, event_id, revenue, refunds_amount, net_revenue, _ver, _deleted) "
        "SELECT {day:Date}, {day:Date}, 'Москва', 1, {revenue:Decimal(18, 2)} AS r, {refunds:Decimal(18, 2)} AS b, "
        "r - b, 1, 0",
        {"day": DAY, "revenue": revenue, "refunds": refunds},
    )


def failed(warehouse: WarehouseHook) -> set[str]:
    return {finding.check_name for finding in check_day(warehouse, DAY) if not finding.passed}


def test_a_good_day_passes_every_check(warehouse: WarehouseHook) -> None:
    put(warehouse)
    findings = check_day(warehouse, DAY)
    assert {finding.check_name for finding in findings} == CHECKS
    require_healthy(findings)


def test_an_empty_day_fails_by_its_rows_alone(warehouse: WarehouseHook) -> None:
    assert failed(warehouse) == {"zero_rows_vk", "zero_rows_sales"}


def test_a_tombstone_is_no_row(warehouse: WarehouseHook) -> None:
    put(warehouse)
    warehouse.execute(
        "INSERT INTO zakaz.dm_vk_ads_daily (stat_date, city, campaign_id, _ver, _deleted) "
        "SELECT {day:Date}, 'Москва', 1, 2, 1",
        {"day": DAY},
    )
    assert failed(warehouse) == {"zero_rows_vk"}


@pytest.mark.parametrize(
    ("figures", "check"),
    [
        pytest.param({"spend": "-0.01"}, "negative_spend", id="spend"),
        pytest.param({"revenue": "-5"}, "negative_revenue", id="revenue"),
        pytest.param({"refunds": "-5"}, "negative_revenue", id="refunds"),
    ],
)
def test_negative_money_is_found(warehouse: WarehouseHook, figures: dict[str, str], check: str) -> None:
    put(warehouse, **figures)
    assert failed(warehouse) == {check}


def test_more_refunds_than_sales_are_a_bad_day_and_no_error(warehouse: WarehouseHook) -> None:
    put(warehouse, revenue="100", refunds="250.50")
    assert failed(warehouse) == set()


def test_what_was_found_is_kept_and_the_last_look_wins(warehouse: WarehouseHook) -> None:
    def kept() -> list[tuple[Any, ...]]:
        return warehouse.execute(
            "SELECT check_name, code, severity, expected, found, passed, run_id FROM meta.quality_results FINAL "
            "WHERE day = {day:Date} AND check_name = 'zero_rows_vk'",
            {"day": DAY},
        )

    first, second = uuid4(), uuid4()
    check_day(warehouse, DAY, first)
    assert kept() == [("zero_rows_vk", "ZERO_ROWS", "fail", "at least 1 row", "0 rows", 0, first)]
    put(warehouse)
    check_day(warehouse, DAY, second)
    assert kept() == [("zero_rows_vk", "ZERO_ROWS", "fail", "at least 1 row", "1 rows", 1, second)]


def test_a_failed_check_stops_the_run_and_names_day_expected_and_found(warehouse: WarehouseHook) -> None:
    put(warehouse, spend="-3.20")
    with pytest.raises(HealthCheckFailed) as raised:
        require_healthy(check_day(warehouse, DAY))
    assert raised.value.alert_code == "ANOMALY"
    assert str(raised.value).startswith("2026-11-20: ANOMALY dm_vk_ads_daily.spend: expected no sum below 0, found 1 ")


def test_every_failed_check_is_named_and_a_warning_stops_nothing(warehouse: WarehouseHook) -> None:
    findings = check_day(warehouse, DAY)
    with pytest.raises(HealthCheckFailed, match=r"dm_sales_daily: .*; 2026-11-20: ZERO_ROWS dm_vk_ads_daily: "):
        require_healthy(findings)
    require_healthy([replace(finding, severity="warn") for finding in findings])
