"""An account of VK Ads made by hand, in place of the client."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from made_rows import DAY, ONE_DAY
from zakaz.days import DayRange
from zakaz.errors import SourceUnavailable
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.sources.vk_ads import Reply, VkAdsClient
from zakaz.sources.vk_lists import Region
from zakaz.sources.vk_statistics import Figures
from zakaz.warehouse.hook import WarehouseHook


def load_made(warehouse: WarehouseHook, made: "MadeVkAds", days: DayRange = ONE_DAY) -> tuple[int, int]:
    """Load it; rows read and written."""
    return load_vk_ads([made], warehouse, days)[:2]


@dataclass
class MadeVkAds(VkAdsClient):
    """An account made by hand, in place of the client."""

    banners: list[dict[str, Any]]
    groups: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 20, "ad_plan_id": 10, "name": "Группа"}])
    plans: list[dict[str, Any]] = field(default_factory=lambda: [{"id": 10, "name": "Кампания"}])
    statistics_body: str = ""

    def account_id(self, known: Collection[int] = ()) -> int:
        return 7

    def lists(self) -> Iterator[tuple[Reply, list[int]]]:
        for resource, items in (("ad_plans", self.plans), ("ad_groups", self.groups), ("banners", self.banners)):
            told = reply(resource, {"limit": 50}, json.dumps({"count": len(items), "items": items}))
            yield told, [item["id"] for item in items]

    def statistics(self, ad_ids: Iterable[int], days: DayRange) -> Iterator[Reply]:
        ids = list(ad_ids)
        yield reply("statistics", {"id": ids}, self.statistics_body or statistics(*(row(ad) for ad in ids)))

    def regions(self) -> list[Region]:
        raise SourceUnavailable("regions.json: HTTP 503")

    def account_days(self, account_id: int, days: DayRange) -> Iterator[tuple[Reply, dict[date, Figures]]]:
        yield reply("users", {"id": [account_id]}, "{}"), {}


def reply(resource: str, request: dict[str, Any], text: str) -> Reply:
    return Reply(resource, request, None, text.encode(), datetime(2026, 11, 21, 2, 35, tzinfo=UTC))


def row(ad_id: int = 30, day: object = DAY, **base: Any) -> dict[str, Any]:
    """One ad's figures of one day, as VK tells them."""
    return {"id": ad_id, "rows": [{"date": str(day), "base": {"shows": 100, "clicks": 2, "spent": "12.34", **base}}]}


def statistics(*items: dict[str, Any]) -> str:
    return json.dumps({"items": items, "total": {}})
