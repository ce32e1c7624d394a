"""What the account holds: campaigns (ad plans), ad groups and ads (banners)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

Status = Literal["active", "blocked", "deleted"]


@dataclass(frozen=True)
class Campaign:
    """An ad plan."""

    id: int
    name: str
    status: Status
    objective: str
    created: str


@dataclass(frozen=True)
class Group:
    """An ad group, the only level that has UTM settings.

    :param utm: the text appended to links; empty together with ``enable_utm`` means automatic tags.
    :param targetings: whom its ads are shown to, as the API tells it.
    """

    id: int
    campaign_id: int
    name: str
    status: Status
    enable_utm: bool
    utm: str
    targetings: Mapping[str, Any]
    objective: str
    created: str


@dataclass(frozen=True)
class Ad:
    """A banner.

    :param urls: link by slot; ``None`` when the API leaves the field out.
    :param city: the Russian name of the city the ad is meant for; ``None`` when no field tells it.
    :param daily_kopecks: what it spends on a usual day, in kopecks without VAT.
    """

    id: int
    group_id: int
    name: str
    status: Status
    urls: dict[str, str] | None
    city: str | None
    daily_kopecks: int
    objective: str
    created: str


@dataclass(frozen=True)
class Catalog:
    """One unchanging state of the account, each level by id."""

    campaigns: dict[int, Campaign]
    groups: dict[int, Group]
    ads: dict[int, Ad]

    @cached_property
    def ads_by_group(self) -> dict[int, tuple[Ad, ...]]:
        """Return the ads of each group; a group without ads has an empty tuple."""
        return _grouped(self.groups, ((ad.group_id, ad) for ad in self.ads.values()))

    @cached_property
    def ads_by_campaign(self) -> dict[int, tuple[Ad, ...]]:
        """Return the ads of each campaign; a campaign without ads has an empty tuple."""
        pairs = ((self.groups[ad.group_id].campaign_id, ad) for ad in self.ads.values())
        return _grouped(self.campaigns, pairs)


def _grouped(owners: Iterable[int], pairs: Iterable[tuple[int, Ad]]) -> dict[int, tuple[Ad, ...]]:
    found: defaultdict[int, list[Ad]] = defaultdict(list)
    for owner, ad in pairs:
        found[owner].append(ad)
    return {owner: tuple(found[owner]) for owner in owners}


def shifted(catalog: Catalog, offset: int) -> Catalog:
    """Return a catalog with every id moved by so much; 0 leaves it as it is."""
    if offset == 0:
        return catalog
    campaigns = [replace(campaign, id=campaign.id + offset) for campaign in catalog.campaigns.values()]
    groups = [
        replace(group, id=group.id + offset, campaign_id=group.campaign_id + offset)
        for group in catalog.groups.values()
    ]
    ads = [replace(ad, id=ad.id + offset, group_id=ad.group_id + offset) for ad in catalog.ads.values()]
    return Catalog(
        {campaign.id: campaign for campaign in campaigns},
        {group.id: group for group in groups},
        {ad.id: ad for ad in ads},
    )
