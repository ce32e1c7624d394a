"""Backfills side by side with the daily run, while the source changes: they end in what one clean run brings."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from made_rows import build_vk
from sandbox import Sandbox
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.same_statements,
    pytest.mark.usefixtures("no_token_kept"),
    pytest.mark.timeout(300),
]
LAST = date(2026, 11, 20)
DAYS = DayRange(LAST - timedelta(days=3), LAST)
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
        chain(DAYS)


def day_by_day(days: DayRange) -> None:
    for day in days:
        chain(DayRange(day, day))


def alone(sandbox: Sandbox) -> int:
    """An ad that has a city for its campaign alone, so that a row of the mart stands and falls with it."""
    ads = sandbox.truth(LAST)
    places = Counter((ad["city"], ad["campaign_id"]) for ad in ads)
    return next(ad["id"] for ad in ads if ad["city"] and places[ad["city"], ad["campaign_id"]] == 1)


def test_parallel_and_overlapping_rebuilds_end_as_one_clean_run(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    chain(DAYS)
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
                pool.submit(daily, 2),
                pool.submit(day_by_day, DAYS),
                pool.submit(day_by_day, DayRange(DAYS.first, LAST - timedelta(days=2))),
                pool.submit(chain, DayRange(LAST - timedelta(days=2), LAST)),
            ]
            # It costs more, and moves to another city: a row of each day goes and another comes.
            sandbox.patch_ad(alone(sandbox), spent=dict.fromkeys(DAYS, "98765.43"), utm_content="orel_video")
            for work in at_work:
                work.result()
            chain(DAYS)  # the run that comes after the change; those before may have asked just before it
        finally:
            stop.set()
        reading.result()
    marts, staging = warehouse.execute(MART), warehouse.execute(STAGING)
    last = dict_of(warehouse.execute(DAY_SUMS))
    assert last != first
    for day in DAYS:
        # Lists and statistics are asked for one after the other, so either may be from before the change.
        whole = set(product(*zip(first[day], last[day], strict=True)))
        assert {sums[day] for sums in seen} <= whole, f"{day} was seen half there, doubled or gone"
    for table in ("zakaz.dm_vk_ads_daily", "zakaz.stg_vk_ads_daily"):
        warehouse.execute(f"TRUNCATE TABLE {table}")
    chain(DAYS)
    assert warehouse.execute(STAGING) == staging
    assert warehouse.execute(MART) == marts


def dict_of(rows: list[tuple[date, int, Decimal]]) -> dict[date, tuple[int, Decimal]]:
    return {day: (count, spend) for day, count, spend in rows}
