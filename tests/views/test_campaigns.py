"""Sales by campaign of VK Ads, against the same rules in plain Python."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import pytest

from made_qtickets import load_made, msk, ticket
from made_rows import DAY, build_sales, build_vk, stage_sales, stage_vk
from zakaz.days import DayRange
from zakaz.pipeline.sales import load_sales
from zakaz.settings import INCLUDE_DIR
from zakaz.sources.qtickets_rows import Ticket
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
FIRST = DAY - timedelta(days=150)
VK = "VK Реклама"
FIGURES = ("impressions", "clicks", "goals", "spend", "tickets_sold", "tickets_refunded", "revenue", "refunds_amount")
Key = tuple[date, int, int, str, str]


@pytest.fixture
def opened(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """The warehouse, open for the whole test."""
    with warehouse.session():
        yield warehouse


class Ad(NamedTuple):
    account_id: int
    campaign_id: int
    ad_group_id: int
    ad_id: int
    utm_source: str
    utm_campaign: str


def report(warehouse: WarehouseHook) -> dict[Key, tuple[Any, ...]]:
    """The figures of each day, campaign, attribution and channel."""
    rows = warehouse.execute(
        f"SELECT d, account_id, campaign_id, attribution, channel, {', '.join(f'sum({name})' for name in FIGURES)} "
        "FROM bi.v_campaign_roi_daily GROUP BY ALL"
    )
    return {tuple(row[:5]): row[5:] for row in rows}


def channels() -> dict[tuple[str, str], str]:
    with (INCLUDE_DIR / "channels.csv").open(encoding="utf-8", newline="") as file:
        return {(row["utm_source"], row["utm_medium"]): row["channel"] for row in csv.DictReader(file)}


def channel_of(source: str, medium: str) -> str:
    known = channels()
    return next((known[key] for key in ((source, medium), (source, "*"), ("*", medium)) if key in known), "Другое")


def owner_of(one: Ticket, shown: list[tuple[date, Ad]]) -> tuple[str, tuple[int, int]]:
    """The attribution of a ticket, and its campaign, (0, 0) for none."""
    source, medium, campaign = (tag.strip().lower() for tag in (one.utm_source, one.utm_medium, one.utm_campaign))
    channel = channel_of(source, medium)
    tagged = [(day, ad) for day, ad in shown if ad.utm_source.strip()]
    pair = [
        (day, ad)
        for day, ad in tagged
        if (ad.utm_source.strip().lower(), ad.utm_campaign.strip().lower()) == (source, campaign)
    ]
    if channel == VK or pair:
        numbers = re.findall(r"\d+", one.utm_content)
        by_ad = [ad for _, ad in shown if numbers and ad.ad_id == int(numbers[-1])]
        by_group = [ad for _, ad in shown if campaign.isdigit() and ad.ad_group_id == int(campaign)]
        for ads in (by_ad, by_group):
            if ads:
                return "campaign", (ads[0].account_id, ads[0].campaign_id)
    since = one.payed_on - timedelta(days=90)
    owners = {(ad.account_id, ad.campaign_id) for day, ad in pair if since <= day <= one.payed_on}
    if len(owners) == 1:
        return "campaign", owners.pop()
    if owners:
        return "tag_of_several", (0, 0)
    if channel == VK:
        return "tag_of_none", (0, 0)
    return ("other_channel" if source or medium or campaign else "no_tag"), (0, 0)


def random_ads(chance: Random) -> list[tuple[date, Ad]]:
    """Ads with the days on which they had figures: in one month, in several, with gaps longer than 90 days."""
    shown = []
    for number in range(40):
        campaign = chance.randrange(12)
        group = campaign * 2 + chance.randrange(2)
        tags = [
            ("vk_ads", "autumn"),
            ("VK_ads ", " Solo"),
            ("vk_ads", f"c{campaign}"),
            ("vk_ads", str(34_000_000 + group)),
        ]
        tags += [("", ""), ("afisha", f"c{campaign}"), ("vk_ads", "")]
        source, name = chance.choice(tags)
        ad = Ad(1 + campaign % 2, 12_000_000 + campaign, 34_000_000 + group, 56_000_000 + number, source, name)
        shown += [(FIRST + timedelta(days=chance.randrange(151)), ad) for _ in range(chance.choice((1, 2, 5)))]
    return sorted(set(shown))


def random_ticket(chance: Random, number: int) -> Ticket:
    payed_on = DAY - timedelta(days=chance.randrange(60))
    refunded_on = payed_on + timedelta(days=chance.randrange(21)) if chance.random() < 0.3 else None
    is_refunded = refunded_on is not None and refunded_on <= DAY
    return ticket(
        basket_id=number,
        payed_at=msk(f"{payed_on}T12:00:00"),
        price=Decimal(chance.randrange(1, 100_000)) / 100,
        refunded_at=msk(f"{refunded_on}T18:00:00") if is_refunded else None,
        refunded_amount=Decimal(chance.randrange(1, 10_000)) / 100 if is_refunded else Decimal(0),
        utm_source=chance.choice(("vk_ads", "vk_ads", " VK_ADS", "vk", "yandex", "afisha", "")),
        utm_medium=chance.choice(("", "cpc", "CPC ", "email")),
        utm_campaign=chance.choice(
            ("autumn", "Solo", f"c{chance.randrange(14)}", str(34_000_000 + chance.randrange(28)), "other", "")
        ),
        utm_content=chance.choice(("", "video", "2026", f"kazan_{56_000_000 + chance.randrange(50)}", "56000001_x")),
    )


@pytest.mark.parametrize("seed", range(4))
def test_each_sale_belongs_to_the_campaign_of_its_tags_once(opened: WarehouseHook, seed: int) -> None:
    chance = Random(seed)
    shown, tickets = random_ads(chance), [random_ticket(chance, number) for number in range(250)]
    expected: defaultdict[Key, list[Any]] = defaultdict(lambda: [0] * len(FIGURES))
    for day, ad in shown:
        add(expected[day, ad.account_id, ad.campaign_id, "campaign", VK], (1000, 10, 1, Decimal("100.50"), 0, 0, 0, 0))
    for one in tickets:
        attribution, campaign = owner_of(one, shown)
        channel = channel_of(one.utm_source.strip().lower(), one.utm_medium.strip().lower())
        sold = one.payed_on, *campaign, attribution, channel
        add(expected[sold], (0, 0, 0, 0, 1, 0, one.price, 0))
        if one.refunded_on:
            add(expected[one.refunded_on, *sold[1:]], (0, 0, 0, 0, 0, 1, 0, one.refunded_amount))
    stage_vk(opened, *({"stat_date": day, **ad._asdict()} for day, ad in shown))
    days = DayRange(FIRST, DAY)
    build_vk(opened, days)
    load_made(opened, *tickets, days=days)
    build_sales(opened, days)
    assert report(opened) == {key: tuple(figures) for key, figures in expected.items()}
    kinds = {key[3] for key in expected}
    assert kinds == {"campaign", "tag_of_several", "tag_of_none", "other_channel", "no_tag"}, "each of them is tried"


def add(figures: list[Any], more: tuple[Any, ...]) -> None:
    figures[:] = [one + other for one, other in zip(figures, more, strict=True)]


def attribution(warehouse: WarehouseHook) -> list[tuple[str, int]]:
    return [(key[3], key[2]) for key, figures in sorted(report(warehouse).items()) if figures[4]]


@pytest.mark.parametrize(
    ("days", "expected"), [(0, "campaign"), (90, "campaign"), (91, "tag_of_none"), (-1, "tag_of_none")]
)
def test_a_pair_of_tags_is_owned_for_90_days(opened: WarehouseHook, days: int, expected: str) -> None:
    shown_on = DAY - timedelta(days=days)
    stage_vk(opened, {"stat_date": shown_on, "utm_source": "vk_ads", "utm_campaign": "autumn"})
    build_vk(opened, DayRange(shown_on, shown_on))
    stage_sales(opened, {"utm_source": "vk_ads", "utm_campaign": "autumn"})
    build_sales(opened)
    assert [kind for kind, _ in attribution(opened)] == [expected]


def test_tags_that_were_out_of_use_are_owned_by_nobody_meanwhile(opened: WarehouseHook) -> None:
    tags = {"utm_source": "vk_ads", "utm_campaign": "autumn"}
    days = DayRange(FIRST, DAY)
    stage_vk(opened, {"stat_date": FIRST, **tags}, tags)
    build_vk(opened, days)
    stage_sales(opened, *({"report_date": FIRST + timedelta(days=after), **tags} for after in (90, 91, 149)), tags)
    build_sales(opened, days)
    kinds = ["campaign", "tag_of_none", "tag_of_none", "campaign"]
    assert [kind for kind, _ in attribution(opened)] == kinds


def test_an_ad_that_was_loaded_often_sells_each_ticket_once(opened: WarehouseHook) -> None:
    """Its rows are not merged yet."""
    opened.execute("SYSTEM STOP MERGES zakaz.dim_vk_object")
    for _ in range(3):
        stage_vk(opened, {"ad_id": 56_000_001})
        build_vk(opened)
    load_made(opened, ticket(utm_source="vk_ads", utm_campaign="20"), ticket(basket_id=2, utm_content="56000001"))
    build_sales(opened)
    opened.execute("SYSTEM START MERGES zakaz.dim_vk_object")
    sold = {key[:4]: figures[4] for key, figures in report(opened).items() if figures[4]}
    assert sold == {(DAY, 1, 10, "campaign"): 2}


def test_tags_that_another_release_loaded_are_known_with_the_next_load(opened: WarehouseHook) -> None:
    tags = {"utm_source": "vk_ads", "utm_campaign": "autumn"}
    days = DayRange(FIRST, DAY)
    stage_vk(opened, {"stat_date": FIRST, **tags})
    stage_sales(opened, {"report_date": FIRST, **tags})
    build_sales(opened, days)
    build_vk(opened)
    assert attribution(opened) == [("campaign", 10)]


def test_an_ad_that_is_gone_owns_nothing(opened: WarehouseHook) -> None:
    tags = {"utm_source": "vk_ads", "utm_campaign": "autumn"}
    stage_vk(opened, tags, {"ad_id": 31, "campaign_id": 11, **tags})
    build_vk(opened)
    stage_sales(opened, tags)
    build_sales(opened)
    assert attribution(opened) == [("tag_of_several", 0)]
    stage_vk(opened, {**tags, "_deleted": 1})
    build_vk(opened)
    assert attribution(opened) == [("campaign", 11)]


def test_a_refund_goes_to_the_campaign_of_its_sale(opened: WarehouseHook) -> None:
    """Even if others have its tags by then."""
    tags = {"utm_source": "vk_ads", "utm_campaign": "autumn"}
    sold_on = DAY - timedelta(days=15)
    days = DayRange(sold_on, DAY)
    stage_vk(opened, {"stat_date": sold_on, **tags}, {"campaign_id": 11, "ad_id": 31, **tags})
    build_vk(opened, days)
    given_back = {"refunded_at": msk("2026-11-20T12:00:00"), "refunded_amount": Decimal("10.10")}
    load_made(opened, ticket(payed_at=msk(f"{sold_on}T12:00:00"), **given_back, **tags), days=days)
    build_sales(opened, days)
    refunds = {key[:4]: figures[7] for key, figures in report(opened).items() if figures[7]}
    assert refunds == {(DAY, 1, 10, "campaign"): Decimal("10.10")}


def test_what_each_tag_and_promo_code_sold(opened: WarehouseHook) -> None:
    usual = {"report_date": str(DAY), "event_date": "2026-12-24", "event_id": 1, "city": "Казань", "tickets_sold": 1}
    mail = {"utm_source": "news", "utm_medium": "email"}
    lines = [SalesLine(**usual, revenue="5", **mail, promo_code_id=3), SalesLine(**usual, revenue="7", utm_source="tg")]
    load_sales(opened, lines, seller="kassir")
    stage_sales(opened, {"refunds_amount": Decimal("1.10")})
    columns = "source, channel, is_paid, utm_source, utm_medium, promo_code_id, net_revenue"
    assert opened.execute(f"SELECT {columns} FROM bi.v_sales_by_tag_daily ORDER BY ALL") == [
        ("file:kassir", "Telegram", False, "tg", "", 0, Decimal(7)),
        ("file:kassir", "Рассылка", False, "news", "email", 3, Decimal(5)),
        ("qtickets", "Без метки", False, "", "", 0, Decimal(4999)),
    ]
