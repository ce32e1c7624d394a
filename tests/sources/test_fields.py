"""A field of a reply is read in every form that is clear; of any other, the error names place and kind, no value."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from zakaz.sources.fields import Fields, Unreadable, if_clear, items_of, kind_of
from zakaz.sources.json_reply import Odd

AT = "2026-11-20T12:00:00+03:00"
NOTHING = [None, False, [], "", " ", "0000-00-00", "0000-00-00 00:00:00", "-0001-11-30T00:00:00+02:30"]
Read = Callable[[Fields], Any]


def of(value: Any) -> Fields:
    return Fields({"id": 7, "field": value}, "order")


def whole(fields: Fields) -> int:
    return fields.identifier("field")


def quantity(fields: Fields) -> int:
    return fields.quantity("field")


def flag(fields: Fields) -> bool:
    return fields.flag("field")


def rubles(fields: Fields) -> Decimal:
    return fields.rubles("field")


def rubles_or_zero(fields: Fields) -> Decimal:
    return fields.rubles("field", or_zero=True)


def instant(fields: Fields) -> datetime:
    return fields.instant("field")


def instant_or_none(fields: Fields) -> datetime | None:
    return fields.instant_or_none("field")


def text(fields: Fields) -> str:
    return fields.text("field")


def inner(fields: Fields) -> tuple[str, ...]:
    return fields.inner_texts("field", "a", "b")


def items(fields: Fields) -> list[Any]:
    return fields.items("field")


CLEAR: list[tuple[Read, Any, Any]] = [
    (whole, 1, 1),
    (whole, 2**64 - 1, 2**64 - 1),
    (whole, " 88 ", 88),
    (whole, Decimal("88.0"), 88),
    (quantity, 0, 0),
    (quantity, "1000000", 10**6),
    *((flag, value, True) for value in (True, 1, "1", "true", "TRUE")),
    *((flag, value, False) for value in (False, 0, "0", "false")),
    (rubles, 1500, Decimal("1500.00")),
    (rubles, Decimal("0.1"), Decimal("0.10")),
    (rubles, " -1500.5 ", Decimal("-1500.50")),
    (rubles, "999999999999.99", Decimal("999999999999.99")),
    (rubles, "-0", Decimal("0.00")),
    (rubles, "1.5000", Decimal("1.50")),
    (rubles_or_zero, "7.25", Decimal("7.25")),
    *((rubles_or_zero, value, Decimal(0)) for value in NOTHING),
    (instant, AT, datetime(2026, 11, 20, 9, tzinfo=UTC)),
    (instant, "1971-01-01T00:00:00Z", datetime(1971, 1, 1, tzinfo=UTC)),
    (instant, "2148-12-31T23:59:59Z", datetime(2148, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (instant_or_none, AT, datetime(2026, 11, 20, 9, tzinfo=UTC)),
    *((instant_or_none, value, None) for value in NOTHING),
    (text, "Казань", "Казань"),
    (text, 1984, "1984"),
    (text, Decimal("19.84"), "19.84"),
    (text, "\ud83c", "\N{REPLACEMENT CHARACTER}"),
    (text, {"en": "Nutcracker", "ru": "Щелкунчик"}, "Щелкунчик"),
    (text, {"en": "Nutcracker", "de": "Nussknacker"}, "Nutcracker"),
    *((text, value, "") for value in (*NOTHING, {}, {"ru": None})),
    (inner, {"a": "x", "b": 7, "c": [1]}, ("x", "7")),
    (inner, {"b": None}, ("", "")),
    *((inner, value, ("", "")) for value in (*NOTHING, {})),
    (items, [1, "2"], [1, "2"]),
    (items, {"0": {"id": 5}, "2": {"id": 6}}, [{"id": 5}, {"id": 6}]),
    (items, {"id": 5}, [{"id": 5}]),
    (items, {}, []),
]


@pytest.mark.parametrize(("read", "value", "expected"), CLEAR)
def test_what_is_clear_is_read(read: Read, value: Any, expected: Any) -> None:
    found = read(of(value))
    assert found == expected
    assert str(found) == str(expected) or isinstance(found, datetime), "to the kopeck, and no -0"


def test_text_and_what_may_be_zero_may_be_missing() -> None:
    order = Fields({"id": 7}, "order")
    assert (text(order), inner(order), rubles_or_zero(order)) == ("", ("", ""), 0)


KOPECKS = "rubles below 1,000,000,000,000 with at most 2 decimals, found another number"
UNCLEAR: list[tuple[Read, Any, str]] = [
    *((whole, value, "a whole number, found text") for value in ("", "x", "1_0", "٣", "1e3", "7" * 31)),
    (whole, None, "a whole number, found null"),
    (whole, True, "a whole number, found true or false"),
    (whole, {}, "a whole number, found an object"),
    (whole, [1], "a whole number, found a list"),
    (whole, Odd("two values"), "a whole number, found two values"),
    (whole, float("nan"), "a whole number, found a number"),
    (whole, Decimal("Infinity"), "a whole number, found a number"),
    *((whole, value, f"a whole number from 1 to {2**64 - 1}, found another one") for value in (0, -1, 2**64, "1.5")),
    *((quantity, value, "a whole number from 0 to 1000000, found another one") for value in (-1, 10**6 + 1)),
    (flag, "да", "true or false, found text"),
    (flag, 2, "true or false, found a number"),
    (flag, Decimal(1), "true or false, found a number"),
    (flag, None, "true or false, found null"),
    (rubles, "1 500,00", "rubles as a number, found text"),
    (rubles, None, "rubles as a number, found null"),
    (rubles_or_zero, "x", "rubles as a number, found text"),
    (rubles_or_zero, {}, "rubles as a number, found an object"),
    *((rubles, value, KOPECKS) for value in ("0.001", 10**12, -(10**12), "7.005")),
    (instant, "yesterday", "an ISO timestamp, found text"),
    (instant, 1763629200, "an ISO timestamp, found a number"),
    (instant, "2026-11-20T12:00:00", "an ISO timestamp with its UTC offset, found one without"),
    *((instant, f"{year}-01-01T00:00:00Z", "a year from 1971 to 2148, found another year") for year in (1970, 2149)),
    (instant_or_none, 0, "an ISO timestamp, found a number"),
    (text, True, "text, found true or false"),
    (text, ["a"], "text, found a list"),
    (text, {"ru": ["a"]}, "text, found a list"),
    (inner, "vk_ads", "an object, found text"),
    (inner, 0, "an object, found a number"),
    (items, None, "a list, found null"),
    (items, "x", "a list, found text"),
]


@pytest.mark.parametrize(("read", "value", "said"), UNCLEAR)
def test_what_is_unclear_is_named_without_its_value(read: Read, value: Any, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(of(value))
    assert str(caught.value) == f"order 7, field: expected {said}"


@pytest.mark.parametrize("read", [whole, quantity, flag, rubles, instant, instant_or_none, items])
def test_what_must_be_there_is_named_if_it_is_not(read: Read) -> None:
    with pytest.raises(Unreadable) as caught:
        read(Fields({"id": 7}, "order"))
    assert str(caught.value) == "order 7, field: expected the field, found none"


def test_a_text_inside_is_named_by_its_path() -> None:
    with pytest.raises(Unreadable) as caught:
        inner(of({"b": [1]}))
    assert str(caught.value) == "order 7, field.b: expected text, found a list"


def test_an_object_is_named_by_its_id_and_inside_of_what_it_is() -> None:
    order = Fields({"id": "7"}, "order")
    assert order.id == 7
    assert str(order.inner({"id": 8}, "ticket").wrong("price", "more", "less")) == (
        "order 7, ticket 8, price: expected more, found less"
    )
    for value, said in (
        ("x", "(all of it): expected an object, found text"),
        ({}, "id: expected the field, found none"),
        ({"id": 0}, f"id: expected a whole number from 1 to {2**64 - 1}, found another one"),
    ):
        with pytest.raises(Unreadable) as caught:
            order.inner(value, "ticket")
        assert str(caught.value) == f"order 7, ticket without a readable id, {said}"


def test_kinds_are_those_of_json_and_what_is_no_list_has_no_items() -> None:
    kinds = {"null": None, "true or false": True, "text": "", "an object": {}, "a list": [], "a number": 1}
    assert {name: kind_of(value) for name, value in kinds.items()} == {name: name for name in kinds}
    assert kind_of(Odd("two values")) == "two values"
    assert [items_of(value) for value in (None, "x", 5)] == [None] * 3


def test_where_no_money_hangs_on_it_something_else_may_stand_for_what_is_unclear() -> None:
    assert if_clear(lambda: whole(of(5)), 0) == 5
    assert if_clear(lambda: whole(of("x")), 0) == 0
