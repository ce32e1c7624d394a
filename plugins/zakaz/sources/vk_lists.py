"""The lists and regions of VK Ads and the account that a token opens, whatever shape the replies have.

The warehouse reads what its lists say, and its JSON functions take what they can't read for nothing. So it is given a
page as received only if it can't misread it, else written anew from what was read here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from zakaz.sources.json_reply import Unreadable, read_json
from zakaz.sources.vk_values import (
    HIGHEST_FIGURE,
    HIGHEST_ID,
    Fields,
    Shape,
    flag_of,
    id_of,
    is_plain,
    items_of,
    list_of,
    object_of,
    objects_of,
    text_of,
    whole_number,
    written,
)

# The shape in which the warehouse expects a list; each part may be absent, "" stands for every other key.
TEXTS, IDS = dict.fromkeys(("name", "utm"), str), dict.fromkeys(("id", "ad_plan_id", "ad_group_id"), int)
PLACES: Shape = {"regions": [int]}
LIST: Shape = {
    "items": [
        {
            **TEXTS,
            **IDS,
            "enable_utm": bool,
            "urls": {"": {"url": str}},
            "targetings": {**PLACES, "geo": PLACES},
        }
    ]
}
# Marks an object of a list of which not everything can be read.
ODD = "zakaz_odd"


class User(NamedTuple):
    """The account that a token opens; currency and name as VK writes them, empty if VK gives none."""

    account_id: int
    currency: str
    name: str = ""


class Region(NamedTuple):
    """A country, a part of one, or a city; of what it is a part, 0 if of nothing."""

    region_id: int
    parent_id: int
    name: str


class Page(NamedTuple):
    """A page of a list.

    :param length: objects in the whole list, by VK's word. :param size: objects on this page.
    :param ids: of the objects whose id can be read.
    :param content: the page for the warehouse to read. Of objects with something odd it has what can be read, and ODD.
    :param broken: what is odd: the place of the object, its id if that can be read, and what is wrong.
    """

    length: int
    size: int
    ids: list[int]
    content: bytes
    broken: list[str]


def read_user(content: bytes) -> User:
    """The reply of `user.json`.

    :raises Unreadable: it has no id.
    """
    body = object_of(read_json(content), "the reply")
    currency = body.get("currency")
    return User(id_of(body), "" if currency is None else str(currency).strip(), text_of(body, "username", []))


def read_page(content: bytes, resource: str, offset: int) -> Page:
    """A page of ad_plans, ad_groups or banners.

    :param offset: its place in the list.
    :raises Unreadable: it has no count or no list of objects.
    """
    body = object_of(read_json(content), "the reply")
    items = list_of(items_of(body), "items")
    ids, objects, broken = list[int](), list[Fields](), list[str]()
    for number, item in enumerate(items, start=offset):
        name, odd = f"{resource}[{number}]", list[str]()
        fields = _or(odd, object_of, item, "the object", otherwise=None)
        if fields is not None and (own_id := _or(odd, id_of, fields, otherwise=0)):
            ids.append(own_id)
            name += f" (id {own_id})"
            read = {"id": own_id, "name": text_of(fields, "name", odd), **DETAILS[resource](fields, odd)}
            objects.append({**read, ODD: bool(odd)})
        broken += [f"{name}: {each}" for each in odd]
    length = whole_number(body.get("count"), "count", 0, HIGHEST_FIGURE)
    anew = json.dumps({"count": length, "items": objects}).encode()
    return Page(length, len(items), ids, anew if broken or not is_plain(content, body, LIST) else content, broken)


def read_regions(content: bytes) -> list[Region]:
    """The reply of `regions.json`: the regions whose id and name can be read.

    :raises Unreadable: it has no list of objects.
    """
    found = list[Region]()
    for fields, _ in objects_of(items_of(object_of(read_json(content), "the reply")), "items"):
        odd = list[str]()
        region_id = _or(odd, id_of, fields, otherwise=0)
        name = text_of(fields, "name", odd)
        if region_id and name:
            found.append(Region(region_id, _or(odd, id_of, fields, "parent_id", otherwise=0), name))
    return found


def _or(odd: list[str], read: Callable[..., Any], *what: Any, otherwise: Any) -> Any:
    """What is read; something else where it can't be, which is noted."""
    try:
        return read(*what)
    except Unreadable as error:
        odd.append(str(error))
        return otherwise


def _campaign(_fields: Fields, _odd: list[str]) -> Fields:
    return {}


def _group(fields: Fields, odd: list[str]) -> Fields:
    return {
        "ad_plan_id": _or(odd, id_of, fields, "ad_plan_id", otherwise=0),
        "enable_utm": _or(odd, flag_of, fields, "enable_utm", otherwise=False),
        "utm": text_of(fields, "utm", odd),
        "targetings": {"geo": {"regions": _or([], _regions, fields, otherwise=[])}},
    }


def _regions(fields: Fields) -> list[int]:
    """The regions that a group targets, without those that it excludes: their ids are below zero.

    :raises Unreadable: one is no id. That is no finding: most ads have their city from their texts.
    """
    targetings = object_of(fields.get("targetings"), "targetings")
    geo = object_of(targetings.get("geo"), "geo") or targetings
    listed = list_of(geo.get("regions"), "regions")
    return [
        whole_number(each, "regions", 1, HIGHEST_ID) for each in listed if not (written(each) or "").startswith("-")
    ]


def _banner(fields: Fields, odd: list[str]) -> Fields:
    urls = fields.get("urls")
    slots = urls.items() if isinstance(urls, dict) else enumerate(_or(odd, list_of, urls, "urls", otherwise=[]))
    links = {str(slot): _or(odd, object_of, value, f"urls.{slot}", otherwise={}) for slot, value in slots}
    return {
        "ad_group_id": _or(odd, id_of, fields, "ad_group_id", otherwise=0),
        "urls": {slot: {"url": text_of(link, "url", odd)} for slot, link in links.items()},
    }


# What the warehouse needs to know of an object beside its id and name.
DETAILS: Mapping[str, Callable[[Fields, list[str]], Fields]] = {
    "ad_plans": _campaign,
    "ad_groups": _group,
    "banners": _banner,
}
