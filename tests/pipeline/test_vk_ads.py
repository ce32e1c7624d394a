"""VK Ads into the staging: exactly what the source says, or an error and the old rows."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import ONE_DAY, build_vk
from made_vk_ads import MadeVkAds, load_made, row, statistics
from sandbox import ACCOUNT_ID, Sandbox
from sandbox.clicks import Tags, tags_of_click
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.marts import STG_VK_ADS, rebuild
from zakaz.pipeline.vk_ads import AUTOMATIC_TAGS, load_vk_ads
from zakaz.sources.vk_ads import Reply
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

DAY = date(2026, 11, 20)
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]


def staged(warehouse: WarehouseHook, day: date = DAY) -> dict[int, tuple[int, int, Decimal]]:
    rows = warehouse.execute(
        "SELECT ad_id, impressions, clicks, spend FROM zakaz.stg_vk_ads_daily FINAL WHERE stat_date = {day:Date}",
        {"day": day},
    )
    return {ad_id: (impressions, clicks, spend) for ad_id, impressions, clicks, spend in rows}


def source(sandbox: Sandbox, day: date = DAY) -> dict[int, tuple[int, int, Decimal]]:
    return {
        ad["id"]: (ad["impressions"], ad["clicks"], Decimal(ad["spent"]))
        for ad in sandbox.truth(day)
        if ad["impressions"] or ad["clicks"] or ad["goals"] or ad["vk_goals"] or Decimal(ad["spent"])
    }


def every_row(warehouse: WarehouseHook, columns: str = "*") -> list[Any]:
    """All live rows; with `* EXCEPT (_ver)` without what says when they were written."""
    return list(warehouse.execute(f"SELECT {columns} FROM zakaz.stg_vk_ads_daily FINAL ORDER BY stat_date, ad_id"))


def load(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> int:
    return load_vk_ads(VkAdsHook().get_conn(), warehouse, days).rows_written


@pytest.mark.own_statements
def test_the_staging_is_the_source_to_the_kopeck(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    loaded = load_vk_ads(VkAdsHook().get_conn(), warehouse, DayRange(DAY, DAY))
    assert staged(warehouse) == source(sandbox)
    assert loaded.rows_written == len(source(sandbox)) > 20
    goals = {ad["id"]: (ad["goals"], ad["vk_goals"]) for ad in sandbox.truth(DAY) if ad["id"] in staged(warehouse)}
    apart = warehouse.execute("SELECT ad_id, base_goals, vk_goals FROM zakaz.stg_vk_ads_daily FINAL")
    assert {ad_id: tuple(both) for ad_id, *both in apart} == goals


def test_names_and_places_are_those_of_the_lists(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    load(warehouse)
    listed = {ad["id"]: ad for ad in sandbox.ads()}
    goals = {ad["id"]: ad["vk_goals"] for ad in sandbox.truth(DAY)}
    found = warehouse.execute(
        "SELECT ad_id, ad_name, ad_group_id, ad_group_name, campaign_id, campaign_name, goals, account_id "
        "FROM zakaz.stg_vk_ads_daily FINAL"
    )
    for ad_id, *rest in found:
        ad = listed[ad_id]
        placed = [ad[name] for name in ("name", "group_id", "group", "campaign_id", "campaign")]
        assert rest == [*placed, goals[ad_id], 700123]


def test_the_tags_of_an_ad_are_those_that_its_clicks_bring_to_the_ticket_seller(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    load(warehouse)
    catalog = sandbox.source.catalog
    names = "utm_source, utm_medium, utm_campaign, utm_content, utm_term"
    found = warehouse.execute(f"SELECT ad_id, {names} FROM zakaz.stg_vk_ads_daily FINAL")
    assert {ad_id: Tags(*tags) for ad_id, *tags in found} == {
        ad_id: tags_of_click(catalog, catalog.ads[ad_id]) for ad_id in staged(warehouse)
    }
    assert len({tuple(tags) for _, *tags in found}) > 10


def test_loading_twice_changes_nothing(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    written = load(warehouse)
    before = every_row(warehouse, "* EXCEPT (_ver)")
    assert load(warehouse) == written
    assert every_row(warehouse, "* EXCEPT (_ver)") == before
    assert len(before) == written


def test_a_restated_day_is_what_the_source_says_now_in_staging_and_mart(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    load(warehouse)
    build_vk(warehouse)
    dearer, gone, moved = [ad["id"] for ad in sandbox.truth(DAY) if Decimal(ad["spent"]) and ad["city"]][:3]
    sandbox.patch_ad(dearer, spent={DAY: "98765.43"})
    sandbox.patch_ad(gone, removed=True)
    sandbox.patch_ad(moved, utm_content="orel_video")
    load(warehouse)
    build_vk(warehouse)

    assert staged(warehouse) == source(sandbox)
    assert staged(warehouse)[dearer][2] == Decimal("98765.43")
    assert gone not in staged(warehouse)
    expected: defaultdict[tuple[str, int], list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0)])
    for ad in sandbox.truth(DAY):
        if ad["id"] in source(sandbox):
            sums = expected[ad["city"] or "unknown", ad["campaign_id"]]
            for place, figure in enumerate((ad["impressions"], ad["clicks"], ad["vk_goals"], Decimal(ad["spent"]))):
                sums[place] += figure
    mart = warehouse.execute(
        "SELECT city, campaign_id, impressions, clicks, goals, spend FROM zakaz.dm_vk_ads_daily FINAL"
    )
    assert {(city, campaign): sums for city, campaign, *sums in mart} == expected
    assert len(mart) == len(expected)
    assert next(ad["city"] for ad in sandbox.truth(DAY) if ad["id"] == moved) == "Орёл"


def test_every_day_of_a_window_is_loaded_and_the_others_stay(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    days = DayRange(DAY - timedelta(days=3), DAY)
    load(warehouse, days)
    for day in days:
        assert staged(warehouse, day) == source(sandbox, day) != {}
    others = [found for found in every_row(warehouse) if found[0] != DAY]
    sandbox.patch_ad(sandbox.ads()[0]["id"], spend_factor="2")
    load(warehouse)
    assert staged(warehouse) == source(sandbox)
    assert [found for found in every_row(warehouse) if found[0] != DAY] == others


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "bad_figure", "path": "statistics/banners"}, r"a figure that can not be read.*spent=n/a"),
        ({"kind": "bad_total"}, r"days that do not add up to their total: expected the whole reply: .*"),
        (
            {"kind": "empty", "path": "statistics/banners"},
            r"SUSPECT_ZERO: no ad of account 700123 has",
        ),
    ],
)
def test_a_reply_that_contradicts_itself_leaves_the_old_rows(
    warehouse: WarehouseHook, sandbox: Sandbox, fault: dict[str, str], said: str
) -> None:
    load(warehouse)
    before = every_row(warehouse)
    sandbox.patch_ad(sandbox.ads()[0]["id"], spend_factor="2")
    sandbox.fault("vk_ads", **fault)
    with pytest.raises(SourceInconsistent, match=rf"^VK Ads, 2026-11-20: {said}.*The staging keeps its old rows$"):
        load(warehouse)
    assert every_row(warehouse) == before != []


def test_an_empty_day_that_the_account_confirms_becomes_empty(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    day_before = DayRange(DAY - timedelta(days=1), DAY - timedelta(days=1))
    load(warehouse, day_before)
    load(warehouse)
    build_vk(warehouse)
    sandbox.fault("vk_ads", "empty", path="statistics")
    assert load(warehouse) == 0
    build_vk(warehouse)
    assert staged(warehouse) == {}
    assert warehouse.execute("SELECT count() FROM zakaz.dm_vk_ads_daily FINAL") == [(0,)]
    assert staged(warehouse, day_before.first) == source(sandbox, day_before.first)


def test_a_cabinet_that_is_silent_as_a_whole_empties_nothing(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """No list, no figures, no total: rather another cabinet's token, or a fault of VK's, than three confirmations."""
    load(warehouse)
    before = staged(warehouse)
    sandbox.fault("vk_ads", "empty")
    with pytest.raises(SourceInconsistent, match=r"SUSPECT_ZERO: account \d+ lists no ad and has no figures"):
        load(warehouse)
    assert staged(warehouse) == before != {}


IMPOSSIBLE = [
    (statistics(row(31)), "an ad that was not asked for: expected one of the ads asked for, found ad 31"),
    (statistics(row(day="2026-11-19")), "a date outside the days asked for: .* found ad 30: 2026-11-19"),
    (statistics(row(day="20.11.2026")), "a figure that can not be read: .* found ad 30, 20.11.2026: shows=100"),
    (statistics(row(), row()), "an ad given more than once: .* found ad 30: 2 items"),
    (statistics(row(shows=None)), "a figure that can not be read: .* shows=nothing clicks=2 spent=12.34"),
    (statistics(row(clicks="many")), "a figure that can not be read: .* clicks=many"),
    (statistics(row(shows=-1)), "a figure that can not be read: .* shows=-1"),
    (statistics(row(spent="")), "a figure that can not be read: .* spent=(nothing)? "),
    (statistics(row(spent="12,34")), "a figure that can not be read: .* spent=12,34"),
    (statistics(row(goals=3.5)), "a figure that can not be read: .* goals=3.5"),
    (statistics(row(vk={"goals": "x"})), "a figure that can not be read: .* goals=x"),
    (
        statistics(row(spent="10.00") | {"total": {"base": {"shows": 100, "clicks": 2, "spent": "10.02"}}}),
        "days that do not add up to their total: expected ad 30: .* spent=10.02, found .* spent=10",
    ),
    (
        statistics({"id": 30, "rows": [], "total": {"base": {"shows": 5, "clicks": 0, "spent": "0"}}}),
        "days that do not add up to their total: expected ad 30: shows=5 .*, found shows=0",
    ),
]


@pytest.mark.own_statements
def test_what_can_not_be_true_is_named_and_not_loaded(warehouse: WarehouseHook) -> None:
    banners = [{"id": 30, "ad_group_id": 20}]
    with warehouse.session():
        load_made(warehouse, MadeVkAds(banners))
        before = every_row(warehouse)
        for body, said in IMPOSSIBLE:
            with pytest.raises(SourceInconsistent, match=f"^VK Ads, 2026-11-20: {said}"):
                load_made(warehouse, MadeVkAds(banners, statistics_body=body))
        assert every_row(warehouse) == before
    assert len(before) == 1


def test_an_ad_in_two_replies_about_the_same_days_is_not_counted_twice(warehouse: WarehouseHook) -> None:
    class Repeated(MadeVkAds):
        def statistics(self, ad_ids: Iterable[int], days: DayRange) -> Iterator[Reply]:
            for _ in range(2):
                yield from super().statistics(ad_ids, days)

    with pytest.raises(SourceInconsistent, match=r"an ad given more than once: .* found ad 30: 2 items"):
        load_made(warehouse, Repeated([{"id": 30, "ad_group_id": 20, "urls": {}}]))


def test_figures_in_every_shape_that_vk_gives(warehouse: WarehouseHook) -> None:
    banners = [{"id": ad, "ad_group_id": 20} for ad in range(30, 41)]
    body = statistics(
        row(30, spent="0.29"),
        row(31, shows="5", clicks="0", spent=345.6, goals=4, vk={"goals": "3"}),
        row(32, shows=2**40, spent="123456789012345.67", goals=4, vk={"goals": 0}),
        row(33, shows=0, clicks=0, spent="0"),
        row(34, shows=0, clicks=0, spent="-1.50", goals=2),
        {"id": 35, "rows": []},
        {"id": 36, "rows": [{"date": str(DAY)}]},
        row(37, spent="7.499") | {"total": {"base": {"shows": 100, "clicks": 2, "spent": "7.50"}}},
        {"id": 38, "rows": [{"date": str(DAY), "base": None}], "total": None},
        # Only a row of zeros says the same as none: somebody may come back long after he saw the ad.
        row(39, shows=0, clicks=0, spent="0", vk={"goals": 2}),
        row(40, shows=0, clicks=3, spent="0"),
    )
    loaded = load_made(warehouse, MadeVkAds(banners, statistics_body=body))
    assert loaded == (10, 7)
    found = warehouse.execute("SELECT ad_id, impressions, clicks, goals, spend FROM zakaz.stg_vk_ads_daily FINAL")
    apart = warehouse.execute("SELECT ad_id, base_goals, vk_goals FROM zakaz.stg_vk_ads_daily FINAL")
    assert sorted(apart) == [(30, 0, 0), (31, 4, 3), (32, 4, 0), (34, 2, 0), (37, 0, 0), (39, 0, 2), (40, 0, 0)]
    assert sorted(found) == [
        (30, 100, 2, 0, Decimal("0.29")),
        (31, 5, 0, 3, Decimal("345.60")),
        (32, 2**40, 2, 0, Decimal("123456789012345.67")),
        (34, 0, 0, 2, Decimal("-1.50")),
        (37, 100, 2, 0, Decimal("7.50")),
        (39, 0, 0, 2, Decimal(0)),
        (40, 0, 3, 0, Decimal(0)),
    ]


AUTOMATIC = ("vk_ads", "cpc", "{group}", "{ad}", "")


# Group, slots of the ad's link, and the five tags with {group} and {ad} in place of the ids.
TAGGED = [
    # The group's tags stand over those of the link; what the group does not say, the link does.
    (
        {"enable_utm": True, "utm": "utm_source=group&utm_content=kazan"},
        {"primary": {"url": "https://t.example/?utm_source=link&utm_content=moskva&utm_term=t"}},
        ("group", "", "", "kazan", "t"),
    ),
    # Switched off, the group's tags mean nothing, and nothing is added.
    (
        {"enable_utm": False, "utm": "utm_source=group&utm_content=kazan"},
        {"primary": {"url": "https://t.example/?a=1&utm_content=moskva#top"}},
        ("", "", "", "moskva", ""),
    ),
    ({"enable_utm": False, "utm": ""}, {"primary": {"url": "https://t.example/"}}, ("", "", "", "", "")),
    # Switched on and none of its own: VK's automatic ones, below those of the link.
    ({"enable_utm": True, "utm": ""}, {}, AUTOMATIC),
    ({"enable_utm": True, "utm": ""}, None, AUTOMATIC),
    ({"enable_utm": True, "utm": ""}, {"primary": {"url": "leadads://123/"}}, AUTOMATIC),
    (
        {"enable_utm": True, "utm": ""},
        {"primary": {"url": "https://t.example/?utm_content=moskva"}},
        (*AUTOMATIC[:3], "moskva", ""),
    ),
    # Macros: to VK the campaign is the ad group.
    (
        {
            "enable_utm": True,
            "utm": "utm_campaign={{campaign_id}}&utm_content={{ad_plan_id}}-{{banner_id}}-{{geo}}",
        },
        None,
        ("", "", "{group}", "10-{ad}-{{{{geo}}}}", ""),
    ),
    ({"enable_utm": True, "utm": "?utm_term=%7B%7Bbanner_id%7D%7D"}, None, ("", "", "", "", "{ad}")),
    # Encoded text, and a leading separator.
    (
        {"enable_utm": True, "utm": "&utm_content=%D0%9A%D0%B0%D0%B7%D0%B0%D0%BD%D1%8C+2"},
        None,
        ("", "", "", "Казань 2", ""),
    ),
    # The link may be in another slot; the primary one goes first, an empty one does not count.
    (
        {"enable_utm": False},
        {"vk_clip": {"url": "https://t.example/?utm_content=orel"}},
        ("", "", "", "orel", ""),
    ),
    (
        {"enable_utm": False},
        {
            "a_slot": {"url": "https://t.example/?utm_content=orel"},
            "primary": {"url": "https://t.example/?utm_content=perm"},
        },
        ("", "", "", "perm", ""),
    ),
    (
        {"enable_utm": False},
        {"primary": {"url": ""}, "vk_clip": {"url": "https://t.example/?utm_content=orel"}},
        ("", "", "", "orel", ""),
    ),
]


def test_where_the_tags_come_from(warehouse: WarehouseHook) -> None:
    groups = [{"id": 200 + no, "ad_plan_id": 10, "name": "Г", **group} for no, (group, _, _) in enumerate(TAGGED)]
    banners = [
        {"id": 300 + no, "ad_group_id": 200 + no, **({} if urls is None else {"urls": urls})}
        for no, (_, urls, _) in enumerate(TAGGED)
    ]
    load_made(warehouse, MadeVkAds(banners, groups))
    found = every_row(warehouse, "utm_source, utm_medium, utm_campaign, utm_content, utm_term")
    for no, (group, urls, tags) in enumerate(TAGGED):
        assert found[no] == tuple(tag.format(group=200 + no, ad=300 + no) for tag in tags), (group, urls)


def test_replies_are_kept_as_they_came_and_the_staging_can_be_built_from_them(warehouse: WarehouseHook) -> None:
    body = '{"total":{},\n  "items":[ {"rows":[{"base":{"spent":"12.30","clicks":1.0e0,"shows":10,"x":"\\u041a\\/ё\t'
    body = body.replace("\t", "\\t") + ' 🎄\u2028"},"date":"2026-11-20"}],"id":30} ] }\n'
    made = MadeVkAds(
        [{"id": 30, "ad_group_id": 20, "name": "Объявление 1"}], statistics_body=body.replace("1.0e0", "1")
    )
    load_made(warehouse, made)
    raw = warehouse.execute(
        "SELECT fetch_id, resource, request, body, from_date, to_date, fetched_at FROM zakaz.raw_vk_ads FINAL "
        "ORDER BY reply_no"
    )
    sent = [*(told for told, _ in made.lists()), *made.statistics([30], ONE_DAY)]
    sent += [told for told, _ in made.account_days(7, ONE_DAY)]
    assert [found[1:4] for found in raw] == [
        (told.resource, json.dumps(told.request), told.content.decode()) for told in sent
    ]
    assert {found[4:] for found in raw} == {(DAY, DAY, datetime(2026, 11, 21, 2, 35, tzinfo=UTC))}

    before = every_row(warehouse, "* EXCEPT (_ver)")
    warehouse.execute("TRUNCATE TABLE zakaz.stg_vk_ads_daily")
    warehouse.execute("TRUNCATE TABLE zakaz.parsed_vk_ads")
    fetch = {"fetch_id": raw[0][0], "account_id": 7, "automatic_tags": AUTOMATIC_TAGS, "keep_refused": False}
    warehouse.execute(statement("vk_ads/parse.sql"), fetch)
    assert rebuild(warehouse, STG_VK_ADS, statement("vk_ads/stg_vk_ads_daily.sql"), ONE_DAY, **fetch) == 1
    assert every_row(warehouse, "* EXCEPT (_ver)") == before != []


def test_another_account_is_read_only_if_that_is_meant(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_made(warehouse, MadeVkAds([{"id": 30, "ad_group_id": 20}]))
    before = every_row(warehouse)
    with pytest.raises(SourceInconsistent, match=r"opens account 700123, the figures so far are of account 7\."):
        load(warehouse)
    assert every_row(warehouse) == before
    connection = json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps({**connection, "extra": {"account_id": ACCOUNT_ID}}))
    load(warehouse)
    assert staged(warehouse) == {**source(sandbox), 30: (100, 2, Decimal("12.34"))}
