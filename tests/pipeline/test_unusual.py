"""A day against the same weekday of the weeks before."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from made_rows import DAY, ONE_DAY, build_sales, build_vk, stage_sales, stage_vk
from zakaz.days import DayRange
from zakaz.pipeline.check_files import checks_of
from zakaz.pipeline.checks import Finding, run_file
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, SourceTotal, record_totals
from zakaz.stages import SOURCES
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import SQL_DIR
from zakaz.warehouse.thresholds import thresholds

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
# Median 1050, median deviation 30; four of them, scaled, are 178, and 30 % of the median are 315.
USUAL = (1000, 1020, 1040, 1050, 1050, 1080, 1100, 1120)


def put(warehouse: WarehouseHook, figures: dict[int, int]) -> None:
    """Put each figure so many days back, as spend, clicks and revenue alike."""
    days = {back: DAY - timedelta(days=back) for back in figures}
    stage_vk(warehouse, *({"stat_date": days[back], "spend": Decimal(n), "clicks": n} for back, n in figures.items()))
    stage_sales(warehouse, *({"report_date": days[back], "revenue": Decimal(n)} for back, n in figures.items()))
    window = DayRange(min(days.values()), DAY)
    build_vk(warehouse, window)
    build_sales(warehouse, window)


def weeks(*figures: int) -> dict[int, int]:
    """One figure for each week before the day."""
    return {7 * week: figure for week, figure in enumerate(figures, start=1)}


def unusual(warehouse: WarehouseHook) -> dict[str, Finding]:
    file = SQL_DIR / "checks" / "unusual.sql"
    found = [
        finding
        for source in SOURCES
        for finding in run_file(warehouse, file, checks_of(source)[file], ONE_DAY, {**thresholds(), "source": source})
    ]
    return {finding.check_name: finding for finding in found}


def is_quiet(warehouse: WarehouseHook) -> bool:
    """Whether all three pass; they never differ here."""
    (passed,) = {finding.passed for finding in unusual(warehouse).values()}
    return passed


def test_what_lies_outside_the_usual_range_is_told(warehouse: WarehouseHook) -> None:
    put(warehouse, weeks(*USUAL))
    assert is_quiet(warehouse), "a day without rows is told by another check"
    for figure, quiet in ((1050, True), (735, True), (734, False), (1365, True), (1366, False)):
        put(warehouse, {0: figure})
        assert is_quiet(warehouse) is quiet, figure


def test_a_day_that_the_source_confirms_to_be_empty_is_unusual_after_a_full_history(warehouse: WarehouseHook) -> None:
    put(warehouse, weeks(*USUAL))
    said = {"day": DAY, "state": CONFIRMED_ZERO, "fetched_at": datetime.now(UTC), "fetch_id": UUID(int=0)}
    nothing = {"account_id": 0, "impressions": 0, "clicks": 0, "amount": Decimal(0)}
    record_totals(warehouse, [SourceTotal(**said, **nothing, source=source) for source in ("vk_ads", "qtickets")])
    assert {finding.found for finding in unusual(warehouse).values() if not finding.passed} == {
        "0 rubles, confirmed by the source",
        "0 clicks, confirmed by the source",
    }
    put(warehouse, {0: 1050})
    assert is_quiet(warehouse)


def test_it_names_the_range_and_stops_nothing(warehouse: WarehouseHook) -> None:
    put(warehouse, {0: 200, **weeks(*USUAL)})
    found = unusual(warehouse)
    assert {finding.severity for finding in found.values()} == {"warn"}
    assert {str(finding) for finding in found.values()} == {
        f"2026-11-20: ANOMALY {figure}: expected 735 to 1365 {unit} (median of 8 Fridays 1050), found 200 {unit}"
        for figure, unit in (
            ("dm_vk_ads_daily.spend", "rubles"),
            ("dm_vk_ads_daily.clicks", "clicks"),
            ("dm_sales_daily.revenue", "rubles"),
        )
    }


def test_weeks_that_differ_much_make_the_range_wide(warehouse: WarehouseHook) -> None:
    # Median 1000, median deviation 300: 4 * 1.4826 * 300 = 1779.
    put(warehouse, {0: 2770, **weeks(400, 700, 1000, 1300, 1600)})
    assert is_quiet(warehouse)
    put(warehouse, {0: 2790})
    assert not is_quiet(warehouse)


def test_a_short_history_has_no_range(warehouse: WarehouseHook) -> None:
    for week in range(4):
        put(warehouse, {0: 9000} if week == 0 else {7 * week: 1000})
        assert {finding.expected for finding in unusual(warehouse).values()} == {
            f"anything: {week} Fridays before, 4 needed"
        }
        assert is_quiet(warehouse)
    put(warehouse, {28: 1000})
    assert not is_quiet(warehouse)


def test_only_the_same_weekday_and_only_eight_weeks_count(warehouse: WarehouseHook) -> None:
    other_days = {back: 9000 for back in range(1, 70) if back % 7}
    put(warehouse, {0: 1050, 63: 9000, 70: 9000, **other_days, **weeks(*USUAL[:3])})
    assert unusual(warehouse)["unusual_revenue"].expected == "anything: 3 Fridays before, 4 needed"
    put(warehouse, weeks(*USUAL))
    assert is_quiet(warehouse)
    put(warehouse, {0: 9000})
    assert not is_quiet(warehouse)


def test_weeks_without_the_figure_are_no_history(warehouse: WarehouseHook) -> None:
    put(warehouse, weeks(*USUAL[:3]))
    without_ads = [DAY - timedelta(days=7 * week) for week in range(4, 9)]
    stage_sales(warehouse, *({"report_date": day} for day in without_ads))
    build_sales(warehouse, DayRange(min(without_ads), DAY))
    found = unusual(warehouse)
    assert found["unusual_spend"].expected == "anything: 3 Fridays before, 4 needed"
    assert "median of 8 Fridays" in found["unusual_revenue"].expected
