"""The figures of one ad on one day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from sandbox.catalog import Ad
from sandbox.chance import between, draws

# Monday to Sunday: people look for an evening out before the weekend.
WEEK_SEASON = (0.90, 0.93, 0.98, 1.06, 1.14, 1.08, 0.91)
_RUNNING_SHARE = {"active": 0.97, "blocked": 0.45, "deleted": 0.45}  # of weeks
_SILENT_DAYS = 0.04


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened to an ad, or to several of them together.

    :param goals: ``base.goals`` of the API, 0 for campaigns that do not count conversions.
    :param vk_goals: ``base.vk.goals`` of the API.
    :param results: ``base.vk.result`` of the API: shows or goals, after the objective.
    :param kopecks: money spent, in kopecks without VAT; whole kopecks keep every sum exact.
    """

    shows: int = 0
    clicks: int = 0
    goals: int = 0
    vk_goals: int = 0
    results: int = 0
    kopecks: int = 0

    @property
    def spent(self) -> Decimal:
        """Return the money spent in rubles, without VAT."""
        return Decimal(self.kopecks).scaleb(-2)


ZERO = Figures()


def total(figures: Collection[Figures]) -> Figures:
    """Return the sum, field by field."""
    if len(figures) == 1:
        return next(iter(figures))
    return Figures(
        sum(one.shows for one in figures),
        sum(one.clicks for one in figures),
        sum(one.goals for one in figures),
        sum(one.vk_goals for one in figures),
        sum(one.results for one in figures),
        sum(one.kopecks for one in figures),
    )


def figures_of(seed: int, ad: Ad, day: date) -> Figures | None:
    """Return what the ad did on a day, or ``None`` if it did not run.

    Depends on the arguments only. Stopped and deleted ads ran in some weeks, whichever they are: an end date would be
    tied to the clock.

    :param seed: seed of the account.
    :param ad: the ad.
    :param day: a Moscow calendar day.
    """
    year, week, weekday = day.isocalendar()
    if _week_draw(seed, ad.id, year, week) >= _RUNNING_SHARE[ad.status]:
        return None
    chance = draws(seed, ad.id, day)
    if chance[0] < _SILENT_DAYS:
        return None
    kopecks = round(ad.daily_kopecks * WEEK_SEASON[weekday - 1] * between(0.75, 1.25, chance[1]))
    rubles_per_thousand = between(150, 320, chance[2])
    shows = round(kopecks / 100 / rubles_per_thousand * 1000)
    clicks = round(shows * between(0.006, 0.016, chance[3]))
    vk_goals = round(clicks * between(0.01, 0.06, chance[4]))
    return Figures(
        shows=shows,
        clicks=clicks,
        goals=vk_goals if ad.objective == "site_conversions" else 0,
        vk_goals=vk_goals,
        results=shows if ad.objective == "reach" else vk_goals,
        kopecks=kopecks,
    )


@lru_cache(maxsize=100_000)
def _week_draw(seed: int, ad_id: int, year: int, week: int) -> float:
    return draws(seed, ad_id, "week", year, week)[0]
