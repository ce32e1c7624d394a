"""What a click on an ad of the account brings to the ticket seller: the UTM tags of the link it opens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from sandbox.catalog import Ad, Catalog
from sandbox.cities import ALL_CITIES
from sandbox.generator import generate

_AUTOMATIC = "utm_source=vk_ads&utm_medium=cpc&utm_campaign={{campaign_id}}&utm_content={{banner_id}}"


@dataclass(frozen=True)
class Tags:
    """The five UTM tags as they were written; empty where there is none."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_content: str = ""
    utm_term: str = ""

    @property
    def alike(self) -> tuple[str, str]:
        """Return source and campaign as somebody reads them who looks neither at case nor at blanks around."""
        return self.utm_source.strip().lower(), self.utm_campaign.strip().lower()

    def written(self) -> dict[str, str]:
        """Return those that are there, by name."""
        return {name: tag for name, tag in asdict(self).items() if tag}


@dataclass(frozen=True)
class Click:
    """An ad, and the tags of whoever comes from it."""

    ad: Ad
    tags: Tags


def tags_of_click(catalog: Catalog, ad: Ad) -> Tags:
    """Return the tags that a click on an ad brings.

    The group's tags go before those of the link, and these before the automatic ones, which VK adds where a group has
    tags switched on and none of its own. An empty tag is none.
    """
    group = catalog.groups[ad.group_id]
    found: dict[str, str] = {}
    for text in _tag_texts(ad, own=group.utm, is_enabled=group.enable_utm):
        for name, tag in parse_qsl(text):
            found.setdefault(name, _expanded(tag, group.campaign_id, ad))
    return Tags(**{name: found.get(name, "") for name in Tags.__dataclass_fields__})


def _tag_texts(ad: Ad, *, own: str, is_enabled: bool) -> Iterator[str]:
    if is_enabled:
        yield own
    yield urlsplit(next(iter((ad.urls or {}).values()), "")).query
    if is_enabled and not own:
        yield _AUTOMATIC


def _expanded(tag: str, campaign_id: int, ad: Ad) -> str:
    # What VK calls a campaign in its macros is the ad group; the campaign is an "ad plan" there.
    macros = {"{{ad_plan_id}}": campaign_id, "{{campaign_id}}": ad.group_id, "{{banner_id}}": ad.id}
    for macro, number in macros.items():
        tag = tag.replace(macro, str(number))
    return tag


@lru_cache
def clicks_by_city(seed: int, ads: int, cities: int) -> Mapping[str, tuple[Click, ...]]:
    """Return the ads of an account and their tags, by the city that they advertise; cached, as every order needs it.

    :param seed: seed of the account.
    :param ads: how many ads it holds.
    :param cities: in how many cities its campaigns sell.
    """
    catalog = generate(seed, ads, ALL_CITIES[:cities])
    found: defaultdict[str, list[Click]] = defaultdict(list)
    for ad in catalog.ads.values():
        if ad.city is not None:
            found[ad.city].append(Click(ad, tags_of_click(catalog, ad)))
    return {city: tuple(clicks) for city, clicks in found.items()}
