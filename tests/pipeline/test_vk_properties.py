"""What must hold for any figures and any tags, not only for those that somebody thought of."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from few_examples import a_few
from made_rows import ONE_DAY
from made_vk_ads import MadeVkAds, load_made
from zakaz.errors import SourceInconsistent
from zakaz.warehouse.hook import WarehouseHook

TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
AUTOMATIC = {
    "utm_source": "vk_ads",
    "utm_medium": "cpc",
    "utm_campaign": "{{campaign_id}}",
    "utm_content": "{{banner_id}}",
}
PLAN, GROUP, AD = 10, 2000, 3000
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]

word = st.text("абвё xyzABC019-_.+%&=?#/«»🎄", max_size=8)
value = st.one_of(
    word, st.sampled_from(["{{ad_plan_id}}", "{{campaign_id}}", "{{banner_id}}", "{{geo}}", "a{{banner_id}}b"])
)
tags = st.dictionaries(st.sampled_from((*TAGS, "from", "utm_other")), value, max_size=5)


def query(given_tags: dict[str, str]) -> str:
    return "&".join(f"{name}={quote_plus(text)}" for name, text in given_tags.items())


def expected(enabled: bool, group: dict[str, str], link: dict[str, str], group_id: int, ad_id: int) -> tuple[str, ...]:
    """The rule of reference/vk_ads_api.md, section 5, in plain Python."""
    layers = [group if enabled else {}, link, AUTOMATIC if enabled and not group else {}]
    found = []
    for name in TAGS:
        text = next((layer[name] for layer in layers if layer.get(name)), "")
        for macro, number in (("ad_plan_id", PLAN), ("campaign_id", group_id), ("banner_id", ad_id)):
            text = text.replace("{{" + macro + "}}", str(number))
        found.append(text)
    return tuple(found)


@a_few
@given(cases=st.lists(st.tuples(st.booleans(), tags, tags, st.booleans()), min_size=1, max_size=20))
def test_tags_follow_the_rule(
    warehouse: WarehouseHook, cases: list[tuple[bool, dict[str, str], dict[str, str], bool]]
) -> None:
    groups, banners = [], []
    for number, (enabled, group, link, other_slot) in enumerate(cases):
        slot = "vk_clip" if other_slot else "primary"
        url = f"https://t.example/a?{query(link)}#top"
        groups.append({"id": GROUP + number, "ad_plan_id": PLAN, "enable_utm": enabled, "utm": query(group)})
        banners.append({"id": AD + number, "ad_group_id": GROUP + number, "urls": {slot: {"url": url}}})
    load_made(warehouse, MadeVkAds(banners, groups, [{"id": PLAN, "name": "К"}]))
    found = warehouse.execute(f"SELECT ad_id, {', '.join(TAGS)} FROM zakaz.stg_vk_ads_daily FINAL ORDER BY ad_id")
    assert [row[1:] for row in found if row[0] < AD + len(cases)] == [
        expected(enabled, group, link, GROUP + number, AD + number)
        for number, (enabled, group, link, _) in enumerate(cases)
    ]


count = st.integers(0, 10**12)
money = st.decimals(Decimal(-1000), Decimal(10**12), places=2)
figures = st.fixed_dictionaries({"shows": count, "clicks": count, "spent": money}, optional={"goals": count})


def as_written(base: dict[str, Any], as_text: bool) -> dict[str, Any]:
    """Numbers come as numbers or as texts."""
    return {name: str(amount) if as_text or name == "spent" else amount for name, amount in base.items()}


@a_few
@given(ads=st.lists(st.tuples(figures, st.booleans()), min_size=1, max_size=10))
def test_any_figures_arrive_to_the_kopeck(warehouse: WarehouseHook, ads: list[tuple[dict[str, Any], bool]]) -> None:
    items = [
        {"id": number, "rows": [{"date": str(ONE_DAY.first), "base": as_written(base, as_text)}]}
        for number, (base, as_text) in enumerate(ads, start=1)
    ]
    sums = {name: sum(base.get(name, 0) for base, _ in ads) for name in ("shows", "clicks", "spent")}
    total = {"base": {**sums, "spent": str(sums["spent"])}}
    banners = [{"id": number, "ad_group_id": 20} for number in range(1, len(ads) + 1)]
    warehouse.execute("TRUNCATE TABLE zakaz.stg_vk_ads_daily")
    load_made(warehouse, MadeVkAds(banners, statistics_body=json.dumps({"items": items, "total": total})))
    found = warehouse.execute("SELECT sum(impressions), sum(clicks), sum(spend) FROM zakaz.stg_vk_ads_daily FINAL")
    assert found == [(sums["shows"], sums["clicks"], sums["spent"])]


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda n: n % 1),
    st.text(max_size=3).filter(lambda t: not t.isdigit()),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    st.integers(max_value=-1),
)


@a_few
@given(field=st.sampled_from(["shows", "clicks"]), wrong=junk)
def test_what_is_no_count_is_never_loaded_as_one(warehouse: WarehouseHook, field: str, wrong: Any) -> None:
    base = {"shows": 5, "clicks": 1, "spent": "1.00", field: wrong}
    body = json.dumps({"items": [{"id": 1, "rows": [{"date": str(ONE_DAY.first), "base": base}]}]})
    with pytest.raises(SourceInconsistent, match="a figure that can not be read"):
        load_made(warehouse, MadeVkAds([{"id": 1, "ad_group_id": 20}], statistics_body=body))


@a_few
@given(offset=st.integers(-400, 400).filter(bool))
def test_no_day_but_the_one_asked_for_is_loaded(warehouse: WarehouseHook, offset: int) -> None:
    day: date = ONE_DAY.first + timedelta(days=offset)
    body = json.dumps(
        {"items": [{"id": 1, "rows": [{"date": str(day), "base": {"shows": 1, "clicks": 0, "spent": "1"}}]}]}
    )
    with pytest.raises(SourceInconsistent, match="a date outside the days asked for"):
        load_made(warehouse, MadeVkAds([{"id": 1, "ad_group_id": 20}], statistics_body=body))
