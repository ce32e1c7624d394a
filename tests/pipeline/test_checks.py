"""The checks: each can pass and can fail, and what was found is kept."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from made_rows import DAY, ONE_DAY, build_sales, build_vk, stage_sales, stage_vk
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import HealthCheckFailed
from zakaz.pipeline.check_files import checks_of
from zakaz.pipeline.checks import Finding, check_days, require_healthy, run_file
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, FIGURES, SUSPECT_ZERO, SourceTotal, record_totals
from zakaz.stages import SOURCES
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files
from zakaz.warehouse.thresholds import thresholds

NAMES = {source: [name for names in checks_of(source).values() for name in names] for source in SOURCES}
CHECKS = [name for names in NAMES.values() for name in sorted(names)]
NO_VK_ROWS = {"zero_rows_vk", "zero_rows_staged_vk", "freshness_vk"}
NO_SALES_ROWS = {"zero_rows_sales", "zero_rows_staged_sales", "freshness_sales"}

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
Rows = Iterable[dict[str, Any]]


def put(warehouse: WarehouseHook, *, vk: Rows = ({},), sales: Rows = ({},)) -> None:
    """Stage a sound row of each source, or what is given, and build the marts."""
    stage_vk(warehouse, *vk)
    stage_sales(warehouse, *sales)
    build_vk(warehouse)
    build_sales(warehouse)


def told(warehouse: WarehouseHook, source: str, state: str, amount: str = "0", **given: Any) -> None:
    """What a source says of a day; VK of the row of `put`."""
    figures = (1000, 10) if source == "vk_ads" and state == FIGURES else (0, 0)
    total = SourceTotal(
        day=DAY,
        source=source,
        state=state,
        impressions=figures[0],
        clicks=figures[1],
        amount=Decimal(amount),
        fetch_id=UUID(int=0),
        fetched_at=datetime.now(UTC),
        **{"account_id": 0, **given},
    )
    record_totals(warehouse, [total])


def failed(warehouse: WarehouseHook) -> set[str]:
    return {finding.check_name for finding in check_days(warehouse, ONE_DAY) if not finding.passed}


def finding_of(warehouse: WarehouseHook, check: str) -> Finding:
    """What one check says, those of other files left alone."""
    (source,) = [source for source, names in NAMES.items() if check in names]
    ((file, names),) = [(file, names) for file, names in checks_of(source).items() if check in names]
    found = run_file(warehouse, file, names, ONE_DAY, {**thresholds(), "source": source, "run_day": DAY})
    (finding,) = [finding for finding in found if finding.check_name == check]
    return finding


def test_a_good_day_passes_every_check(warehouse: WarehouseHook) -> None:
    put(warehouse)
    findings = check_days(warehouse, ONE_DAY)
    assert [finding.check_name for finding in findings] == CHECKS
    assert [finding for finding in findings if not finding.passed] == []
    require_healthy(findings)


RED = {
    "MISMATCH": {
        *("duplicate_ads", "duplicate_campaigns", "duplicate_shows", "duplicate_events"),
        *("staging_equals_mart_vk", "staging_equals_mart_sales", "source_totals_vk", "source_totals_sales"),
        "campaigns_equal_marts",
    },
    "STALE": {"freshness_vk", "freshness_sales"},
    "ANOMALY": {"negative_spend", "negative_revenue", "other_currency"},
    "ZERO_ROWS": {"zero_rows_vk", "zero_rows_staged_vk", "zero_rows_sales", "zero_rows_staged_sales"},
}
YELLOW = {
    "ANOMALY": {
        *("unknown_campaign", "unknown_city", "unattributed_sales"),
        *("unusual_spend", "unusual_clicks", "unusual_revenue"),
    }
}


@pytest.mark.parametrize("is_empty", [True, False], ids=["an empty day", "a good day"])
def test_which_checks_end_a_run_red_and_under_which_code(warehouse: WarehouseHook, is_empty: bool) -> None:
    if not is_empty:
        put(warehouse)
    found: dict[str, dict[str, set[str]]] = {"fail": {}, "warn": {}}
    for finding in check_days(warehouse, ONE_DAY):
        found[finding.severity].setdefault(finding.code, set()).add(finding.check_name)
        not_passed = [replace(finding, passed=False)]
        if finding.severity == "fail":
            with pytest.raises(HealthCheckFailed) as raised:
                require_healthy(not_passed)
            assert raised.value.alert_code == finding.code
        else:
            require_healthy(not_passed)
    assert found == {"fail": RED, "warn": YELLOW}


def test_each_check_is_one_and_each_file_has_some(warehouse: WarehouseHook) -> None:
    assert len(CHECKS) == len(set(CHECKS)) == 24, "the results are kept by the name of the check"
    assert {file for source in SOURCES for file in checks_of(source)} == set(files("checks"))
    by_group = [check_days(warehouse, ONE_DAY, source=source) for source in SOURCES]
    assert [finding.check_name for findings in by_group for finding in findings] == CHECKS


def test_an_empty_day_fails_by_its_rows_alone(warehouse: WarehouseHook) -> None:
    assert failed(warehouse) == NO_VK_ROWS | NO_SALES_ROWS


def test_a_day_that_the_source_confirms_to_be_empty_is_green(warehouse: WarehouseHook) -> None:
    for source in ("vk_ads", "qtickets"):
        told(warehouse, source, CONFIRMED_ZERO)
    assert failed(warehouse) == set()
    told(warehouse, "vk_ads", SUSPECT_ZERO)
    assert failed(warehouse) == NO_VK_ROWS
    told(warehouse, "qtickets", SUSPECT_ZERO)
    assert failed(warehouse) == NO_VK_ROWS | NO_SALES_ROWS
    # One account is silent, another one is not.
    told(warehouse, "vk_ads", CONFIRMED_ZERO)
    told(warehouse, "vk_ads", FIGURES, "1", account_id=2)
    assert failed(warehouse) == NO_VK_ROWS | NO_SALES_ROWS | {"source_totals_vk"}


def test_a_day_without_a_source_to_ask_stops_its_own_run_alone(warehouse: WarehouseHook) -> None:
    """Sales from files: the runs of the next month look back at the day, and must not all be red."""
    tomorrow = DAY + timedelta(days=1)
    stage_sales(warehouse, {"report_date": tomorrow})
    build_sales(warehouse, DayRange(tomorrow, tomorrow))

    def severities(**given: Any) -> set[str]:
        findings = check_days(warehouse, ONE_DAY, source="qtickets", **given)
        assert {finding.check_name for finding in findings if not finding.passed} == NO_SALES_ROWS - {"freshness_sales"}
        return {finding.severity for finding in findings if not finding.passed}

    assert severities() == severities(run_day=DAY) == {"fail"}
    assert severities(run_day=tomorrow) == {"warn"}
    told(warehouse, "qtickets", SUSPECT_ZERO)
    assert severities(run_day=tomorrow) == {"fail"}, "a source that was asked and is doubted is no silence"


def test_a_tombstone_is_no_row(warehouse: WarehouseHook) -> None:
    put(warehouse)
    put(warehouse, vk=[{"_deleted": 1}])
    assert failed(warehouse) == NO_VK_ROWS


def test_rows_that_were_not_built_are_told_from_rows_that_never_came(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {})
    stage_sales(warehouse, {})
    assert failed(warehouse) == {
        *("zero_rows_vk", "freshness_vk", "staging_equals_mart_vk"),
        *("zero_rows_sales", "freshness_sales", "staging_equals_mart_sales", "campaigns_equal_marts"),
    }


@pytest.mark.parametrize(
    ("rows", "check"),
    [
        pytest.param({"vk": [{"spend": Decimal("-0.01")}]}, "negative_spend", id="spend"),
        pytest.param({"sales": [{"revenue": Decimal(-5)}]}, "negative_revenue", id="revenue"),
        pytest.param({"sales": [{"refunds_amount": Decimal(-5)}]}, "negative_revenue", id="refunds"),
    ],
)
def test_negative_money_is_found(warehouse: WarehouseHook, rows: dict[str, Rows], check: str) -> None:
    put(warehouse, **rows)
    assert failed(warehouse) == {check}


def test_more_refunds_than_sales_are_a_bad_day_and_no_error(warehouse: WarehouseHook) -> None:
    put(warehouse, sales=[{"revenue": Decimal(100), "refunds_amount": Decimal("250.50")}])
    assert failed(warehouse) == set()


def test_a_mart_is_its_staging_to_the_kopeck(warehouse: WarehouseHook) -> None:
    put(warehouse)
    for column, figure in {"impressions": 1001, "clicks": 11, "goals": 2, "spend": Decimal("100.51")}.items():
        stage_vk(warehouse, {column: figure})
        assert failed(warehouse) == {"staging_equals_mart_vk"}, column
    stage_vk(warehouse, {})
    for column, figure in {"tickets_sold": 3, "revenue": Decimal(5000), "refunds_amount": Decimal("0.01")}.items():
        stage_sales(warehouse, {column: figure})
        assert failed(warehouse) == {"staging_equals_mart_sales", "campaigns_equal_marts"}, column


def test_a_mismatch_names_both_sides(warehouse: WarehouseHook) -> None:
    put(warehouse)
    stage_vk(warehouse, {"spend": Decimal("100.51")})
    assert str(finding_of(warehouse, "staging_equals_mart_vk")) == (
        "2026-11-20: MISMATCH dm_vk_ads_daily = stg_vk_ads_daily: "
        "expected 1000 impressions, 10 clicks, 1 goals, 100.51 rubles, "
        "found 1000 impressions, 10 clicks, 1 goals, 100.5 rubles"
    )


def test_the_staging_is_what_vk_says_but_for_a_kopeck_a_row(warehouse: WarehouseHook) -> None:
    put(warehouse)
    for amount, checks in (("100.50", set()), ("100.49", set()), ("100.48", {"source_totals_vk"})):
        told(warehouse, "vk_ads", FIGURES, amount)
        assert failed(warehouse) == checks


def test_the_staging_is_what_qtickets_says_of_the_same_rows(warehouse: WarehouseHook) -> None:
    put(warehouse)
    told(warehouse, "qtickets", FIGURES, "5000.10")
    assert failed(warehouse) == set()
    told(warehouse, "qtickets", FIGURES, "5000.11")
    assert failed(warehouse) == {"source_totals_sales"}
    for tickets, refunds, checks in (
        (2, "0", set()),
        (3, "0", {"source_totals_sales"}),
        (2, "0.01", {"source_totals_sales"}),
    ):
        told(warehouse, "qtickets", FIGURES, "5000.10", tickets=tickets, refunds=Decimal(refunds))
        assert failed(warehouse) == checks, (tickets, refunds)
    assert finding_of(warehouse, "source_totals_sales").expected == "2 tickets for 5000.1 rubles, 0.01 given back"
    # A file that is loaded after the fetch replaces the day: what QTickets said is of other rows.
    put(warehouse)
    assert failed(warehouse) == set()
    assert finding_of(warehouse, "source_totals_sales").expected.startswith("no total: the rows are newer")
    told(warehouse, "qtickets", SUSPECT_ZERO)
    assert failed(warehouse) == set()
    assert warehouse.execute("SELECT has_total FROM meta.v_source_days WHERE source = 'qtickets'") == [(False,)]


def test_rows_that_qtickets_told_of_and_that_are_gone_are_missed(warehouse: WarehouseHook) -> None:
    told(warehouse, "qtickets", FIGURES, "5000.10")
    assert failed(warehouse) == NO_VK_ROWS | NO_SALES_ROWS | {"source_totals_sales"}


OTHER_CITY = {"city": "Самара"}
OTHER_DAY = {"event_date": date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("rows", "checks"),
    [
        pytest.param(
            {"vk": [{}, {"account_id": 2}]}, {"duplicate_ads", "duplicate_campaigns"}, id="an ad in two accounts"
        ),
        pytest.param({"vk": [{}, {"account_id": 2, "ad_id": 31}]}, {"duplicate_campaigns"}, id="two ads in two"),
        pytest.param({"vk": [{}, {"ad_id": 31, "utm_content": "samara"}]}, set(), id="a campaign in two cities"),
        pytest.param({"sales": [{}, OTHER_CITY]}, {"duplicate_shows", "duplicate_events"}, id="a show in two cities"),
        pytest.param({"sales": [{}, {"city": "казань"}]}, {"duplicate_shows"}, id="a city in two spellings"),
        pytest.param({"sales": [{}, OTHER_DAY]}, {"duplicate_shows"}, id="a show on two days"),
        pytest.param({"sales": [{}, {"show_id": 2, **OTHER_CITY}]}, {"duplicate_events"}, id="two shows in two cities"),
        pytest.param({"sales": [{"show_id": 0}, {"show_id": 0, **OTHER_DAY}]}, set(), id="days, no shows"),
        pytest.param(
            {"sales": [{"show_id": 0}, {"show_id": 0, "city": "казань"}]}, {"duplicate_shows"}, id="spellings, no shows"
        ),
        pytest.param({"sales": [{}, {"utm_source": "vk"}, {"show_id": 2, **OTHER_DAY}]}, set(), id="sound sales"),
    ],
)
def test_what_stands_twice_is_found(warehouse: WarehouseHook, rows: dict[str, Rows], checks: set[str]) -> None:
    put(warehouse, **rows)
    assert failed(warehouse) == checks


def test_a_double_is_named(warehouse: WarehouseHook) -> None:
    put(warehouse, vk=[{}, {"account_id": 2}, {"ad_id": 31}], sales=[{}, OTHER_CITY])
    assert finding_of(warehouse, "duplicate_ads").found == "1 ads more than once, e.g. ad 30 in accounts 1, 2"
    assert finding_of(warehouse, "duplicate_shows").found == (
        "1 shows in several, e.g. event 4001 in Казань on 2026-12-24 and in Самара on 2026-12-24"
    )


def test_another_currency_is_found(warehouse: WarehouseHook) -> None:
    put(warehouse, sales=[{}, {"utm_source": "vk", "currency": "KZT"}])
    assert failed(warehouse) == {"other_currency"}
    assert finding_of(warehouse, "other_currency").found == "1 rows in another currency ['KZT']"
    put(warehouse, sales=[{}, {"utm_source": "vk"}])
    assert failed(warehouse) == set(), "it was corrected"


def test_much_spend_without_a_city_is_told_and_stops_nothing(warehouse: WarehouseHook) -> None:
    nowhere = {"ad_id": 31, "campaign_id": 11, "campaign_name": "Осень", "utm_content": ""}
    put(warehouse, vk=[{"spend": Decimal(90)}, {**nowhere, "spend": Decimal(10)}])
    assert failed(warehouse) == set()
    put(warehouse, vk=[{**nowhere, "spend": Decimal("10.10")}])
    finding = finding_of(warehouse, "unknown_city")
    assert (finding.code, finding.expected, finding.found, finding.passed) == (
        "ANOMALY",
        "at most 10% of spend unknown",
        "10.1% (10.1 of 100.1 rubles), most of it in campaign «Осень»",
        False,
    )
    require_healthy(check_days(warehouse, ONE_DAY))


def test_much_revenue_of_tags_without_a_campaign_is_told_and_stops_nothing(warehouse: WarehouseHook) -> None:
    of_ad, of_none = {"utm_source": "vk_ads", "utm_campaign": "a"}, {"utm_source": "vk_ads", "utm_campaign": "old"}
    ads = [of_ad, {"ad_id": 31, "campaign_id": 11, "utm_source": "vk_ads", "utm_campaign": "b"}]
    other = {"utm_source": "yandex", "revenue": Decimal(1000)}
    put(warehouse, vk=ads, sales=[{**of_ad, "revenue": Decimal(25)}, {**of_none, "revenue": Decimal(75)}, other])
    assert failed(warehouse) == set()
    put(warehouse, vk=ads, sales=[{**of_none, "revenue": Decimal(76)}])
    finding = finding_of(warehouse, "unattributed_sales")
    assert (finding.code, finding.expected, finding.found, finding.passed) == (
        "ANOMALY",
        "at most 75% of the revenue of VK's tags",
        "75.2% (76 of 101 rubles), most of it under «vk_ads / old»",
        False,
    )
    put(warehouse, vk=[{"spend": Decimal(0), **ad} for ad in ads])
    assert "unattributed_sales" not in failed(warehouse), "no ad was shown that could have sold them"


def test_the_report_by_campaign_is_both_marts_to_the_kopeck(warehouse: WarehouseHook) -> None:
    """Were the parts of a staged row not all of it, its campaign would have the wrong sum."""
    put(warehouse)
    warehouse.execute(
        "INSERT INTO zakaz.stg_qtickets_sales SELECT * REPLACE ([(report_date, '', '', '', 0, 0, tickets_sold, "
        "tickets_refunded, revenue - 0.01, refunds_amount)] AS breakdown, _ver + 1 AS _ver) "
        "FROM zakaz.stg_qtickets_sales FINAL"
    )
    build_sales(warehouse)
    assert failed(warehouse) == {"campaigns_equal_marts"}
    finding = finding_of(warehouse, "campaigns_equal_marts")
    assert "5000.1," in finding.expected
    assert "5000.09," in finding.found


def test_an_ad_of_a_campaign_that_vk_does_not_list_is_told_and_stops_nothing(warehouse: WarehouseHook) -> None:
    lost = [{"ad_id": 31, "campaign_id": 0, "campaign_name": ""}, {"ad_id": 32, "campaign_name": "", "spend": 9}]
    put(warehouse, vk=[{}, *lost])
    assert failed(warehouse) == {"unknown_campaign"}
    finding = finding_of(warehouse, "unknown_campaign")
    assert finding.found == "2 ads of unknown campaigns with 109.5 rubles, e.g. ad 31"
    require_healthy(check_days(warehouse, ONE_DAY))


@pytest.mark.parametrize(("newest", "is_fresh"), [(-1, False), (0, True), (1, True), (None, False)])
def test_a_mart_is_fresh_by_the_day_of_its_data(warehouse: WarehouseHook, newest: int | None, is_fresh: bool) -> None:
    """A day before the newest one is a hole, which `zero_rows` finds; one that is not over makes nothing fresh."""
    day = last_complete_day() + timedelta(days=1) if newest is None else DAY + timedelta(days=newest)
    stage_vk(warehouse, {"stat_date": day})
    stage_sales(warehouse, {"report_date": day})
    build_vk(warehouse, DayRange(day, day))
    build_sales(warehouse, DayRange(day, day))
    stale = {"freshness_vk", "freshness_sales"}
    assert failed(warehouse) & stale == (set() if is_fresh else stale)
    if newest == -1:
        assert finding_of(warehouse, "freshness_vk").found == "data up to 2026-11-19"
        told(warehouse, "vk_ads", CONFIRMED_ZERO)
        assert failed(warehouse) & stale == {"freshness_sales"}


def test_what_was_found_is_kept_and_the_last_look_wins(warehouse: WarehouseHook) -> None:
    def kept() -> list[tuple[Any, ...]]:
        return warehouse.execute(
            "SELECT check_name, code, severity, expected, found, passed, run_id FROM meta.quality_results FINAL "
            "WHERE day = {day:Date} AND check_name = 'zero_rows_vk'",
            {"day": DAY},
        )

    first, second = uuid4(), uuid4()
    check_days(warehouse, ONE_DAY, first)
    assert kept() == [("zero_rows_vk", "ZERO_ROWS", "fail", "at least 1 row", "0 rows", 0, first)]
    put(warehouse)
    check_days(warehouse, ONE_DAY, second)
    assert kept() == [("zero_rows_vk", "ZERO_ROWS", "fail", "at least 1 row", "1 rows", 1, second)]


def test_a_failed_check_stops_the_run_and_names_day_expected_and_found(warehouse: WarehouseHook) -> None:
    put(warehouse, vk=[{"spend": Decimal("-3.20")}])
    with pytest.raises(HealthCheckFailed) as raised:
        require_healthy(check_days(warehouse, ONE_DAY))
    assert raised.value.alert_code == "ANOMALY"
    assert str(raised.value).startswith("2026-11-20: ANOMALY dm_vk_ads_daily.spend: expected no sum below 0, found 1 ")


def test_every_failed_check_is_named_the_cause_first_and_a_warning_stops_nothing(warehouse: WarehouseHook) -> None:
    findings = check_days(warehouse, ONE_DAY)
    with pytest.raises(HealthCheckFailed, match=r"^2026-11-20: ZERO_ROWS .*; 2026-11-20: STALE ") as raised:
        require_healthy(findings)
    assert raised.value.alert_code == "ZERO_ROWS"
    require_healthy([replace(finding, severity="warn") for finding in findings])
