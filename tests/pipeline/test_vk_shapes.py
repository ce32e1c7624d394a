"""Whatever a reply looks like: read as Python reads it, or refused by name; never taken for nothing, never a crash.

The statistics here have their totals, as those of VK do, so that of a damaged reply only the true figures can pass.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from few_examples import a_few
from made_rows import DAY
from made_vk_ads import MadeVkAds, reply
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent, ZakazError
from zakaz.pipeline.buffered_insert import BufferedInsert
from zakaz.pipeline.vk_account import Fetch
from zakaz.pipeline.vk_ads import RAW_COLUMNS, RAW_TABLE, land, load_vk_ads, read_and_check
from zakaz.sources.vk_ads import Reply
from zakaz.warehouse.hook import WarehouseHook

DAYS = DayRange(DAY - timedelta(days=1), DAY)
ADS = (30, 31, 32)
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.timeout(300)]

any_text = st.text(st.characters(exclude_categories=()), max_size=8)
any_value = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([10**30, 2**64, -1, 1.5, 1e300, float("nan"), float("inf"), "", "1e5", "١", "12,5"]),
        any_text,
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)
figures = st.tuples(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(-100, 10**9))


def is_one_line(error: ZakazError) -> bool:
    """Whether an error can be recorded and told."""
    return "\n" not in str(error) and bool(str(error).encode())


def base_of(shows: int, clicks: int, kopecks: int) -> dict[str, Any]:
    money = {"spent": str(Decimal(kopecks) / 100), "cpm": "1.00", "ctr": 1.25}
    return {"shows": shows, "clicks": clicks, "goals": 1, **money, "vk": {"goals": 1, "cpa": "0"}}


@st.composite
def statistics(draw: st.DrawFn) -> dict[str, Any]:
    """A reply of VK with figures of each ad on each day."""
    items, sums = [], []
    for ad in ADS:
        rows = draw(st.lists(figures, min_size=2, max_size=2))
        sums.append(tuple(map(sum, zip(*rows, strict=True))))
        dated = [{"date": str(day), "base": base_of(*row)} for day, row in zip(DAYS, rows, strict=True)]
        items.append({"id": ad, "rows": dated, "total": {"base": base_of(*sums[-1])}})
    total = tuple(map(sum, zip(*sums, strict=True)))
    return {"items": items, "total": {"base": base_of(*total)}}


def true_days(body: dict[str, Any]) -> dict[Any, Any]:
    """The sums of a sound reply by day."""
    rows = [[row["base"] for row in item["rows"]] for item in body["items"]]
    return {
        day: (
            sum(base["shows"] for base in bases),
            sum(base["clicks"] for base in bases),
            sum(Decimal(base["spent"]) for base in bases),
        )
        for day, bases in zip(DAYS, zip(*rows, strict=True), strict=True)
    }


def read(warehouse: WarehouseHook, content: bytes) -> dict[Any, Any] | None:
    """The sums by day that the warehouse reads in a reply about the ads; None if it is refused in one line."""
    fetch = Fetch(7, DAYS)
    buffer = BufferedInsert(warehouse, RAW_TABLE, RAW_COLUMNS, 10**6)
    try:
        sent = reply("statistics", {"id": list(ADS)}, "")
        land(buffer, fetch, [Reply(sent.resource, sent.request, DAYS, content, sent.received_at)])
        left_out = read_and_check(buffer, warehouse, fetch)
    except SourceInconsistent as error:
        return None if is_one_line(error) else {}
    return None if left_out else {day: tuple(sums) for day, (_, sums) in fetch.ads_days.items() if any(sums)}


def written(body: Any, ascii_only: bool) -> bytes:
    return json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def nonzero(days: dict[Any, Any]) -> dict[Any, Any]:
    return {day: sums for day, sums in days.items() if any(sums)}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """The document with the value at a path changed."""
    if not path:
        return change(value)
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], change)
    return copy


unknown = st.dictionaries(st.sampled_from(["new", "\ud83c", "Rows", "ID"]), any_value, max_size=1)


@st.composite
def in_another_form(draw: st.DrawFn, value: Any) -> Any:
    """The same in another of PHP's forms: lists as objects, numbers as text, and things that nobody asked for."""
    if isinstance(value, list):
        inner = [draw(in_another_form(each)) for each in value]
        keys = draw(st.sampled_from(["012", "357", "xyz"]))[: len(inner)]
        return dict(zip(keys, inner, strict=True)) if draw(st.booleans()) else inner
    if isinstance(value, dict):
        more = {} if "primary" in value else draw(unknown)  # every key of urls means a link
        return {**more, **{name: draw(in_another_form(each)) for name, each in value.items()}}
    return str(value) if type(value) is int and draw(st.booleans()) else value


@a_few
@given(data=st.data(), body=statistics(), ascii_only=st.booleans(), has_total=st.booleans())
def test_the_same_figures_in_another_form_are_read_as_the_same(
    warehouse: WarehouseHook, data: st.DataObject, body: dict[str, Any], ascii_only: bool, has_total: bool
) -> None:
    other = data.draw(in_another_form(body))
    if not has_total:
        other["total"] = data.draw(st.sampled_from([None, [], {}]))
    found = read(warehouse, written(other, ascii_only))
    assert found in (None, nonzero(true_days(body)))
    # What is refused is refused for what may be misread: an object for a list, whose total alone was read.
    assert found is not None or has_total


@a_few
@given(data=st.data(), body=statistics(), wrong=any_value)
def test_of_a_reply_with_any_value_anywhere_only_true_figures_pass(
    warehouse: WarehouseHook, data: st.DataObject, body: dict[str, Any], wrong: Any
) -> None:
    path = data.draw(st.sampled_from(places(body)))
    damaged = changed(body, path, lambda _: wrong)
    found = read(warehouse, written(damaged, data.draw(st.booleans())))
    assert found in (None, nonzero(true_days(body)))


@a_few
@given(data=st.data(), body=statistics(), put=st.binary(max_size=6), count=st.integers(0, 6))
def test_of_a_reply_with_any_bytes_anywhere_only_true_figures_pass(
    warehouse: WarehouseHook, data: st.DataObject, body: dict[str, Any], put: bytes, count: int
) -> None:
    content = json.dumps(body).encode()
    place = data.draw(st.integers(0, len(content)))
    found = read(warehouse, content[:place] + put + content[place + count :])
    assert found in (None, nonzero(true_days(body)))


numbers = st.one_of(
    st.integers(-(10**3), 10**20).map(str),
    st.decimals(-(10**3), 10**12, places=2).map(str),
    st.decimals(0, 10**3, places=12).map(lambda number: f"{number:f}"),
    st.sampled_from(["1e2", "1E2", "1e-2", "-0", "-0.0", "1e400", "1e-400", "1.0", "0e5", "10e14", "1e15", "9" * 400]),
)


@a_few
@given(number=numbers, as_text=st.booleans(), field=st.sampled_from(["shows", "spent"]), total=st.booleans())
def test_any_number_is_read_as_it_is_or_refused(
    warehouse: WarehouseHook, number: str, as_text: bool, field: str, total: bool
) -> None:
    """A number, not a text, is a double to the warehouse: to the kopeck up to 15 digits."""
    assume(as_text or len(number) < 15 or not number.replace(".", "").isdigit())
    written = {"shows": "1", "clicks": "1", "spent": "1", field: f'"{number}"' if as_text else number}
    base = "{" + ", ".join(f'"{name}": {text}' for name, text in written.items()) + "}"
    others = ", ".join(f'{{"id": {ad}, "rows": []}}' for ad in ADS[1:])
    ending = f'"total": {{"base": {base}}}' if total else '"total": []'
    text = f'{{"items": [{{"id": 30, "rows": [{{"date": "{DAY}", "base": {base}}}]}}, {others}], {ending}}}'
    found = read(warehouse, text.encode())
    if found is not None:
        true = {"shows": 1, "clicks": 1, "spent": Decimal(1), field: Decimal(number)}
        (shows, clicks, spend) = found.get(DAY, (0, 0, Decimal(0)))
        assert (shows, clicks) == (round(true["shows"], 9), true["clicks"])
        assert abs(spend - true["spent"]) <= Decimal("0.005")
    elif field == "spent" and abs(Decimal(number)) < 10**12:
        assert as_text or "e400" in number, "a sum that can be true is read"


LISTS = ("ad_plans", "ad_groups", "banners")


def listed() -> dict[str, dict[str, Any]]:
    """The lists of an account with two campaigns, three groups and three ads."""
    tags = {"enable_utm": True, "utm": "utm_content=a_place"}
    items = {
        "ad_plans": [{"id": 10, "name": "Казань"}, {"id": 11, "name": "Орёл"}],
        "ad_groups": [{"id": 20 + no, "ad_plan_id": 10 + no // 2, "name": f"Г{no}", **tags} for no in range(3)],
        "banners": [
            {"id": 30 + no, "ad_group_id": 20 + no, "name": f"О{no}", "urls": {"primary": {"id": 1, "url": f"//{no}"}}}
            for no in range(3)
        ],
    }
    return {name: {"count": len(objects), "items": objects} for name, objects in items.items()}


SOUND = {
    30: ("О0", 20, "Г0", 10, "Казань", "//0", "a_place"),
    31: ("О1", 21, "Г1", 10, "Казань", "//1", "a_place"),
    32: ("О2", 22, "Г2", 11, "Орёл", "//2", "a_place"),
}


class Account(MadeVkAds):
    """An account that gives its lists as these bytes."""

    contents: dict[str, bytes]

    def lists(self) -> Any:
        for resource, content in self.contents.items():
            told = reply(resource, {"offset": 0}, "")
            yield (
                Reply(resource, told.request, None, content, told.received_at),
                list(ADS) if resource == "banners" else [],
            )


def described(warehouse: WarehouseHook, contents: dict[str, bytes]) -> tuple[dict[int, Any], tuple[str, ...]] | None:
    """What the staging says of each ad, and what is named as broken; None if a list is refused in one line."""
    account = Account([])
    account.contents = contents
    try:
        loaded = load_vk_ads([account], warehouse, DayRange(DAY, DAY))
    except SourceInconsistent as error:
        return None if is_one_line(error) else ({}, ())
    assert loaded.rows_written == len(ADS), "the figures are loaded whatever the lists say"
    rows = warehouse.execute(
        "SELECT ad_id, ad_name, ad_group_id, ad_group_name, campaign_id, campaign_name, link, utm_content "
        "FROM zakaz.stg_vk_ads_daily FINAL"
    )
    return {row[0]: row[1:] for row in rows}, loaded.broken


def as_bytes(lists: dict[str, Any], ascii_only: bool = True) -> dict[str, bytes]:
    return {
        name: json.dumps(body, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for name, body in lists.items()
    }


@a_few
@given(data=st.data(), ascii_only=st.booleans())
def test_lists_in_another_form_say_the_same(warehouse: WarehouseHook, data: st.DataObject, ascii_only: bool) -> None:
    other = {name: data.draw(in_another_form(body)) for name, body in listed().items()}
    assert described(warehouse, as_bytes(other, ascii_only)) == (SOUND, ())


@a_few
@given(data=st.data(), wrong=any_value)
def test_any_value_in_place_of_an_object_or_of_what_it_says_hides_no_other_object(
    warehouse: WarehouseHook, data: st.DataObject, wrong: Any
) -> None:
    lists = listed()
    resource = data.draw(st.sampled_from(LISTS))
    number, *path = data.draw(st.sampled_from(places(lists[resource]["items"])[1:]))
    body = changed(lists[resource], ("items", number, *path), lambda _: wrong)
    warehouse.execute("TRUNCATE TABLE zakaz.stg_vk_ads_daily")
    found = described(warehouse, as_bytes({**lists, resource: body}))
    assert found is not None
    for no, ad in enumerate(ADS):
        touched = {"ad_plans": no // 2, "ad_groups": no, "banners": no}[resource] == number
        assert found[0][ad] == SOUND[ad] or touched
    if wrong is None and path in ([], ["id"], ["ad_plan_id"], ["ad_group_id"]):
        assert len(found[1]) == 1, "what is needed and missing is named"


@a_few
@given(texts=st.lists(any_text, min_size=4, max_size=4), ascii_only=st.booleans())
def test_any_text_arrives_but_for_halves_of_characters(
    warehouse: WarehouseHook, texts: list[str], ascii_only: bool
) -> None:
    lists = listed()
    lists["ad_plans"]["items"][0]["name"], lists["ad_groups"]["items"][0]["name"] = texts[:2]
    lists["banners"]["items"][0] |= {"name": texts[2], "urls": {"x": {"url": texts[3]}}}
    # Bytes of half a character are several that are no UTF-8.
    if not ascii_only:
        texts = [text.encode("utf-8", "surrogatepass").decode(errors="replace") for text in texts]
    plan, group, name, link = (text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for text in texts)
    found = described(warehouse, as_bytes(lists, ascii_only))
    assert found is not None
    assert (found[0][30][:6], found[1]) == ((name, 20, group, 10, plan, link), ())
