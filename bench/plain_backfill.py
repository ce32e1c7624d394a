"""What zakaz_backfill does with a range, as a plain script: the same HTTP calls and SQL, no Airflow around them.

python bench/plain_backfill.py 2025-11-25/2026-11-24

The environment names the connections.
"""

import json
import os
import sys
import time
from uuid import uuid4

from zakaz.days import DayRange
from zakaz.pipeline.backfill_plan import make_plan
from zakaz.pipeline.checks import check_days, require_healthy
from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, STG_SALES, STG_VK_ADS, count_live, rebuild
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.backfills import MISSING, Backfill, enter, settle
from zakaz.settings import settings
from zakaz.sources.http import JsonApi
from zakaz.sources.qtickets import QTicketsClient
from zakaz.sources.qtickets import refused as qtickets_refused
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_rate_limits import RateBudget
from zakaz.sources.vk_tokens import ReadyToken
from zakaz.stages import SOURCES
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.sql import statement

ACCESS_TOKEN = "sandbox-access-token"  # noqa: S105 - the stand-in's public value


def clients() -> tuple[VkAdsClient, QTicketsClient]:
    """As the hooks make them, but for the token store, which is Airflow's."""
    vk = json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"])
    qtickets = json.loads(os.environ["AIRFLOW_CONN_QTICKETS_DEFAULT"])
    limits = settings()
    ads = VkAdsClient(
        JsonApi("VK Ads", vk["host"], refuse=refused, budget=RateBudget()),
        ReadyToken(ACCESS_TOKEN, "token"),
        page_limit=limits.vk_page_limit,
        batch_ids=limits.vk_batch_ids,
        window_days=limits.vk_window_days,
        parallel_calls=limits.vk_parallel_calls,
    )
    api = JsonApi("QTickets", qtickets["host"], refuse=qtickets_refused)
    return ads, QTicketsClient(api, qtickets["password"])


def do_piece(warehouse: WarehouseHook, days: DayRange) -> None:
    """The chain of tasks."""
    ads, tickets = clients()
    load_vk_ads([ads], warehouse, days).require_complete()
    load_qtickets([tickets], warehouse, days, settings().refund_days)
    with warehouse.session():
        count_live(warehouse, STG_VK_ADS, days)
        rebuild(warehouse, DM_VK_ADS, statement("vk_ads/dm_vk_ads_daily.sql"), days)
        count_live(warehouse, STG_SALES, days)
        rebuild(warehouse, DM_SALES, statement("sales/dm_sales_daily.sql"), days)
        run_id = uuid4()
        for source in SOURCES:
            require_healthy(check_days(warehouse, days, run_id, source=source))


def main() -> None:
    """Do the range, and print the seconds."""
    days = DayRange.parse(sys.argv[1])
    warehouse = WarehouseHook()
    migrate(warehouse)
    started = time.perf_counter()
    backfill = Backfill(days=days)
    plan = make_plan(warehouse, days)
    enter(warehouse, backfill, plan.todo)
    for piece in plan.pieces:
        do_piece(warehouse, piece)
    settle(warehouse, backfill, MISSING)
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
