"""VK Ads into the staging: each reply is landed as it came, checked in SQL, and only then becomes rows."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from zakaz.clients.vk_ads import Reply, VkAdsClient
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.staging.loaded import Loaded
from zakaz.warehouse.build import STG_VK_ADS, rebuild
from zakaz.warehouse.engine import Row
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

RAW_TABLE = "zakaz.raw_vk_ads"
RAW_COLUMNS = (
    "fetch_id",
    "reply_no",
    "account_id",
    "resource",
    "request",
    "from_date",
    "to_date",
    "fetched_at",
    "body",
)
# What VK appends to the link of a group that has tags switched on and none of its own (VK's help on UTM tags).
AUTOMATIC_TAGS = "?utm_source=vk_ads&utm_medium=cpc&utm_campaign={{campaign_id}}&utm_content={{banner_id}}"
# Replies written at once: what is held in memory, and how often the warehouse is opened.
LANDED_TOGETHER = 50


def load_vk_ads(client: VkAdsClient, warehouse: WarehouseHook, days: DayRange) -> Loaded:
    """Read days of one account and rebuild them in the staging.

    :param days: Moscow days, each replaced as a whole.
    :raises SourceRefused: VK refused a call; the staging is as it was.
    :raises SourceUnavailable: VK gave no usable answer; the staging is as it was.
    :raises SourceInconsistent: the replies contradict themselves or the question; the staging is as it was.
    """
    account_id, fetch_id = client.account_id(), uuid4()
    ad_ids: list[int] = []

    def replies() -> Iterator[Reply]:
        for reply in client.lists():
            if reply.resource == "banners":
                ad_ids.extend(int(item["id"]) for item in reply.items)
            yield reply
        yield from client.statistics(ad_ids, days)

    _land(warehouse, replies(), fetch_id, account_id, days)
    fetch: dict[str, Any] = {"fetch_id": fetch_id, "account_id": account_id}
    with warehouse.session():
        _require_sound(warehouse, fetch, days)
        ((fetched, with_figures),) = warehouse.execute(statement("staging/vk_ads_fetched.sql"), fetch)
    if with_figures == 0:
        _require_empty(client, account_id, days)
    build = statement("staging/vk_ads.sql")
    written = rebuild(warehouse, STG_VK_ADS, build, days, automatic_tags=AUTOMATIC_TAGS, **fetch)
    return Loaded(fetched, written)


def _land(warehouse: WarehouseHook, replies: Iterable[Reply], fetch_id: UUID, account_id: int, days: DayRange) -> None:
    rows: Iterator[Row] = (
        (
            fetch_id,
            number,
            account_id,
            reply.resource,
            json.dumps(reply.request),
            days.first,
            days.last,
            reply.answer.received_at,
            reply.answer.text,
        )
        for number, reply in enumerate(replies)
    )
    while chunk := list(islice(rows, LANDED_TOGETHER)):
        warehouse.insert(RAW_TABLE, RAW_COLUMNS, chunk)


def _require_sound(warehouse: WarehouseHook, fetch: Mapping[str, Any], days: DayRange) -> None:
    problems = warehouse.execute(statement("staging/vk_ads_problems.sql"), {**fetch, **days.bounds})
    if problems:
        reply_no, problem, expected, found = problems[0]
        raise SourceInconsistent(
            f"VK Ads, {days}: {problem}: expected {expected}, found {found} (reply {reply_no} of fetch "
            f"{fetch['fetch_id']} in {RAW_TABLE}; {len(problems)} such in all). The staging keeps its old rows"
        )


def _require_empty(client: VkAdsClient, account_id: int, days: DayRange) -> None:
    """Nothing at all may be true, and may be a wrong token's empty answer: the account's own total decides."""
    total = client.account_total(account_id, days)
    if any(total):
        raise SourceInconsistent(
            f"VK Ads, {days}: no ad of account {account_id} has figures, but the account itself has "
            f"{total.impressions} impressions, {total.clicks} clicks and {total.spend} rubles. The staging keeps its "
            "old rows"
        )
