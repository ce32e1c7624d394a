"""What is odd in a list costs neither the ids of the object nor what was known of it."""

from typing import Any

import pytest

from made_rows import ONE_DAY, build_vk
from made_vk_ads import MadeVkAds
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
SOUND: dict[str, dict[str, Any]] = {
    "banners": {"id": 30, "ad_group_id": 20, "name": "О", "urls": {"primary": {"url": "//a"}}},
    "groups": {"id": 20, "ad_plan_id": 10, "name": "Г", "enable_utm": True, "utm": "utm_content=kazan"},
    "plans": {"id": 10, "name": "К"},
}
ODD: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    # As if the group had no tags of its own: those that VK appends.
    ("groups", {"utm": []}, {"utm_content": "30", "city": "unknown"}, "utm: expected a text, found a list"),
    ("groups", {"utm": {"a": "b"}}, {"utm_content": "30", "city": "unknown"}, "utm: expected a text, found an object"),
    ("groups", {"enable_utm": "yes"}, {"utm_content": "", "city": "unknown"}, "enable_utm: expected true or false"),
    ("groups", {"name": []}, {"ad_group_name": ""}, "name: expected a text, found a list"),
    ("groups", {"ad_plan_id": 0}, {"campaign_id": 0, "campaign_name": ""}, "ad_plan_id: expected a whole number"),
    ("plans", {"name": []}, {"campaign_name": ""}, "name: expected a text, found a list"),
    ("banners", {"name": {}}, {"ad_name": ""}, "name: expected a text, found an object"),
    ("banners", {"urls": "x"}, {"link": ""}, "urls: expected a list, found a text"),
    ("banners", {"urls": {"primary": 5, "x": {"url": "//b"}}}, {"link": "//b"}, "urls.primary: expected an object"),
    ("banners", {"urls": {"primary": {"url": []}}}, {"link": ""}, "url: expected a text, found a list"),
]
EVEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("groups", {"enable_utm": "1"}, {}),
    ("groups", {"enable_utm": "0"}, {"utm_content": "", "city": "unknown"}),
    ("banners", {"urls": []}, {"link": ""}),
    ("banners", {"urls": {"primary": []}}, {"link": ""}),
]


def load(warehouse: WarehouseHook, kind: str = "plans", changed: dict[str, Any] | None = None) -> tuple[str, ...]:
    """Load the ad, with one object of the lists changed: what is named as broken."""
    lists = {name: [{**fields, **(changed or {})} if name == kind else fields] for name, fields in SOUND.items()}
    broken = load_vk_ads([MadeVkAds(**lists)], warehouse, ONE_DAY).broken
    build_vk(warehouse)
    return broken


def described(warehouse: WarehouseHook) -> dict[str, Any]:
    columns = ("ad_name", "link", "ad_group_id", "ad_group_name", "campaign_id", "campaign_name", "utm_content")
    ((*found,),) = warehouse.execute(f"SELECT {', '.join(columns)} FROM zakaz.stg_vk_ads_daily FINAL")
    ((campaign_id, city),) = warehouse.execute("SELECT campaign_id, city FROM zakaz.dm_vk_ads_daily FINAL")
    assert campaign_id == found[4]
    return {**dict(zip(columns, found, strict=True)), "city": city}


def empty(warehouse: WarehouseHook) -> None:
    for table in ("stg_vk_ads_daily", "dm_vk_ads_daily"):
        warehouse.execute(f"TRUNCATE TABLE zakaz.{table}")


@pytest.mark.parametrize(("kind", "changed", "unknown", "said"), ODD, ids=[str(case[1]) for case in ODD])
def test_what_is_odd_is_named_and_unknown_and_an_earlier_load_is_right(
    warehouse: WarehouseHook, kind: str, changed: dict[str, Any], unknown: dict[str, Any], said: str
) -> None:
    assert load(warehouse) == ()
    right = described(warehouse)
    assert (right["campaign_id"], right["city"]) == (10, "Казань")
    (broken,) = load(warehouse, kind, changed)
    assert said in broken
    assert described(warehouse) == right
    empty(warehouse)
    assert load(warehouse, kind, changed) == (broken,)
    assert described(warehouse) == {**right, **unknown}
    load(warehouse)
    assert described(warehouse) == right, "what was unknown is no earlier description to keep"


@pytest.mark.parametrize(("kind", "changed", "other"), EVEN, ids=[str(case[1]) for case in EVEN])
def test_what_has_one_meaning_is_not_odd(
    warehouse: WarehouseHook, kind: str, changed: dict[str, Any], other: dict[str, Any]
) -> None:
    assert load(warehouse) == ()
    right = described(warehouse)
    assert load(warehouse, kind, changed) == ()
    assert described(warehouse) == {**right, **other}
