"""Backfills side by side with the daily run, while the source changes: they end in what one clean run brings."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import build_vk
from sandbox import Sandbox
from zakaz.days import DayRange
from zakaz.hooks.vk_ads import VkAdsHook
from zakaz.staging.vk_ads import load_vk_ads
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("no_token_kept"), pytest.mark.timeout(300)]
LAST = date(2026, 11, 20)
WEEK = DayRange(LAST - timedelta(days=6), LAST)
MART = "SELECT * EXCEPT (_ver) FROM zakaz.dm_vk_ads_daily FINAL ORDER BY ALL"
STAGING = "SELECT * EXCEPT (_ver) FROM zakaz.stg_vk_ads_daily FINAL ORDER BY ALL"
DAY_SUMS = "SELECT stat_date, count(), sum(spend) FROM zakaz.dm_vk_ads_daily FINAL GROUP BY stat_date"


def chain(days: DayRange) -> None:
    """What vk_fetch and build_dm_vk do for a range, by a connection of its own."""
    warehouse = WarehouseHook()
    load_vk_ads(VkAdsHook().get_conn(), warehouse, days)
    build_vk(warehouse, days)


def daily(times: int) -> None:
    for _ in range(times):
        chain(WEEK)


def day_by_day(days: DayRange) -> None:
    for day in days:
        chain(DayRange(day, day))


def test_parallel_and_overlapping_rebuilds_end_as_one_clean_run(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    chain(WEEK)
    first = dict_of(warehouse.execute(DAY_SUMS))
    seen: list[Any] = []
    stop = threading.Event()

    def read() -> None:
        reader = WarehouseHook()
        with reader.session():
            while not stop.is_set():
                seen.append(dict_of(reader.execute(DAY_SUMS)))

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(read)
        try:
            at_work = [
                pool.submit(daily, 3),
                pool.submit(day_by_day, WEEK),
                pool.submit(day_by_day, DayRange(WEEK.first, LAST - timedelta(days=3))),
                pool.submit(chain, DayRange(LAST - timedelta(days=4), LAST)),
            ]
            dearest = max(sandbox.truth(LAST), key=lambda ad: Decimal(ad["spent"]))["id"]
            sandbox.patch_ad(dearest, spent=dict.fromkeys(WEEK, "98765.43"))
            for work in at_work:
                work.result()
            chain(WEEK)  # the run that comes after the change; those before may have asked just before it
        finally:
            stop.set()
        reading.result()
    marts, staging = warehouse.execute(MART), warehouse.execute(STAGING)
    last = dict_of(warehouse.execute(DAY_SUMS))
    assert last != first
    for day in WEEK:
        assert {sums[day] for sums in seen} <= {first[day], last[day]}, f"{day} was seen half there, doubled or gone"
    for table in ("zakaz.dm_vk_ads_daily", "zakaz.stg_vk_ads_daily"):
        warehouse.execute(f"TRUNCATE TABLE {table}")
    chain(WEEK)
    assert warehouse.execute(STAGING) == staging
    assert warehouse.execute(MART) == marts


def dict_of(rows: list[tuple[date, int, Decimal]]) -> dict[date, tuple[int, Decimal]]:
    return {day: (count, spend) for day, count, spend in rows}
