"""The statistics of VK Ads, whatever shape the replies have.

The warehouse reads the figures of ads, and its JSON functions take what they can't read for nothing. So it is given a
reply as received only if it can't misread it, else written anew from what was read here.
"""

import json
import re
from collections.abc import Collection
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.sources.json_reply import Unreadable, read_json
from zakaz.sources.vk_values import (
    HIGHEST_FIGURE,
    Fields,
    Shape,
    amount_of,
    id_of,
    is_plain,
    items_of,
    object_of,
    objects_of,
    whole_number,
    written,
    wrong,
)

SUMS = ("shows", "clicks", "spent")
# The shape in which the warehouse expects them; each part may be absent.
TOTAL: Shape = {"base": {}}
STATISTICS: Shape = {"items": [{"rows": [{"date": str, "base": {"vk": {}}}], "total": TOTAL}], "total": TOTAL}
LIST_OF_ADS = re.compile(rb'\s*\{\s*"items"\s*:\s*\[')


class Figures(NamedTuple):
    """Sums of a day; spend in rubles net of VAT."""

    impressions: int = 0
    clicks: int = 0
    spend: Decimal = Decimal(0)


def read_account_days(content: bytes, account_id: int, days: DayRange) -> dict[date, Figures]:
    """The statistics of the account itself; a day without figures may be missing.

    :raises Unreadable: a figure or day can't be read, was not asked for, or is given twice.
    :raises SourceInconsistent: the days do not add up to a total that VK gives for them.
    """
    body, found = object_of(read_json(content), "the reply"), dict[date, Figures]()
    for item, place in objects_of(items_of(body), "items"):
        if item.get("id") is not None and id_of(item) != account_id:
            raise Unreadable(f"without the account asked for: {place}.id is another")
        before = len(found)
        for row, row_place in objects_of(item.get("rows"), f"{place}.rows"):
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
    body = object_of(read_json(content), "the reply")
    ads: list[dict[str, Any]] = [
        {
            "id": written(item.get("id")),
            "rows": [
                {"date": written(row.get("date")), "base": _in_text(_base(row, row_place))}
                for row, row_place in objects_of(item.get("rows"), f"{place}.rows")
            ],
            "total": {"base": _in_text(_total(item, place))},
        }
        for item, place in objects_of(items_of(body), "items")
    ]
    if is_plain(content, body, STATISTICS):
        return content
    rows = [row["base"] for ad in ads for row in ad["rows"]]
    total = {name: text or _sum(rows, name) for name, text in _in_text(_total(body, "the reply")).items()}
    return json.dumps({"items": ads, "total": {"base": total}}).encode()


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
        ending = object_of(read_json(b"{" + content[content.rfind(b'"total"') :]), "the reply")
        _sums(_total(ending, "the reply"), "its total")
    except Unreadable:
        return False
    return True


def _base(fields: Fields, place: str) -> dict[str, Any]:
    """The figures in `base` as they came, None where there is none."""
    base = object_of(fields.get("base"), f"{place}.base")
    vk = object_of(base.get("vk"), f"{place}.base.vk")
    return {name: base.get(name) for name in (*SUMS, "goals")} | {"vk": {"goals": vk.get("goals")}}


def _in_text(base: Fields) -> dict[str, Any]:
    texts = {name: written(value) for name, value in base.items()}
    return texts | {"vk": {"goals": written(base["vk"]["goals"])}} if "vk" in base else texts


def _total(fields: Fields, place: str) -> dict[str, Any]:
    base = _base(object_of(fields.get("total"), f"{place}.total"), f"{place}.total")
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
    shows, clicks = (whole_number(base[name], f"{place}: {name}", 0, HIGHEST_FIGURE) for name in ("shows", "clicks"))
    amount = amount_of(base["spent"])
    if amount is None:
        raise wrong(f"{place}: spent", "a sum of rubles", base["spent"])
    return Figures(shows, clicks, round(amount, 2))


def _sum(rows: list[dict[str, Any]], name: str) -> str:
    return f"{sum((amount_of(row[name]) or Decimal(0) for row in rows), Decimal(0)):f}"


def _day(row: Fields, place: str) -> date:
    text = written(row.get("date"))
    with suppress(ValueError):
        if str(day := date.fromisoformat(text or "")) == text:
            return day
    raise wrong(f"{place}.date", "a day as 2026-11-20", row.get("date"))
