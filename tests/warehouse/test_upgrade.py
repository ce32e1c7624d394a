"""A warehouse of 1.0 comes forward and goes back, and every figure stays.

`warehouse_of_1_0.json.gz` is what 1.0.0 made of two days of its sandbox: its schema and views, its rows, and the
statements that build its marts.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from made_rows import build_sales, build_vk
from zakaz.days import DayRange
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.versions import new_version

OF_1_0 = json.loads(gzip.decompress(Path(__file__).with_name("warehouse_of_1_0.json.gz").read_bytes()))
DATABASES = ("bi", "meta", "zakaz")
DAYS = DayRange.parse("2026-11-28/2026-11-29")
OF_NOW = ("bi.v_etl_status", "bi.v_ops_freshness")
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.timeout(300)]


@pytest.fixture
def of_1_0(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """The warehouse as 1.0 left it, in place of ours."""
    with warehouse.session():
        warehouse.execute(f"DROP DATABASE {database} SYNC" for database in DATABASES)
        warehouse.execute([*OF_1_0["schema"], *OF_1_0["views"]])
        for table, rows in OF_1_0["rows"].items():
            warehouse.insert_json(table, rows)
        yield warehouse
        warehouse.execute(f"DROP DATABASE {database} SYNC" for database in DATABASES)
        migrate(warehouse)


def columns(warehouse: WarehouseHook) -> dict[str, list[str]]:
    """The columns of each table and view."""
    found: dict[str, list[str]] = {}
    for table, column in warehouse.execute(
        "SELECT concat(database, '.', table) AS full_name, name FROM system.columns "
        "WHERE database IN ('zakaz', 'meta', 'bi') ORDER BY full_name, position"
    ):
        found.setdefault(table, []).append(column)
    return found


def figures(warehouse: WarehouseHook, read: dict[str, list[str]]) -> dict[str, set[str]]:
    """All rows of tables and views in those columns; of what tells how things stand now, that it can be read."""
    found = {
        name: set(map(repr, warehouse.execute(f"SELECT {', '.join(names)} FROM {name}")))
        for name, names in read.items()
    }
    return {name: set() if name in OF_NOW else rows for name, rows in found.items()}


def changed(before: dict[str, set[str]], after: dict[str, set[str]]) -> list[str]:
    """Where rows are not what they were; aliases of cities are added."""
    return [
        name
        for name, rows in before.items()
        if not (rows <= after[name] if name == "zakaz.dim_city_alias" else rows == after[name])
    ]


def sums(warehouse: WarehouseHook) -> list[Any]:
    """What each day comes to in the marts."""
    spend = "SELECT stat_date, sum(spend), sum(impressions), sum(clicks) FROM zakaz.dm_vk_ads_daily FINAL GROUP BY ALL"
    sales = "SELECT sale_date, sum(revenue), sum(tickets_sold), 0 FROM zakaz.dm_sales_daily FINAL GROUP BY ALL"
    return sorted([*warehouse.execute(spend), *warehouse.execute(sales)])


@pytest.mark.own_statements
def test_everything_comes_to_have_a_comment(of_1_0: WarehouseHook) -> None:
    lacking = (
        "SELECT table, name FROM system.columns WHERE database IN ('zakaz', 'meta', 'bi') AND comment = '' "
        "UNION ALL SELECT name, '' FROM system.tables WHERE database IN ('zakaz', 'meta', 'bi') AND comment = ''"
    )
    assert len(of_1_0.execute(lacking)) > 200
    assert migrate(of_1_0) == []
    assert of_1_0.execute(lacking) == []


def test_the_views_of_ads_accounts_and_months_stand_with_what_1_0_loaded(of_1_0: WarehouseHook) -> None:
    assert migrate(of_1_0) == []
    by_day = "SELECT d, sum(spend), sum(impressions), sum(clicks) FROM {} GROUP BY d ORDER BY d"
    mart = of_1_0.execute(by_day.format("bi.v_vk_ads_daily"))
    assert [day for day, *_ in mart] == list(DAYS)
    for view in ("bi.v_vk_ads_by_ad_daily", "bi.v_account_daily"):
        assert of_1_0.execute(by_day.format(view)) == mart, view
    assert of_1_0.execute("SELECT countIf(first_spend_day IS NULL AND spend > 0) FROM bi.v_vk_ads_by_ad_daily") == [
        (0,)
    ]
    unnamed = "SELECT count(), countIf(account_name != toString(account_id)) FROM bi.v_account_daily"
    assert of_1_0.execute(unnamed) == [(len(mart), 0)]
    staged = "SELECT uniqExact(campaign_id), uniqExact(ad_group_id), uniqExact(ad_id) FROM zakaz.stg_vk_ads_daily FINAL"
    named = ", ".join(f"countIf(kind = '{kind}')" for kind in ("campaign", "ad_group", "ad"))
    assert of_1_0.execute(f"SELECT {named} FROM meta.v_vk_objects") == of_1_0.execute(staged)
    revenue = sum(amount for day, amount, tickets, _ in sums(of_1_0)) - sum(spend for _, spend, *_ in mart)
    assert of_1_0.execute("SELECT sum(spend), sum(revenue), max(days_loaded) FROM bi.v_month_pacing") == [
        (sum(spend for _, spend, *_ in mart), revenue, len(mart))
    ]


def test_the_report_by_campaign_has_every_sale_that_1_0_loaded(of_1_0: WarehouseHook) -> None:
    assert migrate(of_1_0) == []
    spent, sold = (
        of_1_0.execute(f"SELECT {day}, {sums} FROM {mart} FINAL GROUP BY ALL ORDER BY ALL")
        for day, sums, mart in (
            ("stat_date", "sum(spend)", "zakaz.dm_vk_ads_daily"),
            ("sale_date", "sum(tickets_sold), sum(revenue), sum(refunds_amount)", "zakaz.dm_sales_daily"),
        )
    )
    report = "SELECT d, {} FROM bi.v_campaign_roi_daily GROUP BY d ORDER BY d"
    assert of_1_0.execute(report.format("sum(spend)")) == spent
    assert of_1_0.execute(report.format("sum(tickets_sold), sum(revenue), sum(refunds_amount)")) == sold
    by_tags = "SELECT countIf(campaign_id != 0), countIf(utm_source = 'vk_ads') FROM meta.v_attributed_sales"
    ((attributed, of_vk),) = of_1_0.execute(by_tags)
    assert attributed == 0 < of_vk, "in the sandbox of 1.0 no sale had a tag of an ad"


def test_the_shows_that_1_0_loaded_stand_with_all_their_sales(of_1_0: WarehouseHook) -> None:
    assert migrate(of_1_0) == []
    of_shows = "SELECT {} FROM bi.v_shows"
    sold = "sum(tickets_sold), sum(revenue), sum(refunds_amount)"
    assert of_1_0.execute(of_shows.format(sold)) == of_1_0.execute(f"SELECT {sold} FROM zakaz.dm_sales_daily FINAL")
    landed, staged = (
        set(of_1_0.execute(f"SELECT event_id, show_id FROM {table} FINAL"))
        for table in ("zakaz.raw_qtickets_shows", "zakaz.stg_qtickets_sales")
    )
    assert sorted(of_1_0.execute(of_shows.format("event_id, show_id"))) == sorted(landed | staged)
    started = f"{of_shows.format('event_id, show_id')} WHERE startsWith(starts_at, toString(event_date))"
    assert set(of_1_0.execute(started)) == landed, "sales don't say at what hour a show begins"
    known = "SELECT count() FROM zakaz.dim_show"
    before = of_1_0.execute(known)
    assert migrate(of_1_0) == []
    assert of_1_0.execute(known) == before, "what is known is not filled in again"


def test_every_figure_stays_on_the_way_there_and_back(of_1_0: WarehouseHook) -> None:
    read = columns(of_1_0)
    before, days = figures(of_1_0, read), sums(of_1_0)
    assert len(days) == 2 * len(list(DAYS))
    assert migrate(of_1_0) == []
    assert changed(before, figures(of_1_0, read)) == []
    assert read.keys() <= columns(of_1_0).keys()
    build_vk(of_1_0, DAYS)
    build_sales(of_1_0, DAYS)
    assert sums(of_1_0) == days

    of_1_0.execute([*OF_1_0["schema"], *OF_1_0["views"]])
    for build in OF_1_0["builds"].values():
        of_1_0.execute(build, {**DAYS.bounds, "ver": new_version()})
    assert sums(of_1_0) == days
    marts = [name for name in read if "dm_" in name]
    assert changed(before, {**figures(of_1_0, read), **{name: before[name] for name in marts}}) == []
