"""A page of a list of VK: taken as it came where nothing can be misread, else written anew; what is odd is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from made_rows import ONE_DAY
from zakaz.sources.json_reply import Unreadable
from zakaz.sources.vk_lists import Page, User, read_page, read_user
from zakaz.sources.vk_statistics import read_account_days, read_statistics
from zakaz.sources.vk_values import HIGHEST_FIGURE, HIGHEST_ID

PLAN: dict[str, Any] = {"id": 1, "name": "A"}
GROUP: dict[str, Any] = {"id": 2, "name": "B", "ad_plan_id": 1, "enable_utm": True, "utm": "utm_source=vk"}
BANNER: dict[str, Any] = {"id": 3, "name": "C", "ad_group_id": 2, "urls": {"primary": {"id": 9, "url": "https://x"}}}
ITEMS = {"ad_plans": PLAN, "ad_groups": GROUP, "banners": BANNER}


def page(*items: Any, **given: Any) -> bytes:
    return json.dumps({"items": items, "count": len(items), **given}).encode()


def rewritten(resource: str, **given: Any) -> tuple[dict[str, Any], list[str]]:
    """What of an item is written anew, without its id and name, and what is odd."""
    found = read_page(page({**ITEMS[resource], **given}), resource, 0)
    (item,) = (written := json.loads(found.content))["items"]
    assert written["count"] == 1
    assert item.pop("zakaz_odd") is bool(found.broken)
    place = f"{resource}[0] (id {item['id']}): "
    assert all(each.startswith(place) for each in found.broken)
    return {name: item[name] for name in given}, [each.removeprefix(place) for each in found.broken]


@pytest.mark.parametrize("resource", ITEMS)
def test_a_page_with_one_reading_stays_as_it_came(resource: str) -> None:
    item = ITEMS[resource]
    for content in (page(item), page(item, {**item, "id": 7, "more": [1.5, {"a": None}]}), page(), page(count=0)):
        ids = [one["id"] for one in json.loads(content)["items"]]
        assert read_page(content, resource, 5) == Page(len(ids), len(ids), ids, content, [])
    nothing = dict.fromkeys(item, None)
    content = page({**nothing, "id": 4, **{key: item[key] for key in item if key.endswith("_id")}})
    assert read_page(content, resource, 0).content == content


@pytest.mark.parametrize(
    ("resource", "given", "read", "broken"),
    [
        ("ad_plans", {"id": "1"}, {"id": 1}, []),
        ("ad_plans", {"name": 7}, {"name": "7"}, []),
        ("ad_plans", {"name": True}, {"name": ""}, ["name: expected a text, found true"]),
        ("ad_plans", {"name": ["A"]}, {"name": ""}, ["name: expected a text, found a list"]),
        ("ad_groups", {"ad_plan_id": "5"}, {"ad_plan_id": 5}, []),
        (
            "ad_groups",
            {"ad_plan_id": None, "enable_utm": 1},
            {"ad_plan_id": 0, "enable_utm": True},
            ["without ad_plan_id"],
        ),
        ("ad_groups", {"enable_utm": "1"}, {"enable_utm": True}, []),
        ("ad_groups", {"enable_utm": "0"}, {"enable_utm": False}, []),
        ("ad_groups", {"enable_utm": 0}, {"enable_utm": False}, []),
        (
            "ad_groups",
            {"enable_utm": "x"},
            {"enable_utm": False},
            ["enable_utm: expected true or false, found a text 'x'"],
        ),
        (
            "ad_groups",
            {"enable_utm": 2},
            {"enable_utm": False},
            ["enable_utm: expected true or false, found a number 2"],
        ),
        ("ad_groups", {"utm": {}}, {"utm": ""}, ["utm: expected a text, found an object"]),
        ("banners", {"ad_group_id": 0}, {"ad_group_id": 0}, ["ad_group_id: expected a whole number, found a number 0"]),
        ("banners", {"urls": [{"url": "x"}]}, {"urls": {"0": {"url": "x"}}}, []),
        ("banners", {"urls": {"0": {"url": 5}}}, {"urls": {"0": {"url": "5"}}}, []),
        ("banners", {"urls": [[]]}, {"urls": {"0": {"url": ""}}}, []),
        ("banners", {"urls": "x"}, {"urls": {}}, ["urls: expected a list, found a text 'x'"]),
        ("banners", {"urls": {"a": 5}}, {"urls": {"a": {"url": ""}}}, ["urls.a: expected an object, found a number 5"]),
        ("banners", {"urls": {"a": {"url": []}}}, {"urls": {"a": {"url": ""}}}, ["url: expected a text, found a list"]),
    ],
)
def test_what_stands_in_another_form_is_written_anew_and_what_is_odd_is_named(
    resource: str, given: dict[str, Any], read: dict[str, Any], broken: list[str]
) -> None:
    assert rewritten(resource, **given) == (read, broken)


def test_an_object_without_an_id_is_named_by_its_place_in_the_whole_list() -> None:
    found = read_page(page(PLAN, {"name": "B"}, 5, {"id": 4, "name": "D"}, count="99"), "ad_plans", 50)
    assert (found.length, found.size, found.ids) == (99, 4, [1, 4])
    assert [item["id"] for item in json.loads(found.content)["items"]] == [1, 4]
    assert found.broken == [
        "ad_plans[51]: without id",
        "ad_plans[52]: the object: expected an object, found a number 5",
    ]


def page_of(content: bytes) -> Page:
    return read_page(content, "ad_plans", 0)


def days_of(content: bytes) -> Any:
    return read_account_days(content, 7, ONE_DAY)


def rows_of(*rows: Any, **given: Any) -> Any:
    return {"items": [{"rows": list(rows), **given}]}


STATISTICS = (days_of, read_statistics)
LISTS = (page_of, *STATISTICS)
DATE = {"date": "2026-11-20"}
REFUSED: list[tuple[Callable[[bytes], Any], Any, str]] = [
    *((read, "x", "the reply: expected an object, found a text 'x'") for read in (read_user, *LISTS)),
    *((read, {}, "without items") for read in LISTS),
    *((read, {"items": 5}, "items: expected a list, found a number 5") for read in LISTS),
    *((read, {"items": [5]}, "items[0]: expected an object, found a number 5") for read in STATISTICS),
    *((read, rows_of(DATE, 5), "items[0].rows[1]: expected an object, found a number 5") for read in STATISTICS),
    *(
        (read, rows_of({**DATE, "base": 5}), "items[0].rows[0].base: expected an object, found a number 5")
        for read in STATISTICS
    ),
    *(
        (read, rows_of({**DATE, "base": {"vk": 5}}), "items[0].rows[0].base.vk: expected an object, found a number 5")
        for read in STATISTICS
    ),
    *((read, rows_of(total=5), "items[0].total: expected an object, found a number 5") for read in STATISTICS),
    (read_statistics, rows_of(total={"base": 5}), "items[0].total.base: expected an object, found a number 5"),
    (read_statistics, {"items": [], "total": "x"}, "the reply.total: expected an object, found a text 'x'"),
    (read_user, {}, "without id"),
    (read_user, {"id": 10**40}, f"id: expected a whole number, found a number 1{'0' * 28}…"),
    (read_user, {"id": 0}, "id: expected a whole number, found a number 0"),
    (read_user, {"id": HIGHEST_ID + 1}, f"id: expected a whole number, found a number {HIGHEST_ID + 1}"),
    (page_of, {"items": []}, "without count"),
    (page_of, {"items": [], "count": -1}, "count: expected a whole number, found a number -1"),
    (
        page_of,
        {"items": [], "count": HIGHEST_FIGURE + 1},
        f"count: expected a whole number, found a number {HIGHEST_FIGURE + 1}",
    ),
    (days_of, {"items": [{"id": 8}]}, "without the account asked for: items[0].id is another"),
    (days_of, rows_of(DATE, DATE), "items[0].rows[1].date: given twice, or not asked for"),
    (days_of, rows_of({"date": "2026-11-21"}), "items[0].rows[0].date: given twice, or not asked for"),
    (days_of, rows_of({"date": "2026-11-19"}), "items[0].rows[0].date: given twice, or not asked for"),
    (days_of, rows_of({}), "without items[0].rows[0].date"),
    (
        days_of,
        rows_of({"date": "20261120"}),
        "items[0].rows[0].date: expected a day as 2026-11-20, found a text '20261120'",
    ),
    (days_of, rows_of({**DATE, "base": {"clicks": 1}}), "without items[0].rows[0]: shows"),
    (days_of, rows_of({**DATE, "base": {"goals": 1}}), "without items[0].rows[0]: shows"),
    (days_of, rows_of({**DATE, "base": {"vk": {"goals": 1}}}), "without items[0].rows[0]: shows"),
    (days_of, rows_of({**DATE, "base": {"shows": 1}}), "without items[0].rows[0]: clicks"),
    (days_of, rows_of({**DATE, "base": {"shows": 1, "clicks": 1}}), "without items[0].rows[0]: spent"),
    (
        days_of,
        rows_of({**DATE, "base": {"shows": 1, "clicks": 1, "spent": HIGHEST_FIGURE}}),
        f"items[0].rows[0]: spent: expected a sum of rubles, found a number {HIGHEST_FIGURE}",
    ),
    (
        days_of,
        rows_of(total={"base": {"shows": "x"}}),
        "items[0].total: shows: expected a whole number, found a text 'x'",
    ),
]


@pytest.mark.parametrize(("read", "body", "said"), REFUSED)
def test_what_can_not_be_read_is_named_by_its_place(read: Callable[[bytes], Any], body: Any, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(json.dumps(body).encode())
    assert str(caught.value).removeprefix("account 7, 2026-11-20, ") == said


def test_an_account_has_its_currency_if_vk_names_one() -> None:
    assert read_user(b'{"id": "7", "currency": " RUB ", "username": "theatre"}') == User(7, "RUB", "theatre")
    assert read_user(b'{"id": 7, "currency": null}') == User(7, "", "")
    assert read_user(b'{"id": 7, "username": ["theatre"]}') == User(7, "", ""), "no figure depends on a name"
