"""Which ad a sale of the sandbox came from: its tags are those of the account's ads, and its money is as ever."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import TODAY, Client

from sandbox import Sandbox
from sandbox.catalog import Ad, Campaign, Catalog, Group
from sandbox.clicks import Tags, tags_of_click
from sandbox.ticket_papers import order_paper

LAST = TODAY
FIRST = LAST - timedelta(days=59)
TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# By seed: combinations of event, source and campaign; tickets, revenue, refunds and tickets given back; the same by
# day, event and city. From the version in which no sale had the tags of an ad.
FROZEN = [
    (1, 723, [7740, 16_825_650, 1_156_950, 534], "18c3ff84a55a237c"),
    (2, 700, [7553, 16_823_400, 1_105_050, 502], "e865935382adc393"),
]


def made(tmp_path: Path, **given: Any) -> Sandbox:
    return Sandbox(state_dir=tmp_path, today=lambda: TODAY, **given)


def tags_of(row: dict[str, Any]) -> Tags:
    return Tags(*(row[name] for name in TAGS))


@pytest.mark.parametrize(("seed", "combinations", "totals", "digest"), FROZEN)
def test_the_money_of_each_day_event_and_city_is_as_it_was(
    tmp_path: Path, seed: int, combinations: int, totals: list[int], digest: str
) -> None:
    rows = made(tmp_path, seed=seed).sales_truth(FIRST, LAST)
    sums: defaultdict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        sold = sums[row["report_date"].isoformat(), row["event_id"], row["city"]]
        for place, name in enumerate(("tickets_sold", "revenue", "refunds_amount", "tickets_refunded")):
            sold[place] += int(Decimal(row[name]))
    told = "\n".join(f"{key} {figures}" for key, figures in sorted(sums.items()))
    assert [sum(figures) for figures in zip(*sums.values(), strict=True)] == totals
    assert blake2b(told.encode(), digest_size=8).hexdigest() == digest
    names = ("report_date", "event_id", "utm_source", "utm_campaign")
    assert len({tuple(row[name] for name in names) for row in rows if row["tickets_sold"]}) == combinations


CLICKS = [
    # tags of the group, whether they are on, tags of the link, what a click brings
    ("utm_source=g&utm_content=g", True, "utm_source=l&utm_content=l&utm_term=l", Tags("g", "", "", "g", "l")),
    ("utm_source=g&utm_content=g", False, "utm_content=l", Tags(utm_content="l")),
    ("utm_source=&utm_term={{ad_plan_id}}-{{geo}}", True, "utm_source=l", Tags("l", "", "", "", "10-{{geo}}")),
    ("", True, "utm_campaign=l", Tags("vk_ads", "cpc", "l", "30")),
    ("", True, "", Tags("vk_ads", "cpc", "20", "30")),
    ("", False, "", Tags()),
]


@pytest.mark.parametrize(("group_tags", "is_on", "link_tags", "expected"), CLICKS)
def test_what_a_click_brings(group_tags: str, is_on: bool, link_tags: str, expected: Tags) -> None:
    group = Group(20, 10, "Г", "active", is_on, group_tags, {}, "reach", "")
    ad = Ad(30, 20, "О", "active", {"vk_clip": f"https://t.example/?{link_tags}"}, "Казань", 1, "reach", "")
    catalog = Catalog({10: Campaign(10, "К", "active", "reach", "")}, {20: group}, {30: ad})
    assert tags_of_click(catalog, ad) == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_most_sales_of_vk_have_the_tags_of_an_ad_for_their_city_and_a_few_do_not(tmp_path: Path, seed: int) -> None:
    sandbox = made(tmp_path, seed=seed)
    catalog = sandbox.source.catalog
    cities, campaigns = defaultdict(set), defaultdict(set)
    for ad in catalog.ads.values():
        tags = tags_of_click(catalog, ad)
        cities[tags].add(ad.city)
        campaigns[tags.utm_campaign].add(catalog.groups[ad.group_id].campaign_id)
    automatic = {str(group.id) for group in catalog.groups.values() if group.enable_utm and not group.utm}
    ads_own = {(tags.alike, tags.utm_content) for tags in cities}

    def kind(tags: Tags, city: str) -> str:
        if tags in cities:
            assert city in cities[tags]
            shared = "shared" if len(campaigns[tags.utm_campaign]) > 1 else "of one campaign"
            return "automatic" if tags.utm_campaign in automatic else shared
        return "misspelt" if (tags.alike, tags.utm_content) in ads_own else "of no ad"

    kinds: Counter[str] = Counter()
    seen: set[Tags] = set()
    for number in range(60):
        for order in sandbox.office.orders(FIRST + timedelta(days=number)):
            if order.tags.alike[0] == "vk_ads":
                kinds[kind(order.tags, order.event.city.name)] += 1
                seen.add(order.tags)
    shares = {name: count / kinds.total() for name, count in kinds.items()}
    assert shares["automatic"] > 0.1
    assert 0.1 < shares["shared"] < 0.3
    assert shares["of one campaign"] > 0.4
    assert shares["automatic"] + shares["shared"] + shares["of one campaign"] > 0.8
    assert 0.03 < shares["misspelt"] < 0.1
    assert 0.04 < shares["of no ad"] < 0.15
    assert len(seen & cities.keys()) > len(cities) * 3 / 4, "most ads sell"
    written = {tag for tags in seen for tag in (tags.utm_source, tags.utm_campaign)}
    assert "VK_Ads" in written
    assert {" autumn ", "AUTUMN"} & written


def test_a_city_without_ads_keeps_a_tag_of_none(tmp_path: Path) -> None:
    found = defaultdict(set)
    for row in made(tmp_path, seed=1, ads=1).sales_truth(FIRST, LAST):
        if row["utm_source"].lower() == "vk_ads":
            found[row["city"]].add(row["utm_campaign"])
    assert "autumn_0" in found.pop("Москва")
    assert found["Казань"] == {"kazan_retarget", "kazan_video"}
    assert all(campaign.endswith(("_retarget", "_video")) for city in found for campaign in found[city])


def test_papers_say_the_tags_and_why_a_ticket_was_cheaper_or_dearer(tmp_path: Path) -> None:
    office = made(tmp_path, seed=1).office
    papers = [order_paper(order) for number in range(60) for order in office.orders(FIRST + timedelta(days=number))]
    assert any(paper["utm"] == [] for paper in papers)
    tagged = [paper["utm"] for paper in papers if paper["utm"]]
    assert all(list(utm) == [name for name in TAGS if utm.get(name)] for utm in tagged)
    assert {len(utm) for utm in tagged} == {3, 4, 5}
    for field, low, high in (("promo_code_id", 0.05, 0.12), ("discount_id", 0.03, 0.08)):
        assert low < sum(paper[field] is not None for paper in papers) / len(papers) < high
    baskets = [(paper, basket) for paper in papers for basket in paper["baskets"]]
    for paper, basket in baskets:
        assert basket["price"] == basket["original_price"] - basket["discount_value"]
        assert bool(basket["discount_value"]) == bool(paper["promo_code_id"] or paper["discount_id"])
        kept = None if basket["refunded_at"] is None else basket["price"] - basket["refunded_amount"]
        assert basket["refunded_deduction_amount"] == kept
    for paper in papers:
        assert paper["price"] == sum(basket["price"] for basket in paper["baskets"])
    assert 0.01 < sum(basket["service_fee_amount"] > 0 for _, basket in baskets) / len(baskets) < 0.06
    assert {basket["refunded_deduction_amount"] for _, basket in baskets} == {None, 0, 150}


def test_the_truth_about_tags_is_what_the_papers_come_to(client: Client, sandbox: Sandbox) -> None:
    days = [LAST - timedelta(days=1), LAST]
    (order, *_) = sandbox.orders(days[0])
    sandbox.patch_order(order["id"], refunded_on=LAST)
    days_text = {"from": days[0].isoformat(), "to": days[1].isoformat()}
    rows = client.control("GET", "qtickets/tags_truth", **days_text).json()
    told = {tuple(row[name] for name in ("report_date", *TAGS, "promo_code_id")): row for row in rows}
    assert len(told) == len(rows)
    expected = sums_of(
        order_paper(one) for day in sandbox.office.refundable_days(*days) for one in orders(sandbox, day)
    )
    names = ("tickets_sold", "revenue", "discount", "service_fee", "tickets_refunded", "refunds_amount")
    found = {key: [Decimal(row[name]) for name in (*names, "kept_on_refunds")] for key, row in told.items()}
    assert found == {key: sums for key, sums in expected.items() if date.fromisoformat(key[0]) in days}
    assert all(sum(figures) for figures in zip(*found.values(), strict=True)), "each figure is there"
    by_event = sandbox.sales_truth(*days)
    for name in ("tickets_sold", "revenue", "tickets_refunded", "refunds_amount"):
        assert sum(Decimal(row[name]) for row in rows) == sum(Decimal(row[name]) for row in by_event)


def orders(sandbox: Sandbox, day: date) -> Iterable[Any]:
    return (order for order in sandbox.office.orders(day) if order.payed and not order.cancelled)


def sums_of(papers: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], list[int]]:
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 7)

    def add(instant: str, paper: dict[str, Any], place: int, *figures: int) -> None:
        utm = paper["utm"] or {}
        key = datetime.fromisoformat(instant).date().isoformat(), *(utm.get(name, "") for name in TAGS)
        for number, figure in enumerate(figures, start=place):
            sums[*key, paper["promo_code_id"]][number] += figure

    for paper in papers:
        for basket in paper["baskets"]:
            if basket["deleted_at"] is None:
                sold = (basket["price"], basket["discount_value"], basket["service_fee_amount"])
                add(paper["payed_at"], paper, 0, 1, *sold)
            if basket["refunded_at"]:
                back = (basket["refunded_amount"], basket["refunded_deduction_amount"])
                add(basket["refunded_at"], paper, 4, 1, *back)
    return sums
