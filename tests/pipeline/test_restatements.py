"""What VK says of a day later: kept, told, and an empty day believed only if VK says so twice."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from made_rows import build_vk
from sandbox import Sandbox
from zakaz.alerts.restated import notify_of_restatements
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import MOSCOW, DayRange, last_complete_day
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.attempt import Attempt
from zakaz.registry.restatements import Restatement
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
DAYS = DayRange(DAY - timedelta(days=2), DAY)
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]


def load(warehouse: WarehouseHook, days: DayRange = DAYS) -> LoadResult:
    return load_vk_ads(VkAdsHook().get_conn(), warehouse, days)


def totals(warehouse: WarehouseHook) -> list[Any]:
    return list(warehouse.execute("SELECT day, state, amount FROM meta.source_totals FINAL ORDER BY day"))


def spend(sandbox: Sandbox, day: date = DAY) -> Decimal:
    return sum((Decimal(ad["spent"]) for ad in sandbox.truth(day)), Decimal(0))


def failed(warehouse: WarehouseHook, day: date = DAY) -> set[str]:
    findings = check_days(warehouse, DayRange(day, day), source="vk_ads")
    return {finding.check_name for finding in findings if not finding.passed}


def test_what_changed_is_kept_with_before_and_after(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    assert load(warehouse).restatements == ()
    assert load(warehouse).restatements == ()
    before = spend(sandbox)
    ad = next(ad for ad in sandbox.truth(DAY) if Decimal(ad["spent"]))
    sandbox.patch_ad(ad["id"], spent={DAY: Decimal(ad["spent"]) + Decimal("10.01")})
    (change,) = load(warehouse).restatements
    assert change == Restatement(DAY, "spend", before, before + Decimal("10.01"))
    found = warehouse.execute("SELECT day, source, field, before, after FROM meta.restatements FINAL")
    assert found == [(DAY, "vk_ads", "spend", before, before + Decimal("10.01"))]


def test_a_further_day_of_the_range_is_no_restatement(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    load(warehouse, DayRange(DAY, DAY))
    assert load(warehouse).restatements == ()


def test_figures_on_a_day_that_was_found_empty_are_a_restatement(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "empty")
    load(warehouse)
    sandbox.clear_faults()
    changes = load(warehouse).restatements
    assert {change.before for change in changes} == {Decimal(0)}
    assert {change.day for change in changes} == set(DAYS)


def test_the_drift_proposes_a_window_for_each_source(warehouse: WarehouseHook) -> None:
    half_past_midnight = datetime.combine(DAY, time(0, 30), MOSCOW)
    for source, age, field, before, after in (
        ("vk_ads", 1, "spend", "100", "150"),
        ("vk_ads", 3, "spend", "100", "99"),
        ("vk_ads", 9, "spend", "1000", "1000.50"),
        ("vk_ads", 20, "spend", "7", "7"),
        ("vk_ads", 25, "clicks", "7", "9"),
        ("qtickets", 30, "revenue", "100", "99"),
    ):
        day = DAY - timedelta(days=age)
        row = [day, half_past_midnight, source, field, Decimal(before), Decimal(after)]
        warehouse.insert("meta.restatements", ("day", "loaded_at", "source", "field", "before", "after"), [row])
    found = warehouse.execute(
        "SELECT age_days, days_changed, rubles_changed, proposed_lookback_days FROM meta.v_restatement_drift "
        "ORDER BY age_days"
    )
    assert found == [
        (1, 1, Decimal("50.00"), 3),
        (3, 1, Decimal("-1.00"), 3),
        (9, 1, Decimal("0.50"), 3),
        (20, 1, Decimal("0.00"), 3),
        (25, 1, Decimal("0.00"), 3),
        (30, 1, Decimal("-1.00"), 30),
    ]


@pytest.mark.parametrize("age", [7, 8])
def test_a_change_older_than_the_window_is_told(warehouse: WarehouseHook, sandbox: Sandbox, age: int) -> None:
    day = last_complete_day() - timedelta(days=age - 1)
    attempt = Attempt(
        dag_id="zakaz_etl",
        dag_run_id=f"manual__{uuid4()}",
        run_type="manual",
        job="vk_fetch",
        map_index=-1,
        try_number=1,
        log_url="http://localhost/log",
    )
    change = Restatement(day, "spend", Decimal("100.00"), Decimal("120.50"))
    notify_of_restatements(warehouse, attempt, DayRange(day, day), [change], window_days=7)
    alerts = warehouse.execute("SELECT code, severity, job, delivery FROM meta.etl_alerts FINAL")
    if age <= 7:
        assert (alerts, sandbox.messages()) == ([], [])
        return
    assert alerts == [("RESTATED", "warning", "vk_fetch", "sent")]
    (message,) = sandbox.messages()
    for part in ("Загрузка VK Рекламы", f"{day:%d.%m.%Y}", "spend: 100.00 → 120.50", "окна в 7 дней"):
        assert part in message["plain"], part


def test_the_accounts_own_total_is_kept_and_the_staging_must_match(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    load(warehouse)
    assert totals(warehouse) == [(day, "FIGURES", spend(sandbox, day)) for day in DAYS]
    build_vk(warehouse, DAYS)
    assert failed(warehouse) == set()
    warehouse.execute(
        "INSERT INTO zakaz.stg_vk_ads_daily (stat_date, account_id, campaign_id, campaign_name, ad_id, spend, _ver, "
        "_deleted) SELECT {day:Date}, 700123, 1, 'Тур', 1, 5, 1, 0",
        {"day": DAY},
    )
    assert failed(warehouse) == {"source_totals_vk", "staging_equals_mart_vk"}
    assert failed(warehouse, DAY - timedelta(days=1)) == set()


def test_an_empty_day_that_vk_confirms_is_recorded_and_green(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    assert {"zero_rows_vk"} <= failed(warehouse), "a day that nobody asked about is not empty"
    sandbox.fault("vk_ads", "empty")
    load(warehouse)
    build_vk(warehouse, DAYS)
    assert totals(warehouse) == [(day, "CONFIRMED_ZERO", Decimal(0)) for day in DAYS]
    assert failed(warehouse) == set()


def test_an_empty_day_that_the_account_contradicts_is_suspect(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "empty", path="statistics/banners")
    with pytest.raises(SourceInconsistent, match="SUSPECT_ZERO"):
        load(warehouse)
    assert totals(warehouse) == [(day, "SUSPECT_ZERO", spend(sandbox, day)) for day in DAYS]
    build_vk(warehouse, DAYS)
    assert "zero_rows_vk" in failed(warehouse)
    sandbox.clear_faults()
    assert load(warehouse).restatements == (), "what was never loaded is not restated"
