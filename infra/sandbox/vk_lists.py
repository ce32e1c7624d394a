"""The lists of the VK Ads API: ``ad_plans.json``, ``ad_groups.json``, ``banners.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.catalog import Ad, Campaign, Catalog, Group
from sandbox.replies import field_error

DEFAULT_LIMIT = 20
MAX_LIMIT = 250
_STATUSES = ("active", "blocked", "deleted")
_PAGING = ("fields", "limit", "offset", "sorting")
_FILTERS = ("_id", "_id__in", "_status", "_status__in", "_status__ne")
_SORTABLE = ("id", "name", "status")


def _campaign_fields(campaign: Campaign) -> dict[str, Any]:
    return {
        "id": campaign.id,
        "name": campaign.name,
        "status": campaign.status,
        "created": campaign.created,
        "updated": campaign.created,
        "date_start": campaign.created[:10],
        "date_end": None,
        "budget_limit": None,
        "budget_limit_day": "5000.00",
        "objective": campaign.objective,
        "autobidding_mode": "max_goals",
    }


def _group_fields(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "status": group.status,
        "ad_plan_id": group.campaign_id,
        "package_id": 3122,
        "created": group.created,
        "updated": group.created,
        "enable_utm": group.enable_utm,
        "utm": group.utm,
        "targetings": group.targetings,
        "objective": group.objective,
        "delivery": "delivering" if group.status == "active" else "not_delivering",
    }


def _ad_fields(ad: Ad) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": ad.id,
        "name": ad.name,
        "status": ad.status,
        "ad_group_id": ad.group_id,
        "created": ad.created,
        "updated": ad.created,
        "content": {},
        "textblocks": {},
        "moderation_status": "allowed",
        "delivery": "delivering" if ad.status == "active" else "not_delivering",
        "ord_marker": None,
    }
    if ad.urls is not None:
        fields["urls"] = {slot: {"id": ad.id * 10, "url": link} for slot, link in ad.urls.items()}
    return fields


# Fields that come back when none are asked for.
_DEFAULT_FIELDS = {
    "ad_plans": ("id", "name"),
    "ad_groups": ("id", "name", "ad_plan_id", "package_id"),
    "banners": ("id", "ad_group_id", "moderation_status", "ord_marker"),
}
_KNOWN_FIELDS = {
    "ad_plans": frozenset(_campaign_fields(Campaign(0, "", "active", "", ""))),
    "ad_groups": frozenset(_group_fields(Group(0, 0, "", "active", False, "", {}, "", ""))),
    "banners": frozenset(_ad_fields(Ad(0, 0, "", "active", {}, None, 0, "", ""))),
}


def list_reply(catalog: Catalog, resource: str, args: MultiDict[str, str]) -> dict[str, Any]:
    """Return one page of a list.

    :param resource: ``ad_plans``, ``ad_groups`` or ``banners``.
    :param args: the query.
    :raises VkError: a parameter is unknown or out of range.
    """
    known = (*_PAGING, *_FILTERS, *(("_ad_group_id", "_ad_group_id__in") if resource == "banners" else ()))
    for name in args:
        if name not in known:
            raise field_error(name, "unallowed_field", f"Unknown parameter {name}")
    fields = _fields(resource, args)
    limit = _number(args, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    offset = _number(args, "offset", 0, 0, None)
    objects, rendered = _OBJECTS[resource]
    found = list(objects(catalog))
    for keep in _filters(args):
        found = [one for one in found if keep(one)]
    found = _sorted(found, args.get("sorting", "id"))
    items = [rendered(one) for one in found[offset : offset + limit]]
    page = [{name: item[name] for name in fields if name in item} for item in items]
    return {"count": len(found), "offset": offset, "items": page}


_OBJECTS: dict[str, tuple[Callable[[Catalog], Iterable[Any]], Callable[[Any], dict[str, Any]]]] = {
    "ad_plans": (lambda catalog: catalog.campaigns.values(), _campaign_fields),
    "ad_groups": (lambda catalog: catalog.groups.values(), _group_fields),
    "banners": (lambda catalog: catalog.ads.values(), _ad_fields),
}


def _fields(resource: str, args: MultiDict[str, str]) -> Iterable[str]:
    if "fields" not in args:
        return _DEFAULT_FIELDS[resource]
    names = args["fields"].split(",")
    unknown = [name for name in names if name not in _KNOWN_FIELDS[resource]]
    if unknown:
        msg = "fields"
        raise field_error(msg, "unallowed_value", f"Unknown fields: {', '.join(unknown)}")
    return names


def _number(args: MultiDict[str, str], name: str, default: int, low: int, high: int | None) -> int:
    text = args.get(name, str(default))
    try:
        number = int(text)
    except ValueError:
        raise field_error(name, "bad_value", f"{text!r} is not a whole number") from None
    if number < low:
        raise field_error(name, "min_value", f"Must be at least {low}")
    if high is not None and number > high:
        raise field_error(name, "max_value", f"Must be at most {high}")
    return number


def _filters(args: MultiDict[str, str]) -> Iterable[Callable[[Any], bool]]:
    for name in ("id", "ad_group_id", "status"):
        for suffix in ("", "__in", "__ne"):
            text = args.get(f"_{name}{suffix}")
            if text is not None:
                values = _values(f"_{name}{suffix}", text, numbers=name != "status", many=suffix == "__in")
                yield _keeper(name.removeprefix("ad_"), values, wanted=suffix != "__ne")


def _values(parameter: str, text: str, *, numbers: bool, many: bool) -> frozenset[object]:
    parts = text.split(",") if many else [text]
    bad = [part for part in parts if not (part.isdecimal() if numbers else part in _STATUSES)]
    if bad:
        raise field_error(parameter, "bad_value", f"Bad value: {', '.join(bad)}")
    return frozenset(int(part) for part in parts) if numbers else frozenset(parts)


def _keeper(attribute: str, values: frozenset[object], *, wanted: bool) -> Callable[[Any], bool]:
    return lambda one: (getattr(one, attribute) in values) is wanted


def _sorted(found: list[Any], sorting: str) -> list[Any]:
    name = sorting.removeprefix("-")
    if name not in _SORTABLE:
        msg = "sorting"
        raise field_error(msg, "unallowed_value", f"Cannot sort by {sorting!r}")
    return sorted(found, key=lambda one: (getattr(one, name), one.id), reverse=sorting.startswith("-"))
