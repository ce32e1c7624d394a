"""How replies of VK are read: every shape that PHP gives them, and an error that names the place of any other."""

import json
from decimal import Decimal
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY
from sandbox import ACCOUNT_ID
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable
from zakaz.sources.http import JsonApi
from zakaz.sources.json_reply import Unreadable
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_lists import read_page
from zakaz.sources.vk_statistics import read_statistics
from zakaz.sources.vk_tokens import ReadyToken


def client_of(url: str) -> VkAdsClient:
    return VkAdsClient(JsonApi("VK Ads", url, refuse=refused, attempts=1), ReadyToken("token", "access_token"))


DAY_OF_ACCOUNT = {"date": str(DAY), "base": {"shows": "5", "clicks": 1.0, "spent": 1.5}}
SHAPES = [
    ([DAY_OF_ACCOUNT], (5, 1, Decimal("1.5"))),
    ({"0": DAY_OF_ACCOUNT}, (5, 1, Decimal("1.5"))),
    ({"3": DAY_OF_ACCOUNT}, (5, 1, Decimal("1.5"))),
    ([{**DAY_OF_ACCOUNT, "base": []}], (0, 0, 0)),
    ([{**DAY_OF_ACCOUNT, "base": None}], (0, 0, 0)),
    ([], None),
    ({}, None),
    (None, None),
]


@pytest.mark.parametrize(("rows", "figures"), SHAPES)
@pytest.mark.parametrize("in_object", [False, True])
def test_account_days_are_read_in_every_shape_that_php_gives_them(
    scripted: Any, rows: Any, figures: Any, in_object: bool
) -> None:
    item = {"id": str(ACCOUNT_ID), "rows": rows}
    scripted.says({"items": {"0": item} if in_object else [item]})
    (_, days), *_ = client_of(scripted.url).account_days(ACCOUNT_ID, ONE_DAY)
    assert days == ({} if figures is None else {DAY: figures})


def row_of_account(**base: Any) -> dict[str, Any]:
    return {"items": [{"rows": [{**DAY_OF_ACCOUNT, "base": {**DAY_OF_ACCOUNT["base"], **base}}]}]}  # type: ignore[dict-item]


UNREADABLE: list[tuple[Any, str]] = [
    ({}, "without items"),
    ([], "without items"),
    ({"items": 5}, "items: expected a list, found a number"),
    ({"items": [[1]]}, r"items\[0\]: expected an object, found a list"),
    ({"items": [{"rows": "x"}]}, r"items\[0\].rows: expected a list, found a text"),
    ({"items": [{"rows": [{"base": {"shows": 1}}]}]}, r"without items\[0\].rows\[0\].date"),
    ({"items": [{"rows": [DAY_OF_ACCOUNT, DAY_OF_ACCOUNT]}]}, r"rows\[1\].date: given twice"),
    ({"items": [{"rows": [{**DAY_OF_ACCOUNT, "date": "2020-02-30"}]}]}, r"rows\[0\].date: expected a day"),
    ({"items": [{"rows": [{**DAY_OF_ACCOUNT, "date": "2020-02-01"}]}]}, r"rows\[0\].date: .*not asked for"),
    ({"items": [{"id": ACCOUNT_ID + 1}]}, r"without the account asked for: items\[0\].id"),
    (row_of_account(shows=None), r"without items\[0\].rows\[0\]: shows"),
    (row_of_account(shows=-1), r"rows\[0\]: shows: expected a whole number"),
    (row_of_account(shows=True), r"rows\[0\]: shows: expected a whole number, found true"),
    (row_of_account(clicks=1.5), r"rows\[0\]: clicks: expected a whole number"),
    (row_of_account(clicks=10**30), r"rows\[0\]: clicks: expected a whole number"),
    (row_of_account(spent="NaN"), r"rows\[0\]: spent: expected a sum of rubles"),
    (row_of_account(spent="1_0"), r"rows\[0\]: spent: expected a sum of rubles"),
    (row_of_account(spent=float("inf")), r"rows\[0\]: spent: expected a sum of rubles, found a number inf"),
    (row_of_account(spent=1e300), r"rows\[0\]: spent: expected a sum of rubles, found a number 1E\+300"),
    (row_of_account(spent=True), r"rows\[0\]: spent: expected a sum of rubles, found true"),
    ({"items": [{"id": True}]}, "id: expected a whole number, found true"),
    ({"items": [{"id": 2**64}]}, f"id: expected a whole number, found a number {2**64}"),
    ({"items": [{"id": 0}]}, "id: expected a whole number, found a number 0"),
    ({"items": [{"id": "7" * 99}]}, f"id: expected a whole number, found a text '{'7' * 29}…'"),
    (row_of_account(vk=5), r"rows\[0\].base.vk: expected an object, found a number"),
    (b'{"items": [], "items": [{"rows": []}]}', "items: expected a list, found two values"),
    (b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    (b'{"items": []} or more', "not complete JSON"),
]


@pytest.mark.parametrize(("body", "said"), UNREADABLE)
def test_account_days_that_cannot_be_read_are_not_taken_for_nothing(scripted: Any, body: Any, said: str) -> None:
    scripted.says(body)
    with pytest.raises(SourceUnavailable, match=f"users/day.json: .*can't be read: .*{said}") as caught:
        list(client_of(scripted.url).account_days(ACCOUNT_ID, ONE_DAY))
    assert "\n" not in str(caught.value)


def item_of_account(**fields: Any) -> dict[str, Any]:
    return {"id": ACCOUNT_ID, "rows": [DAY_OF_ACCOUNT], **fields}


SUMS = {"shows": 5, "clicks": 1, "spent": "1.51"}
OTHER = {"base": {"shows": 100, "clicks": 2, "spent": "12.34"}}


@pytest.mark.parametrize(
    "body",
    [
        {"items": [item_of_account(total={"base": SUMS})], "total": {"base": {**SUMS, "spent": 1.49}}},
        {"items": [item_of_account(total={"base": {"clicks": 1}}), {"rows": [], "total": []}], "total": {"base": []}},
        {"items": [item_of_account(total=None)], "total": {"base": {**SUMS, "shows": None}}},
    ],
)
def test_totals_of_the_account_that_agree_or_say_nothing_are_no_contradiction(scripted: Any, body: Any) -> None:
    scripted.says(body)
    (_, days), *_ = client_of(scripted.url).account_days(ACCOUNT_ID, ONE_DAY)
    assert days == {DAY: (5, 1, Decimal("1.5"))}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {"items": [item_of_account(rows=[], total=OTHER)]},
            r"items\[0\]: .*spent=12.34, found shows=0 clicks=0",
        ),
        ({"items": {}, "total": OTHER}, "the reply: .*expected shows=100 clicks=2 spent=12.34, found shows=0 clicks=0"),
        ({"items": [item_of_account(total={"base": {"spent": 99}})]}, "expected .* spent=99.*, found .* spent=1.5"),
        ({"items": [item_of_account()], "total": {"base": {"spent": "1.52"}}}, "expected .* spent=1.52, found"),
        ({"items": [item_of_account()], "total": {"base": {"clicks": 2}}}, "expected shows=5 clicks=2 .*, found"),
    ],
)
def test_an_account_whose_days_are_not_its_total_contradicts_itself(scripted: Any, body: Any, said: str) -> None:
    scripted.says(body)
    with pytest.raises(SourceInconsistent, match=rf"^VK Ads: account {ACCOUNT_ID}, {DAY}, .*{said}") as caught:
        list(client_of(scripted.url).account_days(ACCOUNT_ID, ONE_DAY))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("currency", ["KZT", "643", {"code": "RUB"}])
def test_an_account_in_another_currency_is_refused(scripted: Any, currency: Any) -> None:
    scripted.says({"id": 7, "currency": currency})
    client = client_of(scripted.url)
    assert client.account_id() == 7
    with pytest.raises(SourceInconsistent, match=r"the currency of account 7 is (KZT|643|\{)"):
        client.require_rubles()


@pytest.mark.parametrize("currency", ["RUB", "RUR", " rur", "rub", " RUB ", "", None])
def test_rubles_are_rubles_by_their_old_code_too(
    scripted: Any, caplog: pytest.LogCaptureFixture, currency: str | None
) -> None:
    scripted.says({"id": 7, "currency": currency})
    client = client_of(scripted.url)
    client.account_id()
    client.require_rubles()
    assert ("account 7 names no currency" in caplog.text) is (not currency)


@pytest.mark.parametrize(
    "body",
    [
        {"error": ["x"]},
        {"error": {"code": {"a": 1}, "message": ["x"], "fields": 5}},
        {"error": {"code": None}},
        {"code": [], "message": {}},
        ["x"],
        "x",
        5,
        b"\xff\xfe",
        b'{"error": "\\ud83c"}',
        b'{"error": "x", "error": "y"}',
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403, 429])
def test_an_error_of_any_shape_is_a_refusal_in_one_line(scripted: Any, body: Any, status: int) -> None:
    scripted.says(body, status)
    with pytest.raises((SourceRefused, SourceUnavailable), match=f"user.json: HTTP {status}") as caught:
        client_of(scripted.url).account_id()
    str(caught.value).encode()
    assert "\n" not in str(caught.value)


def test_an_object_that_can_not_be_read_is_named_and_hides_no_other(scripted: Any) -> None:
    items = [{"id": 1, "name": "A"}, {"id": "x"}, {"id": 3, "name": ["C"]}, 4, {"name": "E"}, {"id": 6.5}, {"id": "7"}]
    odd = b'{"id": 8, "name": "H", "name": "h"}, {"id": 9, "name": %s}, {"id": 1' % (b"1" * 5000)
    content = json.dumps({"count": "9", "items": items}).encode().replace(b'{"id": 1', odd)
    page = read_page(content, "ad_plans", 48)
    assert (page.length, page.size, page.ids) == (9, 9, [8, 9, 1, 3, 7])
    assert json.loads(page.content)["items"] == [
        {"id": 8, "name": "", "zakaz_odd": True},
        {"id": 9, "name": "", "zakaz_odd": True},
        {"id": 1, "name": "A", "zakaz_odd": False},
        {"id": 3, "name": "", "zakaz_odd": True},
        {"id": 7, "name": "", "zakaz_odd": False},
    ]
    assert page.broken == [
        "ad_plans[48] (id 8): name: expected a text, found two values",
        "ad_plans[49] (id 9): name: expected a text, found a number too long",
        "ad_plans[51]: id: expected a whole number, found a text 'x'",
        "ad_plans[52] (id 3): name: expected a text, found a list",
        "ad_plans[53]: the object: expected an object, found a number 4",
        "ad_plans[54]: without id",
        "ad_plans[55]: id: expected a whole number, found a number 6.5",
    ]


PLAIN = '{"items": [{"id": 30, "rows": [{"date": "2026-11-20", "base": {"shows": 5, "clicks": 1, "spent": "1.50"}}]}], '
TOTAL = '"total": {"base": {"shows": 5, "clicks": 1, "spent": "1.50"}}}'
OTHER_FORMS = [
    PLAIN.replace("[{", '{"0": {', 1).replace("}]}]", "}]}}") + TOTAL,
    PLAIN.replace('"rows": [', '"rows": {"0": ').replace("}]}]", "}}}]") + '"total": []}',
    "\ufeff" + PLAIN + TOTAL,
    PLAIN.replace('"id"', '"name": "\\ud83c", "id"') + TOTAL,
    PLAIN.replace('"id"', '"ctr": 1e400, "id"') + '"total": null}',
    PLAIN.replace('"id"', '"ctr": NaN, "id"') + '"total": {}}',
]


@pytest.mark.parametrize(
    "text", [PLAIN + TOTAL, PLAIN + '"total": {}}', PLAIN.replace('"id"', '"name": "Орёл", "id"') + TOTAL]
)
def test_statistics_with_one_reading_stay_as_they_came(text: str) -> None:
    assert read_statistics(text.encode()) == text.encode()


# As VK writes it, by the reference.
WHOLE = (
    '{"items": [{"id": 30, "rows": [{"date": "2026-11-20", "base": {"shows": 5, "clicks": 1, "goals": 0, '
    '"spent": "1.50", "vk": {"goals": 3}}}], "total": {"base": {"shows": 5, "clicks": 1, "goals": 0, '
    '"spent": "1.50"}}}], "total": {"base": {"shows": 5, "clicks": 1, "goals": 0, "spent": "1.50"}}}'
)
TWINS = [
    WHOLE.replace('"id": 30,', "").replace('"rows"', '"id": 31, "rows"').replace("}], ", '}], "id": 30, ', 1),
    WHOLE.replace('"date": "2026-11-20"', '"date": "2026-11-20", "date": "2026-11-21"', 1),
    WHOLE.replace('"rows": [', '"rows": [{"date": "2026-11-20", "base": {}}], "rows": [', 1),
    WHOLE.replace('"goals"', '"goals": 4, "goals"', 1),
    WHOLE.replace('"goals": 3', '"goals": 3, "goals": 4', 1),
]


def test_a_whole_reply_is_taken_as_it_came_without_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """To read it would take ten times as long."""
    monkeypatch.setattr("zakaz.sources.vk_statistics.is_plain", None)
    for separators in ((", ", ": "), (",", ":")):
        text = json.dumps(json.loads(WHOLE), separators=separators)
        assert read_statistics(text.encode()) == text.encode()


@pytest.mark.parametrize("text", TWINS)
def test_of_two_values_of_a_key_no_reader_takes_one(text: str) -> None:
    try:
        told = read_statistics(text.encode()).decode()
    except Unreadable as error:
        told = str(error)
    assert "two values" in told


def test_rows_in_an_object_lose_no_goals() -> None:
    text = WHOLE.replace('"rows": [', '"rows": {"0": ').replace("}], ", "}}, ", 1)
    (item,) = json.loads(read_statistics(text.encode()))["items"]
    assert item["rows"][0]["base"]["vk"]["goals"] == "3"


@pytest.mark.parametrize("text", OTHER_FORMS)
def test_statistics_with_another_reading_are_written_anew_with_their_sums(text: str) -> None:
    (item,) = (written := json.loads(read_statistics(text.encode())))["items"]
    figures = {"shows": "5", "clicks": "1", "spent": "1.50"}
    assert written["total"] == {"base": figures}
    assert (item["id"], item["rows"][0]["date"]) == ("30", "2026-11-20")
    assert figures.items() <= item["rows"][0]["base"].items()
