"""The account as it is now: what was generated, and what was changed at the source since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.catalog import Ad, Campaign, Catalog, Group, shifted
from sandbox.cities import CITIES, City, city_in_tag
from sandbox.figures import ZERO, Figures, figures_of
from sandbox.generator import AD_IDS, CAMPAIGN_IDS, GROUP_IDS, generate
from sandbox.patches import Patch
from sandbox.regions import RUSSIA, targetings

ACCOUNT_ID = 700123
# A moved ad gets a campaign and a group of its own, so that no other ad moves with it and no field names the old city.
_MOVED = 5_000_000
_ROOM = 100_000_000  # ids of one account
_WHOLE = Decimal(1)


class NoSuchAdError(LookupError):
    """The account never had this ad."""


class Source:
    """One account that the stand-in serves. Safe to use from several threads."""

    def __init__(
        self,
        seed: int,
        size: int,
        today: Callable[[], date],
        account_id: int = ACCOUNT_ID,
        cities: Sequence[City] = CITIES,
    ) -> None:
        """Generate the account.

        :param seed: seed of everything in it.
        :param size: number of ads.
        :param today: the present Moscow day; later days have no figures.
        :param account_id: its user id; no two accounts have an object in common.
        :param cities: where its campaigns sell.
        """
        self.seed = seed
        self.today = today
        self.account_id = account_id
        self._generated = shifted(generate(seed, size, cities), (account_id - ACCOUNT_ID) * _ROOM)
        self._patches: dict[int, Patch] = {}
        self._lock = threading.Lock()
        # Replaced as a whole on a change, so that a request sees one state from beginning to end.
        self.catalog = self._generated

    def patch(self, ad_id: int, patch: Patch) -> None:
        """Change an ad, on top of what was changed before.

        :raises NoSuchAdError: it was never generated.
        """
        if ad_id not in self._generated.ads:
            msg = f"no ad {ad_id} in the account"
            raise NoSuchAdError(msg)
        with self._lock:
            self._patches = {**self._patches, ad_id: patch.over(self._patches.get(ad_id, Patch()))}
            self.catalog = _patched(self._generated, self._patches)

    @property
    def listed(self) -> Catalog:
        """Return what the lists hold."""
        unlisted = {ad_id for ad_id, patch in self._patches.items() if patch.unlisted}
        catalog = self.catalog
        ads = {ad_id: ad for ad_id, ad in catalog.ads.items() if ad_id not in unlisted}
        return replace(catalog, ads=ads) if unlisted else catalog

    def reset(self) -> None:
        """Undo every change."""
        with self._lock:
            self._patches = {}
            self.catalog = self._generated

    def figures(self, ad: Ad, day: date) -> Figures | None:
        """Return what an ad did on a day, or ``None`` if it has no figures."""
        return None if day > self.today() else self.past_figures(ad, day)

    def past_figures(self, ad: Ad, day: date) -> Figures | None:
        """Return the same for a day that is known not to be in the future."""
        patch = self._patches.get(ad.id)
        found = figures_of(self.seed, ad, day)
        if patch is None:
            return found
        if patch.spent is not None and day in patch.spent:
            return replace(found or ZERO, kopecks=_kopecks(patch.spent[day] * 100))
        if found is not None and patch.spend_factor is not None:
            return replace(found, kopecks=_kopecks(found.kopecks * patch.spend_factor))
        return found

    def ads(self) -> list[dict[str, Any]]:
        """Return every ad with its place and its city."""
        catalog = self.catalog
        listed = []
        for ad in catalog.ads.values():
            group = catalog.groups[ad.group_id]
            campaign = catalog.campaigns[group.campaign_id]
            listed.append(
                {
                    "id": ad.id,
                    "name": ad.name,
                    "status": ad.status,
                    "city": ad.city,
                    "group_id": group.id,
                    "group": group.name,
                    "campaign_id": campaign.id,
                    "campaign": campaign.name,
                }
            )
        return listed

    def truth(self, day: date) -> list[dict[str, Any]]:
        """Return the exact figures of every ad on a day; zeros where it has none."""
        catalog = self.catalog
        told = []
        for ad in catalog.ads.values():
            figures = self.figures(ad, day) or ZERO
            told.append(
                {
                    "id": ad.id,
                    "campaign_id": catalog.groups[ad.group_id].campaign_id,
                    "group_id": ad.group_id,
                    "city": ad.city,
                    "impressions": figures.shows,
                    "clicks": figures.clicks,
                    "goals": figures.goals,
                    "vk_goals": figures.vk_goals,
                    "spent": f"{figures.spent:.2f}",
                }
            )
        return told


def _kopecks(amount: Decimal) -> int:
    return int(amount.quantize(_WHOLE, ROUND_HALF_UP))


def _patched(base: Catalog, patches: Mapping[int, Patch]) -> Catalog:
    campaigns, groups, ads = dict(base.campaigns), dict(base.groups), dict(base.ads)
    for ad_id, patch in patches.items():
        ad = ads[ad_id]
        if patch.removed:
            del ads[ad_id]
            continue
        if patch.name is not None:
            ad = replace(ad, name=patch.name)
        if patch.utm_content is not None:
            campaign, group, ad = _moved(ad, base.groups[ad.group_id], patch.utm_content)
            campaigns[campaign.id] = campaign
            groups[group.id] = group
        ads[ad_id] = ad
    return Catalog(campaigns, groups, ads)


def _moved(ad: Ad, group: Group, utm_content: str) -> tuple[Campaign, Group, Ad]:
    city = city_in_tag(utm_content)
    place = city.name if city else "Без города"
    number = _MOVED + ad.id - AD_IDS
    campaign = Campaign(CAMPAIGN_IDS + number, f"{place} | Перенос", ad.status, ad.objective, ad.created)
    utm = f"utm_source=vk_ads&utm_medium=cpc&utm_campaign=moved&utm_content={utm_content}"
    group = replace(
        group,
        id=GROUP_IDS + number,
        campaign_id=campaign.id,
        name=f"{place} | Перенос",
        status=ad.status,
        enable_utm=True,
        utm=utm,
        targetings=targetings(city.region if city else RUSSIA),
    )
    urls = {slot: link.partition("?")[0] for slot, link in (ad.urls or {}).items()}
    return campaign, group, replace(ad, group_id=group.id, urls=urls, city=city.name if city else None)
