"""The one region that an ad group targets: read in whatever shape, named once, the city of ads without another."""

import json
from decimal import Decimal
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY, build_vk
from made_vk_ads import MadeVkAds, load_made
from sandbox import Sandbox
from sandbox.cities import CITIES
from sandbox.regions import targetings
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.sources.vk_lists import Region, read_page, read_regions
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
KAZAN = next(city.region for city in CITIES if city.name == "Казань")
# What the engine reads as it came.
PLAIN: list[tuple[Any, int]] = [
    (targetings(7), 7),
    (targetings(7, -8, -9), 7),
    (targetings(-8, 7), 7),
    (targetings(7, 8), 0),
    (targetings(-8), 0),
    (targetings(points=True), 0),
    (targetings(7, legacy=True), 7),
    (targetings(7, 8, legacy=True), 0),
    (targetings(), 0),
    ({"geo": {"regions": [7]}, "regions": [8]}, 7),
    ({"geo": {"local_geo": [{"lat": 55.7}]}, "regions": [8]}, 0),
    ({"geo": {}, "regions": [8]}, 8),
    ({"geo": None, "regions": None}, 0),
    (None, 0),
]
# What is written anew before it reads it, together with the rest of the page.
ODD: list[tuple[Any, int]] = [
    ([], 0),
    ({"geo": [], "regions": [8]}, 8),
    ({"geo": {"regions": {"0": 7, "2": -8}}}, 7),
    ({"geo": {"regions": ["7", "-8"]}}, 7),
    ({"geo": {"regions": [7, None]}}, 0),
    ({"geo": {"regions": [7.5]}}, 0),
    ({"geo": {"regions": [True]}}, 0),
    ({"geo": {"regions": [[7]]}}, 0),
    ({"geo": {"regions": [10**25]}}, 0),
    ({"geo": {"regions": "7"}}, 0),
    ({"geo": "7"}, 0),
    ("7", 0),
    (7, 0),
]


def targeted(warehouse: WarehouseHook, *cases: tuple[Any, int]) -> list[int]:
    """The regions of ads, each in a group with such targetings, as they are staged."""
    groups = [
        {"id": number, "ad_plan_id": 10, "name": "Г", "targetings": what} for number, (what, _) in enumerate(cases, 20)
    ]
    banners = [{"id": 1000 + group["id"], "ad_group_id": group["id"], "name": "О"} for group in groups]
    loaded = load_vk_ads([MadeVkAds(banners, groups)], warehouse, ONE_DAY)
    assert (loaded.broken, loaded.rows_written) == ((), len(cases))
    found = warehouse.execute("SELECT targeted_region, ad_group_name FROM zakaz.stg_vk_ads_daily FINAL ORDER BY ad_id")
    assert {name for _, name in found} == {"Г"}
    return [region for region, _ in found]


def test_one_region_is_read_in_whatever_shape_and_what_can_not_be_read_is_none(warehouse: WarehouseHook) -> None:
    assert targeted(warehouse, *PLAIN) == [region for _, region in PLAIN]
    assert targeted(warehouse, *PLAIN, *ODD) == [region for _, region in (*PLAIN, *ODD)]
    for (what, _), is_plain in [*((case, True) for case in PLAIN), *((case, False) for case in ODD)]:
        page = json.dumps({"count": 1, "items": [{"id": 2, "ad_plan_id": 1, "targetings": what}]}).encode()
        assert (read_page(page, "ad_groups", 0).content == page) is is_plain, what
    # An ad that is no longer listed keeps what was known.
    load_made(warehouse, MadeVkAds([]))
    kept = warehouse.execute("SELECT sum(targeted_region) FROM zakaz.stg_vk_ads_daily FINAL")
    assert kept == [(sum(region for _, region in (*PLAIN, *ODD)),)]


def test_regions_are_those_that_can_be_read() -> None:
    items = [{"id": "7", "parent_id": None, "name": "Казань"}, {"id": 8, "parent_id": 7, "name": "Тула"}]
    odd: list[Any] = [{"id": 0, "name": "А"}, {"id": 9, "name": ""}, {"name": "Б"}, {"id": 10, "name": []}]
    found = read_regions(json.dumps({"items": items + odd}).encode())
    assert found == [Region(7, 0, "Казань"), Region(8, 7, "Тула")]


@pytest.mark.usefixtures("no_token_kept")
def test_an_ad_that_nothing_else_places_is_in_its_one_region_as_soon_as_that_has_a_name(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    spend = sum(Decimal(ad["spent"]) for ad in sandbox.truth(DAY) if ad["city"] is None)
    in_kazan = sum(Decimal(ad["spent"]) for ad in sandbox.truth(DAY) if ad["city"] == "Казань")
    # The groups of several cities, which no text of their ads tells.
    sandbox.fault("vk_ads", "replace", path="ad_groups.json", find=r'"regions":\[\d+,\d+\]', put=f'"regions":[{KAZAN}]')
    sandbox.fault("vk_ads", "503", path="regions.json", times=1)
    expected = [{"unknown": spend, "Казань": in_kazan}, {"Казань": in_kazan + spend}, {"Казань": in_kazan + spend}]
    for tried, cities in enumerate(expected, start=1):
        load_vk_ads(VkAdsHook().get_conn(), warehouse, ONE_DAY).require_complete()
        build_vk(warehouse)
        found = warehouse.execute("SELECT city, sum(spend) FROM zakaz.dm_vk_ads_daily FINAL GROUP BY city")
        assert {city: sum_ for city, sum_ in found if city in ("unknown", "Казань")} == cities
        # One try each time, and none as soon as the region is known.
        assert sum("regions.json" in call["path"] for call in sandbox.requests()["requests"]) == min(tried, 2)
    named = "SELECT name FROM zakaz.dim_vk_region FINAL WHERE region_id = {region:UInt64}"
    assert warehouse.execute(named, {"region": KAZAN}) == [("Казань",)], "not its English name"
