"""Statistics v2 of the VK Ads API: ``statistics/{banners,ad_groups,ad_plans,users}/{day,summary}.json``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.catalog import Ad
from sandbox.chance import draws
from sandbox.days import parse_day
from sandbox.figures import ZERO, Figures, total
from sandbox.replies import nested_error
from sandbox.source import Source

MAX_IDS = 200
MAX_DAYS = 366
_OTHER_METRICS = "events video carousel uniques uniques_video tps romi playable custom_event social_network ad_offers"
METRICS = frozenset(["base", "all", *_OTHER_METRICS.split()])
UNKNOWN_ID = {
    "banners": "ERR_WRONG_BANNERS",
    "ad_groups": "ERR_WRONG_ADGROUPS",
    "ad_plans": "ERR_WRONG_ADPLANS",
    "users": "ERR_WRONG_USERS",
}
_PARAMETERS = ("id", "date_from", "date_to", "metrics", "attribution")


def statistics_reply(source: Source, resource: str, period: str, args: MultiDict[str, str]) -> dict[str, Any]:
    """Return the statistics that a call asks for.

    Only the ``base`` metrics have figures; the other documented metrics are accepted and add nothing.

    :param resource: a key of :data:`UNKNOWN_ID`.
    :param period: ``day``, or ``summary`` for the whole lifetime, which has no rows and ignores the dates.
    :param args: the query.
    :raises VkError: as the API refuses it; one bad id refuses the whole call.
    """
    for name in args:
        if name not in _PARAMETERS:
            raise nested_error(400, "ERR_WRONG_PARAMETER", f"Unknown parameter {name}")
    with_base = _wants_base(args)
    wanted = _wanted(source, resource, args)
    today = source.today()
    first, last = (today - timedelta(days=MAX_DAYS), today) if period == "summary" else _window(args, today)
    items = []
    totals = []
    for object_id, ads in wanted:
        days = _days(source, ads, first, last)
        totals.append(total([figures for _, figures in days if figures]))
        item: dict[str, Any] = {"id": object_id}
        if period == "day":
            item["rows"] = _rows(source, object_id, days, with_base)
            if not item["rows"] and draws(source.seed, object_id, first, last, "missing")[0] < 0.5:
                continue
        item["total"] = {"base": base_block(totals[-1])} if with_base else {}
        items.append(item)
    return {"items": items, "total": {"base": base_block(total(totals))} if with_base else {}}


def base_block(figures: Figures) -> dict[str, Any]:
    """Return the ``base`` metrics: counts as integers, money as strings, shares in percent as numbers."""
    spent = figures.kopecks
    return {
        "shows": figures.shows,
        "clicks": figures.clicks,
        "goals": figures.goals,
        "spent": _money(spent),
        "cpm": _money(_per(spent * 1000, figures.shows)),
        "cpc": _money(_per(spent, figures.clicks)),
        "cpa": _money(_per(spent, figures.goals)),
        "ctr": _percent(figures.clicks, figures.shows),
        "cr": _percent(figures.goals, figures.clicks),
        "vk": {
            "goals": figures.vk_goals,
            "cpa": _money(_per(spent, figures.vk_goals)),
            "cr": _percent(figures.vk_goals, figures.clicks),
            "result": figures.results,
            "cpr": _money(_per(spent, figures.results)),
        },
    }


def _per(kopecks: int, count: int) -> int:
    """Return a share in whole kopecks, halves away from zero."""
    if not count:
        return 0
    share = (2 * abs(kopecks) + count) // (2 * count)
    return share if kopecks >= 0 else -share


def _money(kopecks: int) -> str:
    # The API writes nothing spent as "0", not as "0.00".
    return f"{kopecks / 100:.2f}" if kopecks else "0"


def _percent(part: int, whole: int) -> float:
    return round(part / whole * 100, 6) if whole and part else 0


def _days(source: Source, ads: Iterable[Ad], first: date, last: date) -> list[tuple[date, Figures | None]]:
    """Return the sum of the ads on each day that is not in the future; ``None`` where none of them has figures."""
    days: list[tuple[date, Figures | None]] = []
    for number in range((min(last, source.today()) - first).days + 1):
        day = first + timedelta(days=number)
        found = [figures for ad in ads if (figures := source.past_figures(ad, day))]
        days.append((day, total(found) if found else None))
    return days


def _rows(
    source: Source, object_id: int, days: list[tuple[date, Figures | None]], with_base: bool
) -> list[dict[str, Any]]:
    """Return the rows of an object; a day without figures is left out or told as zeros, by chance."""
    rows = []
    for day, figures in days:
        if figures is None and draws(source.seed, object_id, day, "zeros")[0] < 0.6:
            continue
        row: dict[str, Any] = {"date": day.isoformat()}
        if with_base:
            row["base"] = base_block(figures or ZERO)
        rows.append(row)
    return rows


def _wants_base(args: MultiDict[str, str]) -> bool:
    metrics = args.get("metrics", "base").split(",")
    unknown = [metric for metric in metrics if metric not in METRICS]
    if unknown:
        raise nested_error(400, "ERR_WRONG_PARAMETER", f"Unknown metrics: {', '.join(unknown)}")
    return "base" in metrics or "all" in metrics


def _wanted(source: Source, resource: str, args: MultiDict[str, str]) -> list[tuple[int, tuple[Ad, ...]]]:
    parts = [part.strip() for text in args.getlist("id") for part in text.split(",") if part.strip()]
    if not parts:
        raise nested_error(400, "ERR_WRONG_PARAMETER", "Parameter id is required")
    bad = [part for part in parts if not part.isdecimal()]
    if bad:
        raise nested_error(400, "ERR_WRONG_PARAMETER", f"Bad id: {', '.join(bad)}")
    ids = list(dict.fromkeys(map(int, parts)))
    if len(ids) > MAX_IDS:
        raise nested_error(400, "ERR_LIMIT_EXCEEDED", f"{len(ids)} objects requested, at most {MAX_IDS} allowed")
    found = [(object_id, _ads_of(source, resource, object_id)) for object_id in ids]
    unknown = [str(object_id) for object_id, ads in found if ads is None]
    if unknown:
        raise nested_error(400, UNKNOWN_ID[resource], f"Unknown or unavailable: {', '.join(unknown)}")
    return [(object_id, ads) for object_id, ads in found if ads is not None]


def _ads_of(source: Source, resource: str, object_id: int) -> tuple[Ad, ...] | None:
    catalog = source.catalog
    if resource == "banners":
        ad = catalog.ads.get(object_id)
        return None if ad is None else (ad,)
    if resource == "ad_groups":
        return catalog.ads_by_group.get(object_id)
    if resource == "ad_plans":
        return catalog.ads_by_campaign.get(object_id)
    return tuple(catalog.ads.values()) if object_id == source.account_id else None


def _window(args: MultiDict[str, str], today: date) -> tuple[date, date]:
    first = _day(args, "date_from", None)
    last = _day(args, "date_to", today)
    if first > last:
        raise nested_error(400, "ERR_WRONG_DATE", f"date_from {first} is after date_to {last}")
    if (last - first).days + 1 > MAX_DAYS:
        raise nested_error(400, "ERR_WRONG_DATE", f"The window is longer than {MAX_DAYS} days")
    if first < today - timedelta(days=MAX_DAYS):
        raise nested_error(400, "ERR_LIMIT_EXCEEDED", f"date_from {first} is more than {MAX_DAYS} days back")
    return first, last


def _day(args: MultiDict[str, str], name: str, default: date | None) -> date:
    text = args.get(name)
    if text is None:
        if default is None:
            raise nested_error(400, "ERR_WRONG_DATE", f"Parameter {name} is required")
        return default
    try:
        return parse_day(text)
    except ValueError as error:
        raise nested_error(400, "ERR_WRONG_DATE", f"{name}: {error}") from None
