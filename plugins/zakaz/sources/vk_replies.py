"""How the replies of VK Ads are read, whatever shape they have.

The warehouse reads the figures of ads and what its lists say, and its JSON functions take what they can't read for
nothing. So it is given a reply as received only if it can't misread it, else written anew from what was read here.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.sources.http import short
from zakaz.sources.json_reply import Odd, Unreadable, read_json, read_text

Fields = Mapping[str, Any]
Shape = Any
HIGHEST_ID = 2**64 - 1
# No true figure comes near it, and sums of such figures fit the warehouse's types (functions/zakaz_vk_count.sql).
HIGHEST_FIGURE = 10**15
SUMS = ("shows", "clicks", "spent")
DIGITS = re.compile(r"\d{1,20}", re.ASCII)
AMOUNT = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?", re.ASCII)
# What other readers of JSON refuse, or take for something else.
ODD_NUMBER = re.compile(rb"[:\[,]\s*-?(?:NaN|Infinity|\d{20}|\d[\d.]*[eE]\+?\d{3})")
# The shapes in which the warehouse expects what it reads; each part may be absent, "" stands for every other key.
TOTAL: Shape = {"base": {}}
STATISTICS: Shape = {"items": [{"rows": [{"date": str, "base": {"vk": {}}}], "total": TOTAL}], "total": TOTAL}
TEXTS, IDS = dict.fromkeys(("name", "utm"), str), dict.fromkeys(("id", "ad_plan_id", "ad_group_id"), int)
LIST: Shape = {"items": [{**TEXTS, **IDS, "enable_utm": bool, "urls": {"": {"url": str}}}]}
LIST_OF_ADS = re.compile(rb'\s*\{\s*"items"\s*:\s*\[')
# Marks an object of a list of which not everything can be read.
ODD = "zakaz_odd"
KINDS = {type(None): "nothing", dict: "an object", list: "a list"}


class Figures(NamedTuple):
    """Sums of a day; spend in rubles net of VAT."""

    impressions: int = 0
    clicks: int = 0
    spend: Decimal = Decimal(0)


class User(NamedTuple):
    """The account that a token opens; `currency` as VK writes it, empty if VK names none."""

    account_id: int
    currency: str


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
    body = _object(read_json(content), "the reply")
    currency = body.get("currency")
    return User(_id(body), "" if currency is None else str(currency).strip())


def read_page(content: bytes, resource: str, offset: int) -> Page:
    """A page of ad_plans, ad_groups or banners.

    :param offset: its place in the list.
    :raises Unreadable: it has no count or no list of objects.
    """
    body = _object(read_json(content), "the reply")
    items = _list(_items(body), "items")
    ids, objects, broken = list[int](), list[Fields](), list[str]()
    for number, item in enumerate(items, start=offset):
        name, odd = f"{resource}[{number}]", list[str]()
        fields = _or(odd, _object, item, "the object", otherwise=None)
        if fields is not None and (own_id := _or(odd, _id, fields, otherwise=0)):
            ids.append(own_id)
            name += f" (id {own_id})"
            read = {"id": own_id, "name": _text(fields, "name", odd), **DETAILS[resource](fields, odd)}
            objects.append({**read, ODD: bool(odd)})
        broken += [f"{name}: {each}" for each in odd]
    length = _whole(body.get("count"), "count", 0, HIGHEST_FIGURE)
    written = json.dumps({"count": length, "items": objects}).encode()
    return Page(length, len(items), ids, written if broken or not _is_plain(content, body, LIST) else content, broken)


def read_account_days(content: bytes, account_id: int, days: DayRange) -> dict[date, Figures]:
    """The statistics of the account itself; a day without figures may be missing.

    :raises Unreadable: a figure or day can't be read, was not asked for, or is given twice.
    :raises SourceInconsistent: the days do not add up to a total that VK gives for them.
    """
    body, found = _object(read_json(content), "the reply"), dict[date, Figures]()
    for item, place in _objects(_items(body), "items"):
        if item.get("id") is not None and _id(item) != account_id:
            raise Unreadable(f"without the account asked for: {place}.id is another")
        before = len(found)
        for row, row_place in _objects(item.get("rows"), f"{place}.rows"):
            day = _day(row, row_place)
            if day in found or not days.first <= day <= days.last:
                raise Unreadable(f"{row_place}.date: given twice, or not asked for")
            found[day] = _figures(_base(row, row_place), row_place)
        _require_total(item, f"account {account_id}, {days}, {place}", list(found.values())[before:])
    _require_total(body, f"account {account_id}, {days}, the reply", found.values())
    return found


def read_statistics(content: bytes) -> bytes:
    """The statistics of ads, for the warehouse to read.

    Most replies are a list in ASCII without escapes, and have a total with which the warehouse compares what it has
    read: these are not read here, since that would take as long as all the rest.

    :raises Unreadable: there is no list of ads, or something else in place of a list or an object.
    """
    is_simple = LIST_OF_ADS.match(content) and content.isascii() and b"\\" not in content
    if is_simple and _has_each_key_once(content) and _has_total(content):
        return content
    body = _object(read_json(content), "the reply")
    ads: list[dict[str, Any]] = [
        {
            "id": _written(item.get("id")),
            "rows": [
                {"date": _written(row.get("date")), "base": _in_text(_base(row, row_place))}
                for row, row_place in _objects(item.get("rows"), f"{place}.rows")
            ],
            "total": {"base": _in_text(_total(item, place))},
        }
        for item, place in _objects(_items(body), "items")
    ]
    if _is_plain(content, body, STATISTICS):
        return content
    rows = [row["base"] for ad in ads for row in ad["rows"]]
    total = {name: text or _sum(rows, name) for name, text in _in_text(_total(body, "the reply")).items()}
    return json.dumps({"items": ads, "total": {"base": total}}).encode()


def _is_plain(content: bytes, body: Any, shape: Shape) -> bool:
    """Whether any reader of JSON reads the same."""
    is_text = read_text(content).encode() == content
    return is_text and not ODD_NUMBER.search(content) and _has_shape(body, shape)


def _has_shape(value: Any, shape: Shape) -> bool:
    if isinstance(value, Odd):
        return False
    if value is None or shape is None:
        return True
    if isinstance(shape, list):
        return isinstance(value, list) and all(isinstance(each, dict) and _has_shape(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            _has_shape(inner, shape.get(name, shape.get(""))) for name, inner in value.items()
        )
    return type(value) is shape


def _has_each_key_once(content: bytes) -> bool:
    """Whether the counts of the keys are those of lists of objects in which each has its own: no twins, no other shape.

    If not, the reply is read here, which says what is odd in it. Keys whose sums have a total need no count: counting
    is a fifth of the load's time. VK gives goals twice in each day (again in `vk`), and once in each total.
    """
    ads, days, goals = map(content.count, (b'"id"', b'"date"', b'"goals"'))
    totals = ads + 1
    is_all_lists = ads == (content.count(b'"rows": [') or content.count(b'"rows":['))
    return is_all_lists and goals in (2 * days + totals, 2 * days + 2 * totals)


def _has_total(content: bytes) -> bool:
    try:
        ending = _object(read_json(b"{" + content[content.rfind(b'"total"') :]), "the reply")
        _sums(_total(ending, "the reply"), "its total")
    except Unreadable:
        return False
    return True


def _base(fields: Fields, place: str) -> dict[str, Any]:
    """The figures in `base` as they came, None where there is none."""
    base = _object(fields.get("base"), f"{place}.base")
    vk = _object(base.get("vk"), f"{place}.base.vk")
    return {name: base.get(name) for name in (*SUMS, "goals")} | {"vk": {"goals": vk.get("goals")}}


def _in_text(base: Fields) -> dict[str, Any]:
    written = {name: _written(value) for name, value in base.items()}
    return written | {"vk": {"goals": _written(base["vk"]["goals"])}} if "vk" in base else written


def _total(fields: Fields, place: str) -> dict[str, Any]:
    base = _base(_object(fields.get("total"), f"{place}.total"), f"{place}.total")
    return {name: base[name] for name in SUMS}


def _require_total(fields: Fields, place: str, rows: Collection[Figures]) -> None:
    """What of a total is missing is no contradiction, and neither is a kopeck per row: VK rounds each."""
    shows, clicks = sum(row.impressions for row in rows), sum(row.clicks for row in rows)
    added = Figures(shows, clicks, sum((row.spend for row in rows), Decimal(0)))
    given = zip(_total(fields, place).items(), added, strict=True)
    total = _sums({name: own if said is None else said for (name, said), own in given}, f"{place}.total")
    if total[:2] != added[:2] or abs(total.spend - added.spend) * 100 > len(rows):
        said, found = (f"shows={each.impressions} clicks={each.clicks} spent={each.spend}" for each in (total, added))
        raise SourceInconsistent(
            f"VK Ads: {place}: days of the account that do not add up to their total: expected {said}, found {found}. "
            "The staging keeps its old rows"
        )


def _figures(base: Fields, place: str) -> Figures:
    """Zeros if there is no figure at all."""
    vk_goals = base["vk"]["goals"]
    has_none = vk_goals is None and all(base[name] is None for name in (*SUMS, "goals"))
    return Figures() if has_none else _sums(base, place)


def _sums(base: Fields, place: str) -> Figures:
    shows, clicks = (_whole(base[name], f"{place}: {name}", 0, HIGHEST_FIGURE) for name in ("shows", "clicks"))
    amount = _amount(base["spent"])
    if amount is None:
        raise _wrong(f"{place}: spent", "a sum of rubles", base["spent"])
    return Figures(shows, clicks, round(amount, 2))


def _sum(rows: list[dict[str, Any]], name: str) -> str:
    return f"{sum((_amount(row[name]) or Decimal(0) for row in rows), Decimal(0)):f}"


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
        "ad_plan_id": _or(odd, _id, fields, "ad_plan_id", otherwise=0),
        "enable_utm": _or(odd, _flag, fields, "enable_utm", otherwise=False),
        "utm": _text(fields, "utm", odd),
    }


def _banner(fields: Fields, odd: list[str]) -> Fields:
    urls = fields.get("urls")
    slots = urls.items() if isinstance(urls, dict) else enumerate(_or(odd, _list, urls, "urls", otherwise=[]))
    links = {str(slot): _or(odd, _object, value, f"urls.{slot}", otherwise={}) for slot, value in slots}
    return {
        "ad_group_id": _or(odd, _id, fields, "ad_group_id", otherwise=0),
        "urls": {slot: {"url": _text(link, "url", odd)} for slot, link in links.items()},
    }


# What the warehouse needs to know of an object beside its id and name.
DETAILS: Mapping[str, Callable[[Fields, list[str]], Fields]] = {
    "ad_plans": _campaign,
    "ad_groups": _group,
    "banners": _banner,
}


def _items(body: Fields) -> Any:
    if "items" not in body:
        raise Unreadable("without items")
    return body["items"]


def _objects(value: Any, place: str) -> list[tuple[Fields, str]]:
    """The objects of a list, each with its place."""
    listed = _list(value, place)
    return [(_object(inner, f"{place}[{number}]"), f"{place}[{number}]") for number, inner in enumerate(listed)]


def _list(value: Any, place: str) -> list[Any]:
    """A list; PHP writes one whose numbers have a gap as an object."""
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    if not isinstance(value, list):
        raise _wrong(place, "a list", value)
    return value


def _object(value: Any, place: str) -> Fields:
    """An object; PHP writes an empty one as a list."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    return value


def _id(fields: Fields, name: str = "id") -> int:
    return _whole(fields.get(name), name, 1, HIGHEST_ID)


def _whole(value: Any, place: str, lowest: int, highest: int) -> int:
    text = _written(value)
    if text is None or not DIGITS.fullmatch(text) or not lowest <= int(text) <= highest:
        raise _wrong(place, "a whole number", value)
    return int(text)


def _amount(value: Any) -> Decimal | None:
    text = _written(value)
    amount = Decimal(text) if text and AMOUNT.fullmatch(text) else None
    return amount if amount is not None and abs(amount) < HIGHEST_FIGURE else None


def _day(row: Fields, place: str) -> date:
    text = _written(row.get("date"))
    with suppress(ValueError):
        if str(day := date.fromisoformat(text or "")) == text:
            return day
    raise _wrong(f"{place}.date", "a day as 2026-11-20", row.get("date"))


def _text(fields: Fields, name: str, odd: list[str]) -> str:
    """A text, empty if there is none; some encoders write one of digits as a number."""
    value = fields.get(name)
    if isinstance(value, bool | dict | list | Odd):
        odd.append(str(_wrong(name, "a text", value)))
        return ""
    return _written(value) or ""


def _flag(fields: Fields, name: str) -> bool:
    value = fields.get(name) or False
    if not isinstance(value, bool) and _written(value) not in ("0", "1"):
        raise _wrong(name, "true or false", value)
    return value is True or _written(value) == "1"


def _written(value: Any) -> str | None:
    """A figure as text: VK writes the same one as number or as text. What is neither reads as no figure."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and abs(value) < HIGHEST_FIGURE:
        return f"{value:f}" if value % 1 else str(int(value))
    return _kind(value)


def _wrong(place: str, expected: str, found: Any) -> Unreadable:
    return Unreadable(f"without {place}" if found is None else f"{place}: expected {expected}, found {_kind(found)}")


def _kind(value: Any) -> str:
    """What it is, with the value where that is short."""
    if isinstance(value, Odd):
        return value.what
    if isinstance(value, bool):
        return json.dumps(value)
    shown = repr(short(value, 30)) if isinstance(value, str) else short(value, 30)
    return KINDS.get(type(value)) or f"{'a text' if isinstance(value, str) else 'a number'} {shown}"
