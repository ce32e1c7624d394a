"""Statistics of ads as the warehouse gets them: as they came, or written anew with every figure as text."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.sources.json_reply import Unreadable
from zakaz.sources.vk_statistics import Figures, read_account_days, read_statistics
from zakaz.sources.vk_values import HIGHEST_FIGURE

NO_SUMS = {"shows": None, "clicks": None, "spent": None}
NO_FIGURES = {**NO_SUMS, "goals": None, "vk": {"goals": None}}


def row(**base: Any) -> dict[str, Any]:
    usual = {"shows": 5, "clicks": 1, "spent": "1.50", "goals": 2, "vk": {"goals": 3}}
    return {"date": str(DAY), "base": {**usual, **base}}


def read(rows: Any, **given: Any) -> Any:
    """What is written anew of one ad, whose rows are in an object."""
    return json.loads(read_statistics(json.dumps({"items": {"0": {"id": 30, "rows": rows}}, **given}).encode()))


def test_statistics_are_written_anew_with_all_that_the_warehouse_reads() -> None:
    second = {"date": "2026-11-21", "base": {"shows": "7", "spent": 1e3}}
    figures = {"shows": "5", "clicks": "1", "spent": "1.50", "goals": "2", "vk": {"goals": "3"}}
    assert read([row(), second, None]) == {
        "items": [
            {
                "id": "30",
                "rows": [
                    {"date": "2026-11-20", "base": figures},
                    {"date": "2026-11-21", "base": {**NO_FIGURES, "shows": "7", "spent": "1000"}},
                    {"date": None, "base": NO_FIGURES},
                ],
                "total": {"base": NO_SUMS},
            }
        ],
        "total": {"base": {"shows": "12", "clicks": "1", "spent": "1001.50"}},
    }


def test_the_total_is_that_of_vk_and_what_it_lacks_is_added_up() -> None:
    given = {"total": {"base": {"shows": 9, "goals": 1}}}
    assert read([row(), row()], **given)["total"] == {"base": {"shows": "9", "clicks": "2", "spent": "3.00"}}
    assert read([])["total"] == {"base": {"shows": "0", "clicks": "0", "spent": "0"}}
    assert read([row(spent="x", shows=None)])["total"] == {"base": {"shows": "0", "clicks": "1", "spent": "0"}}
    item = {"id": 30, "rows": [], "total": {"base": {"clicks": 4}}}
    found = json.loads(read_statistics(json.dumps({"items": {"0": item}}).encode()))
    assert found["items"][0]["total"] == {"base": {**NO_SUMS, "clicks": "4"}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("7", "7"),
        (7, "7"),
        (7.5, "7.5"),
        (7.0, "7"),
        (1e-7, "0.0000001"),
        (True, "true"),
        ([], "a list"),
        ({}, "an object"),
        (float(HIGHEST_FIGURE), f"a number {HIGHEST_FIGURE}.0"),
        (1e300, "a number 1E+300"),
    ],
)
def test_a_figure_is_the_text_that_it_is_or_says_what_it_is(value: Any, text: str) -> None:
    """Which no reader takes for a figure."""
    assert read([row(shows=value)])["items"][0]["rows"][0]["base"]["shows"] == text


TOTALS = '"total": {"base": {"shows": 5, "clicks": 1, "spent": "1.50"}}'
LISTED = f'{{"items": [{{"id": 30, "rows": [{{"date": "2026-11-20", "base": {{"shows": 5}}}}], {TOTALS}}}], {TOTALS}}}'


@pytest.mark.parametrize(
    "text",
    [
        LISTED.replace("30", '"30"'),
        LISTED.replace('"id"', '"name": "a\\u0451", "id"'),
        LISTED.replace('"id"', '"ctr": 1.5e2, "id"'),
        LISTED.replace('"id"', '"ctr": 1e-400, "id"'),
        LISTED.replace('"id"', f'"ctr": {"7" * 19}, "id"'),
        LISTED.replace('"date"', '"more": [1], "date"'),
        LISTED.replace('{"shows": 5}', "null"),
    ],
)
def test_what_any_reader_reads_alike_stays_as_it_came(text: str) -> None:
    assert read_statistics(text.encode()) == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        LISTED.replace('"id"', '"ctr": -Infinity, "id"'),
        LISTED.replace('"id"', f'"ctr": {"7" * 20}, "id"'),
        LISTED.replace('"id"', '"ctr": 1E+400, "id"'),
        LISTED.replace('"2026-11-20"', "20261120"),
        LISTED.replace('{"shows": 5}', "[]"),
        LISTED.replace('"id"', '"name": "\ud83c", "id"'),
    ],
)
def test_what_readers_may_read_in_two_ways_is_written_anew(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    written = read_statistics(content)
    assert written != content
    assert json.loads(written)["items"][0]["id"] == "30"


GOALS = '{"shows": 5, "clicks": 1, "goals": 2, "spent": "1.50"}'
WHOLE = (
    '{"items": [{"id": 30, "rows": [{"date": "2026-11-20", "base": {"shows": 5, "goals": 2, "vk": {"goals": 3}}}, '
    f'{{"date": "2026-11-21", "base": {{"goals": 2, "vk": {{"goals": 3}}}}}}], "total": {{"base": {GOALS}}}}}], '
    f'"total": {{"base": {GOALS}}}}}'
)
# Goals once more in each total, as VK has them in `vk` there as well.
TWICE = WHOLE.replace('"goals": 2, "spent": "1.50"}', '"goals": 2, "spent": "1.50", "vk": {"goals": 3}}')


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        (WHOLE, False),
        (TWICE, False),
        (WHOLE.replace(": ", ":"), False),
        ("\n" + WHOLE, False),
        (WHOLE.replace('"id": 30', '"id": 30, "name": "ё"'), True),
        (WHOLE.replace('"id": 30', '"id": 30, "name": "a\\n"'), True),
        (WHOLE.replace('"items"', '"more": 1, "items"'), True),
        (WHOLE.replace('"id": 30', '"id": 30, "id": 30'), True),
        (WHOLE.replace('"date"', '"date": "2026-11-20", "date"', 1), True),
        (WHOLE.replace('"goals": 3', '"goals": 3, "goals": 3', 1), True),
        (WHOLE.replace('"goals": 3', '"none": 3', 1), True),
        (WHOLE[: WHOLE.rindex('"total"')] + '"total": {"base": {"shows": 5, "goals": 2}}}', True),
        (WHOLE[: WHOLE.rindex('"total"')] + '"total": {"base": 5, "goals": 2}}', True),
    ],
)
def test_a_whole_reply_is_not_read_and_any_other_is(monkeypatch: pytest.MonkeyPatch, text: str, is_read: bool) -> None:
    """To read it would take ten times as long."""
    asked: list[bytes] = []

    def items_of(body: Any) -> Any:
        asked.append(text.encode())
        return body["items"]

    monkeypatch.setattr("zakaz.sources.vk_statistics.items_of", items_of)
    try:
        read_statistics(text.encode())
    except Unreadable:
        asked.append(b"")
    assert bool(asked) is is_read


def days(*rows: Any, **given: Any) -> dict[Any, Figures]:
    return read_account_days(json.dumps({"items": [{"id": 7, "rows": list(rows)}], **given}).encode(), 7, ONE_DAY)


def test_a_day_has_its_figures_to_the_kopeck_and_zeros_where_there_is_none_at_all() -> None:
    assert days(row(spent="1.505", shows="0")) == {DAY: Figures(0, 1, Decimal("1.50"))}
    assert days({"date": str(DAY), "base": {"other": 1}}) == {DAY: Figures()}
    assert days(row(spent=1e-1, clicks=0)) == {DAY: Figures(5, 0, Decimal("0.10"))}
    assert days(row(shows=HIGHEST_FIGURE, spent=HIGHEST_FIGURE - 1))[DAY].impressions == HIGHEST_FIGURE
    assert days(row(spent="-1.50")) == {DAY: Figures(5, 1, Decimal("-1.50"))}


def test_the_total_of_an_object_is_that_of_its_own_days() -> None:
    both = DayRange(DAY, DAY + timedelta(days=1))
    items = [{"rows": [{**row(), "date": str(day)}], "total": {"base": {"shows": 5}}} for day in both]
    content = json.dumps({"items": items, "total": {"base": {"shows": 10, "spent": 3}}}).encode()
    assert read_account_days(content, 7, both).keys() == set(both)


def test_a_total_that_is_another_is_named_whole() -> None:
    with pytest.raises(SourceInconsistent) as caught:
        days(row(), total={"base": {"shows": 6, "spent": "1.52"}})
    assert str(caught.value) == (
        "VK Ads: account 7, 2026-11-20, the reply: days of the account that do not add up to their total: expected "
        "shows=6 clicks=1 spent=1.52, found shows=5 clicks=1 spent=1.50. The staging keeps its old rows"
    )
    assert days(row(), total={"base": {"shows": 5, "spent": "1.51"}})
    with pytest.raises(Unreadable, match=r"^account 7, 2026-11-20, the reply\.total: spent: expected a sum of rubles"):
        days(row(), total={"base": {"spent": "x"}})
