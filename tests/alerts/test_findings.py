"""Warnings of the checks are told once for each day and check."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from made_rows import DAY, build_sales, build_vk, stage_sales, stage_vk
from made_runs import age_alerts, attempt
from sandbox import Sandbox
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.findings import notify_of_findings
from zakaz.alerts.sweep import sweep
from zakaz.days import DayRange
from zakaz.errors import HealthCheckFailed
from zakaz.pipeline.checks import Finding, healthcheck
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("no_token_kept")]


def finding(check: str = "unusual_spend", day: date = DAY, **given: Any) -> Finding:
    usual = {"code": "ANOMALY", "severity": "warn", "passed": False, "expected": "735 to 1365", "found": "200"}
    return Finding(**{"day": day, "check_name": check, "subject": check, **usual, **given})


def tell(warehouse: WarehouseHook, run_day: date, *findings: Finding) -> None:
    notify_of_findings(warehouse, attempt("healthcheck", run_day), findings)


def deliveries(warehouse: WarehouseHook) -> list[tuple[str, str, str]]:
    return list(warehouse.execute("SELECT severity, code, delivery FROM meta.etl_alerts FINAL ORDER BY ts"))


def test_a_warning_is_told_once_for_its_day_and_check(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    other = finding("freshness_of_rates", code="STALE")
    tell(warehouse, DAY, finding())
    tell(warehouse, DAY + timedelta(days=1), other, finding())
    tell(warehouse, DAY + timedelta(days=2), finding(), other)
    first, second = [message["plain"] for message in sandbox.messages()]
    assert first.startswith("🟡 Проверка данных: на что посмотреть, 20 ноября 2026")
    assert "20.11.2026 unusual_spend (ANOMALY)\nожидалось: 735 to 1365\nполучено: 200" in first
    assert ("freshness_of_rates" in second, "unusual_spend" in second) == (True, False)
    assert deliveries(warehouse) == [("warning", "ANOMALY", "sent"), ("warning", "STALE", "sent")]


def test_the_same_check_of_another_day_is_told_too(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """Within the hour it is counted, as a backfill of many days would bring them; the sum follows."""
    tell(warehouse, DAY, finding())
    tell(warehouse, DAY + timedelta(days=1), finding(day=DAY + timedelta(days=1)))
    assert [delivery for *_, delivery in deliveries(warehouse)] == ["sent", "repeat"]
    age_alerts(warehouse, 15)
    for _ in range(2):
        sweep(warehouse)
    _, summed = sandbox.messages()
    assert summed["plain"].startswith("🟡 Проверка данных: такое же предупреждение ещё 1 раз, 21 ноября 2026")
    assert "2026-11-21: ANOMALY unusual_spend: expected 735 to 1365, found 200" in summed["plain"]


def test_a_warning_silences_no_critical_alert_of_its_code(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """A run without rows on both days of the weekend warns of the first, then ends red with the second."""
    days = [DAY - timedelta(days=back) for back in range(3)]
    for day in days:
        tell(warehouse, day, finding("zero_rows_sales", day - timedelta(days=1), code="ZERO_ROWS"))
        error = HealthCheckFailed("no rows", "ZERO_ROWS")
        raise_alert(warehouse, failure_alert(attempt("healthcheck", day), error, DayRange(day, day)))
    states = [("warning", "ZERO_ROWS"), ("critical", "ZERO_ROWS")]
    assert deliveries(warehouse) == [(*state, told) for told in ("sent", "repeat", "repeat") for state in states]
    age_alerts(warehouse, 15)
    sandbox.fault("telegram", "500", times=1)
    for _ in range(2):
        sweep(warehouse)
    sums = [message["plain"].splitlines()[0] for message in sandbox.messages()[2:]]
    assert sums == [
        "🟡 Проверка данных: такое же предупреждение ещё 2 раза, 17 ноября – 18 ноября 2026",
        "🔴 Проверка данных: та же ошибка ещё 2 раза, 18 ноября – 19 ноября 2026",
    ], "the sum that Telegram did not take at first comes later"


def test_what_passed_or_stops_the_run_is_no_warning(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    tell(warehouse, DAY, finding(passed=True), finding(severity="fail"))
    assert (deliveries(warehouse), sandbox.messages()) == ([], [])


def test_many_are_one_message_that_counts_the_rest(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    many = [finding(day=DAY - timedelta(days=back)) for back in range(12)]
    for run_day in (DAY, DAY + timedelta(days=1)):
        tell(warehouse, run_day, *many)
    (message,) = sandbox.messages()
    assert message["plain"].count("получено: 200") == 10
    assert "… и ещё 2" in message["plain"]


def test_a_day_without_a_source_to_ask_is_told_by_the_runs_after_it_and_stops_none(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Callable[..., None]
) -> None:
    """Sales from files: nobody bought a ticket on DAY."""
    set_settings(LOOKBACK_DAYS=1)
    for later in (1, 2):
        day = DAY + timedelta(days=later)
        stage_vk(warehouse, {"stat_date": day})
        stage_sales(warehouse, *({"report_date": day - timedelta(days=back)} for back in range(30) if back != later))
        days = DayRange(day - timedelta(days=29), day)
        build_vk(warehouse, days)
        build_sales(warehouse, days)
        healthcheck(warehouse, days, attempt("healthcheck", day, "scheduled"), RunFigures())
    (message,) = sandbox.messages()
    for subject in ("dm_sales_daily", "stg_qtickets_sales"):
        assert f"20.11.2026 {subject} (ZERO_ROWS)" in message["plain"]
