"""Invent an account: the same one for the same seed and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sandbox.catalog import Ad, Campaign, Catalog, Group, Status
from sandbox.chance import between, draws
from sandbox.cities import CITIES, City
from sandbox.regions import OBLAST, RUSSIA, targetings

CAMPAIGN_IDS = 12_000_000
GROUP_IDS = 34_000_000
AD_IDS = 56_000_000
# 30 ads spend about 65,000 rubles a day without VAT, stopped ads and silent days taken off; other sizes in proportion.
_DAILY_KOPECKS_PER_AD = 7_500_000 / 30

Tell = Literal["utm_content", "link", "group_name", "utm_campaign", "campaign_name", "macros", "overridden", "nowhere"]
# Where the city is told. Taken in turn, so that every small account has each of them.
_TELLS: tuple[Tell, ...] = (
    "utm_content",
    "link",
    "group_name",
    "utm_campaign",
    "campaign_name",
    "utm_content",
    "macros",
    "overridden",
)
_CITYLESS_EVERY = 10  # campaigns; they are smaller than the others, which makes about one ad in fifteen
_FORMATS = (
    ("Ретаргет", "retarget", "site_conversions"),
    ("Видео", "video", "reach"),
    ("Похожие", "lookalike", "site_conversions"),
    ("Интересы", "interests", "traffic"),
    ("Подписчики", "subscribers", "socialengagement"),
)
_AUDIENCES = ("Широкая 25-54", "Женщины 25-44", "Мужчины 30-54", "Семьи", "Театралы", "Студенты")


@dataclass(frozen=True)
class _Plan:
    """What the parts of one campaign have in common."""

    number: int
    city: City
    other: City
    tell: Tell
    label: str
    tag: str
    objective: str
    created: str

    @property
    def content(self) -> str:
        return f"{self.city.slug}_{self.tag}"

    @property
    def stray_content(self) -> str:
        """Return a tag of another city, for the places that have to be ignored."""
        return f"{self.other.slug}_{self.tag}"


def generate(seed: int, size: int, cities: Sequence[City] = CITIES) -> Catalog:
    """Return the account of this seed.

    :param seed: any whole number.
    :param size: how many ads it holds.
    :param cities: where its campaigns sell.
    """
    campaigns: dict[int, Campaign] = {}
    groups: dict[int, Group] = {}
    ads: dict[int, Ad] = {}
    weights: dict[int, float] = {}
    for plan in _plans(seed, cities):
        campaign = _campaign(plan, len(cities))
        for group_no in range(_group_count(seed, plan)):
            group = _group(plan, campaign.id, GROUP_IDS + len(groups) + 1, group_no)
            for _ in range(1 + int(2 * draws(seed, "ads", group.id)[0])):
                ad = _ad(plan, group.id, len(ads) + 1)
                ads[ad.id] = ad
                weights[ad.id] = plan.city.weight * between(0.6, 1.4, draws(seed, "weight", ad.id)[0])
                groups[group.id] = group
                campaigns[campaign.id] = campaign
                if len(ads) == size:
                    return _finished(campaigns, groups, ads, weights)
    msg = "the plans never end"
    raise AssertionError(msg)


def _plans(seed: int, places: Sequence[City]) -> Iterator[_Plan]:
    cities = 0
    number = 0
    while True:
        chance = draws(seed, "campaign", number)
        cityless = number % _CITYLESS_EVERY == 5
        # Every city once, then by weight: a small account still covers all of them.
        index = cities if cities < len(places) else _weighted(places, chance[0])
        cities += not cityless
        label, tag, objective = _FORMATS[int(chance[1] * len(_FORMATS))]
        yield _Plan(
            number=number,
            city=places[index],
            other=places[(index + 1) % len(places)],
            tell="nowhere" if cityless else _TELLS[number % len(_TELLS)],
            label=label,
            tag=tag,
            objective=objective,
            created=f"2024-{1 + number % 12:02d}-{1 + int(chance[2] * 28):02d} 12:00:00",
        )
        number += 1


def _weighted(places: Sequence[City], draw: float) -> int:
    left = draw * sum(city.weight for city in places)
    for index, city in enumerate(places):
        left -= city.weight
        if left < 0:
            return index
    return len(places) - 1


def _group_count(seed: int, plan: _Plan) -> int:
    return 1 if plan.tell == "nowhere" else 1 + int(2 * draws(seed, "groups", plan.number)[0])


def _campaign(plan: _Plan, cities: int) -> Campaign:
    told = plan.tell not in ("group_name", "utm_campaign", "nowhere")
    name = f"{plan.city.name if told else 'Осенний тур'} | {plan.label}"
    if plan.number >= cities:
        name = f"{name} {plan.number}"
    return Campaign(CAMPAIGN_IDS + plan.number + 1, name, "active", plan.objective, plan.created)


def _group(plan: _Plan, campaign_id: int, group_id: int, position: int) -> Group:
    audience = _AUDIENCES[(plan.number + position) % len(_AUDIENCES)]
    told = plan.tell not in ("campaign_name", "utm_campaign", "nowhere")
    tags = "utm_source=vk_ads&utm_medium=cpc"
    # Some marketers give several campaigns one tag, so that nobody can tell whose sale it was.
    campaign = "autumn" if plan.number % 2 else f"autumn_{plan.number}"
    utm = {
        "utm_content": f"{tags}&utm_campaign={campaign}&utm_content={plan.content}",
        "link": f"{tags}&utm_content={plan.stray_content}",
        "utm_campaign": f"{tags}&utm_campaign={plan.city.slug}_tour&utm_content={{{{banner_id}}}}",
        "macros": f"{tags}&utm_campaign={{{{campaign_id}}}}&utm_content={plan.content}&utm_term={{{{banner_id}}}}",
        "overridden": f"{tags}&utm_campaign={{{{ad_plan_id}}}}&utm_content={plan.content}",
    }.get(plan.tell, "")
    return Group(
        id=group_id,
        campaign_id=campaign_id,
        name=f"{plan.city.name} | {audience}" if told else audience,
        status="active",
        enable_utm=plan.tell != "link",
        utm=utm,
        targetings=_targetings(plan, position),
        objective=plan.objective,
        created=plan.created,
    )


def _targetings(plan: _Plan, position: int) -> dict[str, Any]:
    """Return those of a group: only where its texts tell its city may its one region tell it, too."""
    here, there = plan.city.region, plan.other.region
    several, excluded = targetings(here, there), targetings(RUSSIA, -here)
    if plan.tell == "nowhere":
        ways = [several, targetings(RUSSIA), excluded, targetings()]
        return ways[plan.number // _CITYLESS_EVERY % len(ways)]
    one, legacy = targetings(here), targetings(here, legacy=True)
    ways = [one, targetings(here, -there), targetings(here, OBLAST), targetings(points=True), legacy]
    return ways[(plan.number + position) % len(ways)]


def _ad(plan: _Plan, group_id: int, number: int) -> Ad:
    status: Status = "blocked" if number % 10 == 7 else "deleted" if number % 15 == 11 else "active"
    return Ad(
        id=AD_IDS + number,
        group_id=group_id,
        name=f"Объявление {number}",
        status=status,
        urls=_urls(plan, number),
        city=None if plan.tell == "nowhere" else plan.city.name,
        daily_kopecks=0,
        objective=plan.objective,
        created=plan.created,
    )


def _urls(plan: _Plan, number: int) -> dict[str, str] | None:
    slot = "vk_clip" if number % 10 == 4 else "primary"
    link = f"https://tickets.example/e/{1 + number % 20}"
    if plan.tell == "link":
        return {slot: f"{link}?utm_source=vk_ads&utm_medium=cpc&utm_campaign=autumn&utm_content={plan.content}"}
    if number % 20 == 10:
        return None
    if number % 10 == 9:
        return {}
    if plan.tell == "overridden":
        return {slot: f"{link}?utm_content={plan.stray_content}"}
    return {slot: "leadads://1234567/" if number % 20 == 13 else link}


def _finished(
    campaigns: dict[int, Campaign], groups: dict[int, Group], ads: dict[int, Ad], weights: dict[int, float]
) -> Catalog:
    """Share the budget out and let a level without a live ad be stopped as a whole."""
    rate = _DAILY_KOPECKS_PER_AD * len(ads) / sum(weights.values())
    ads = {ad.id: replace(ad, daily_kopecks=round(weights[ad.id] * rate)) for ad in ads.values()}
    draft = Catalog(campaigns, groups, ads)
    return Catalog(
        {one.id: replace(one, status=_common(draft.ads_by_campaign[one.id])) for one in campaigns.values()},
        {one.id: replace(one, status=_common(draft.ads_by_group[one.id])) for one in groups.values()},
        ads,
    )


def _common(ads: tuple[Ad, ...]) -> Status:
    statuses = {ad.status for ad in ads}
    return "active" if "active" in statuses else "blocked" if "blocked" in statuses else "deleted"
