"""The marts: rebuilt by one statement, so that they are the staging and nothing else, at every moment."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY, build_sales, build_vk, stage_sales, stage_vk
from zakaz.days import DayRange
from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, STG_SALES, count_live
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import new_version

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
MANY = 140_000  # more than ClickHouse hands on at once
FEW = 5_000
# A day of many ads, each in a campaign of its own, all in one city: the mart gets as many rows.
MANY_ADS = """
INSERT INTO zakaz.stg_vk_ads_daily (stat_date, account_id, campaign_id, ad_id, spend, utm_content, _ver)
SELECT {day:Date}, 1, number, number, toDecimal64('0.29', 2), {city:String}, {ver:UInt64} FROM numbers({many:UInt32})
"""


def vk_mart(warehouse: WarehouseHook) -> list[Any]:
    found = warehouse.execute(
        "SELECT stat_date, city, account_id, campaign_id, campaign_name, impressions, clicks, goals, spend "
        "FROM zakaz.dm_vk_ads_daily FINAL"
    )
    return sorted(found)


def sales_mart(warehouse: WarehouseHook, columns: str = "*") -> list[Any]:
    return sorted(warehouse.execute(f"SELECT {columns} FROM zakaz.dm_sales_daily FINAL"))


def test_ads_are_summed_by_day_city_and_campaign(warehouse: WarehouseHook) -> None:
    stage_vk(
        warehouse,
        {"ad_id": 1, "spend": Decimal("0.29"), "campaign_name": "Тур"},
        {"ad_id": 2, "spend": Decimal("0.01"), "campaign_name": "Тур"},
        {"ad_id": 3, "campaign_id": 11},
        {"ad_id": 4, "account_id": 2},
        {"ad_id": 5, "utm_content": "", "campaign_name": "Москва"},
        {"ad_id": 6, "utm_content": "nowhere"},
        {"ad_id": 7, "stat_date": date(2026, 11, 19)},
        {"ad_id": 8, "_deleted": 1},
    )
    assert build_vk(warehouse) == 5
    usual = (1000, 10, 1, Decimal("100.50"))
    assert vk_mart(warehouse) == [
        (DAY, "unknown", 1, 10, "Афиша", *usual),
        (DAY, "Казань", 1, 10, "Тур", 2000, 20, 2, Decimal("0.30")),
        (DAY, "Казань", 1, 11, "Афиша", *usual),
        (DAY, "Казань", 2, 10, "Афиша", *usual),
        (DAY, "Москва", 1, 10, "Москва", *usual),
    ]


def test_the_tags_say_more_about_the_city_than_the_names(warehouse: WarehouseHook) -> None:
    texts = {"utm_content": "kazan", "utm_campaign": "moskva", "ad_group_name": "Самара", "campaign_name": "Пермь"}
    for number, name in enumerate(texts):
        stage_vk(
            warehouse, {**dict.fromkeys(list(texts)[:number], ""), **dict(list(texts.items())[number:]), "ad_id": 1}
        )
        build_vk(warehouse)
        assert [row[1] for row in vk_mart(warehouse)] == [("Казань", "Москва", "Самара", "Пермь")[number]], name


def test_sales_are_summed_by_both_days_city_and_event(warehouse: WarehouseHook) -> None:
    stage_sales(
        warehouse,
        {"refunds_amount": Decimal("0.11"), "tickets_refunded": 1},
        {"utm_source": "vk_ads", "tickets_sold": 3, "revenue": Decimal("0.29")},
        {
            "show_id": 2,
            "tickets_sold": 0,
            "revenue": Decimal(0),
            "refunds_amount": Decimal("0.29"),
            "tickets_refunded": 2,
        },
        # Refunds alone make a negative day.
        {"event_id": 2, "tickets_sold": 0, "revenue": Decimal(0), "refunds_amount": Decimal("700.00")},
        {"event_date": date(2026, 12, 25)},
        {"report_date": date(2026, 11, 19)},
        {"event_id": 3, "_deleted": 1},
    )
    assert build_sales(warehouse) == 3
    named = "event_date, event_id, tickets_sold, tickets_refunded, revenue, refunds_amount, net_revenue"
    assert sales_mart(warehouse, named) == [
        (date(2026, 12, 24), 2, 0, 0, Decimal(0), Decimal("700.00"), Decimal("-700.00")),
        (date(2026, 12, 24), 4001, 5, 3, Decimal("5000.39"), Decimal("0.40"), Decimal("4999.99")),
        (date(2026, 12, 25), 4001, 2, 0, Decimal("5000.10"), Decimal(0), Decimal("5000.10")),
    ]


def test_a_sale_counts_for_the_city_it_was_made_in(warehouse: WarehouseHook) -> None:
    cities = ["КАЗАНЬ", "г. Орел", "Нижний-Новгород", "Урюпинск-на-Марсе", "  Кижи ", "", " "]
    stage_sales(warehouse, *({"city": city, "event_id": number} for number, city in enumerate(cities)))
    build_sales(warehouse)
    assert [city for _, city in sales_mart(warehouse, "event_id, city")] == [
        "Казань",
        "Орёл",
        "Нижний Новгород",
        "Урюпинск-на-Марсе",
        "Кижи",
        "unknown",
        "unknown",
    ]


def test_the_sale_days_of_one_event_stay_apart(warehouse: WarehouseHook) -> None:
    days = DayRange(date(2026, 11, 1), date(2026, 11, 20))
    stage_sales(warehouse, *({"report_date": day, "revenue": Decimal(day.day)} for day in days))
    assert build_sales(warehouse, days) == 20
    warehouse.execute("OPTIMIZE TABLE zakaz.dm_sales_daily FINAL")
    assert warehouse.execute("SELECT count(), sum(revenue) FROM zakaz.dm_sales_daily") == [(20, Decimal(210))]


def test_what_is_gone_in_the_staging_is_gone_in_the_mart(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {"ad_id": 1}, {"ad_id": 2, "utm_content": "moskva"}, {"ad_id": 3, "campaign_id": 11})
    stage_sales(warehouse, {}, {"event_id": 2}, {"event_id": 3})
    assert (build_vk(warehouse), build_sales(warehouse)) == (3, 3)
    stage_vk(warehouse, {"ad_id": 1, "utm_content": "orel"}, {"ad_id": 3, "campaign_id": 11, "_deleted": 1})
    stage_sales(warehouse, {"event_id": 2, "city": "Самара"}, {"event_id": 2, "_deleted": 1})
    stage_sales(warehouse, {"event_id": 3, "_deleted": 1})
    # Tombstones are no rows written.
    assert (build_vk(warehouse), build_sales(warehouse)) == (2, 2)
    assert [row[1] for row in vk_mart(warehouse)] == ["Москва", "Орёл"]
    assert sales_mart(warehouse, "event_id, city") == [(2, "Самара"), (4001, "Казань")]
    # And stays gone when all versions are merged.
    for table in ("dm_vk_ads_daily", "dm_sales_daily"):
        warehouse.execute(f"OPTIMIZE TABLE zakaz.{table} FINAL")
        assert warehouse.execute(f"SELECT count() FROM zakaz.{table} FINAL") == [(2,)]


@pytest.mark.own_statements
def test_a_second_build_changes_no_figure_and_no_other_day(warehouse: WarehouseHook) -> None:
    days = DayRange(date(2026, 10, 30), date(2026, 11, 2))
    stage_vk(warehouse, *({"stat_date": day, "ad_id": ad} for day in days for ad in (1, 2)))
    stage_sales(warehouse, *({"report_date": day} for day in days))
    first = (build_vk(warehouse, days), build_sales(warehouse, days))
    marts = vk_mart(warehouse), sales_mart(warehouse, "* EXCEPT (_ver)")
    assert (build_vk(warehouse, days), build_sales(warehouse, days)) == first == (4, 4)
    assert (vk_mart(warehouse), sales_mart(warehouse, "* EXCEPT (_ver)")) == marts
    assert count_live(warehouse, STG_SALES, days) == count_live(warehouse, DM_SALES, days) == 4

    # The staging of every day changes, one day is rebuilt.
    stage_vk(warehouse, *({"stat_date": day, "ad_id": 1, "spend": Decimal(1)} for day in days))
    build_vk(warehouse, DayRange(date(2026, 10, 31), date(2026, 10, 31)))
    spend = {row[0].day: row[-1] for row in vk_mart(warehouse)}
    assert spend == {30: 201, 31: Decimal("101.50"), 1: 201, 2: 201}


def test_a_build_is_one_part_per_month(warehouse: WarehouseHook) -> None:
    for day, city in ((DAY, "kazan"), (date(2026, 10, 31), "moskva")):
        given = {"day": day, "city": city, "many": MANY, "ver": new_version()}
        warehouse.execute(MANY_ADS, given)
    warehouse.execute("SYSTEM STOP MERGES zakaz.dm_vk_ads_daily")
    try:
        written = build_vk(warehouse, DayRange(date(2026, 10, 1), DAY))
        parts = warehouse.execute(
            "SELECT partition, count(), sum(rows) FROM system.parts "
            "WHERE database = 'zakaz' AND table = 'dm_vk_ads_daily' AND active AND rows > 0 GROUP BY partition "
            "ORDER BY partition"
        )
    finally:
        warehouse.execute("SYSTEM START MERGES zakaz.dm_vk_ads_daily")
    assert parts == [("202610", 1, MANY), ("202611", 1, MANY)]
    assert written == MANY * 2


def test_a_reader_sees_the_day_before_or_after_never_between(warehouse: WarehouseHook) -> None:
    """All ads move from city to city and back: every row of the mart goes, and another comes."""
    seen: list[Any] = []
    stop = threading.Event()

    def read() -> None:
        reader = WarehouseHook()
        with reader.session():
            while not stop.is_set():
                seen.extend(
                    reader.execute("SELECT count(), sum(spend), uniqExact(city) FROM zakaz.dm_vk_ads_daily FINAL")
                )

    with warehouse.session():
        warehouse.execute(MANY_ADS, {"day": DAY, "city": "kazan", "many": FEW, "ver": new_version()})
        build_vk(warehouse)
        thread = threading.Thread(target=read)
        thread.start()
        try:
            for number in range(20):
                city = ("moskva", "kazan")[number % 2]
                warehouse.execute(MANY_ADS, {"day": DAY, "city": city, "many": FEW, "ver": new_version()})
                assert build_vk(warehouse) == FEW
        finally:
            stop.set()
            thread.join()
    assert set(seen) == {(FEW, Decimal("0.29") * FEW, 1)}
    assert len(seen) > 5
    assert count_live(warehouse, DM_VK_ADS, ONE_DAY) == FEW
