"""Reading of replies with personal data: field by field, what is clear in any form, and no message contains a value."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from zakaz.sources.json_reply import Odd
from zakaz.texts import well_formed

# Money and numbers of tickets stay so low that no sum of a day leaves its column.
HIGHEST_ID, HIGHEST_QUANTITY, HIGHEST_RUBLES = 2**64 - 1, 10**6, 10**12
# The years that ClickHouse's DateTime and Date types both cover.
YEARS = range(1971, 2149)
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,10})?", re.ASCII)
# The date zero of MySQL, and what PHP makes of it.
NO_DATES = ("0000-00-00", "-0001-11-30")
FLAGS = {"true": True, "1": True, "false": False, "0": False}
Value = TypeVar("Value")
KINDS = {type(None): "null", bool: "true or false", str: "text", dict: "an object", list: "a list"}


class Unreadable(Exception):
    """A value that can't be read without guessing; names the object, the field and what was found, never the value."""


class Fields:
    """An object with an id.

    What PHP writes in another form is read as long as it is clear: a number as text, `[]` or `""` for nothing, an
    object by number for a list. Every method takes the name of a field and raises Unreadable.

    :param value: the decoded JSON, which should be an object.
    :param kind: what the object is, for messages.
    """

    def __init__(self, value: Any, kind: str) -> None:
        self._name = f"{kind} without a readable id"
        if not isinstance(value, dict):
            raise self.wrong("(all of it)", "an object", kind_of(value))
        self._fields = value
        self.id = self.identifier("id")
        self._name = f"{kind} {self.id}"

    def identifier(self, field: str) -> int:
        """A positive whole number."""
        return self._whole(field, 1, HIGHEST_ID)

    def quantity(self, field: str) -> int:
        """A whole number, zero included."""
        return self._whole(field, 0, HIGHEST_QUANTITY)

    def flag(self, field: str) -> bool:
        """True or false."""
        value = self._value(field)
        flag = FLAGS.get(str(value).lower()) if isinstance(value, bool | int | str) else None
        if flag is None:
            raise self.wrong(field, "true or false", kind_of(value))
        return flag

    def rubles(self, field: str, *, or_zero: bool = False) -> Decimal:
        """A number of rubles with at most two decimals.

        :param or_zero: nothing, or a missing field, means zero.
        """
        if or_zero and _is_nothing(self._fields.get(field)):
            return Decimal(0)
        value = self._value(field)
        amount = _number(value)
        if amount is None:
            raise self.wrong(field, "rubles as a number", kind_of(value))
        if abs(amount) >= HIGHEST_RUBLES or amount != round(amount, 2):
            raise self.wrong(field, f"rubles below {HIGHEST_RUBLES:,} with at most 2 decimals", "another number")
        return round(amount, 2) + 0  # no -0

    def instant(self, field: str) -> datetime:
        """An ISO timestamp with its offset from UTC."""
        value = self._value(field)
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.wrong(field, "an ISO timestamp", kind_of(value)) from None
        if instant.tzinfo is None:
            raise self.wrong(field, "an ISO timestamp with its UTC offset", "one without")
        if instant.year not in YEARS:
            raise self.wrong(field, f"a year from {YEARS.start} to {YEARS.stop - 1}", "another year")
        return instant

    def instant_or_none(self, field: str) -> datetime | None:
        """The same, or None for nothing; the field must be present."""
        return None if _is_nothing(self._value(field)) else self.instant(field)

    def text(self, field: str) -> str:
        """A text; nothing, or a missing field, means an empty one. Of a text by language, the Russian one."""
        return self._text(field, self._fields.get(field))

    def inner_texts(self, field: str, *inner: str) -> tuple[str, ...]:
        """Some texts of a nested object; nothing, or a missing field, means an empty one."""
        value = self._fields.get(field)
        if _is_nothing(value):
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(field, "an object", kind_of(value))
        return tuple(self._text(f"{field}.{name}", value.get(name)) for name in inner)

    def items(self, field: str) -> list[Any]:
        """The items of a list."""
        value = self._value(field)
        found = items_of(value)
        if found is None:
            raise self.wrong(field, "a list", kind_of(value))
        return found

    def inner(self, value: Any, kind: str) -> "Fields":
        """An item of one of its lists, as an object with an id."""
        return Fields(value, f"{self._name}, {kind}")

    def wrong(self, field: str, expected: str, found: str) -> Unreadable:
        """The error for a field.

        :param found: what was found, never the value.
        """
        return Unreadable(f"{self._name}, {field}: expected {expected}, found {found}")

    def _value(self, field: str) -> Any:
        if field not in self._fields:
            raise self.wrong(field, "the field", "none")
        return self._fields[field]

    def _whole(self, field: str, lowest: int, highest: int) -> int:
        value = self._value(field)
        number = _number(value)
        if number is None:
            raise self.wrong(field, "a whole number", kind_of(value))
        if not lowest <= number <= highest or number != int(number):
            raise self.wrong(field, f"a whole number from {lowest} to {highest}", "another one")
        return int(number)

    def _text(self, field: str, value: Any) -> str:
        if isinstance(value, dict) and value:
            value = value.get("ru", next(iter(value.values())))
        if _is_nothing(value) or value == {}:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.wrong(field, "text", kind_of(value))
        # Half of a surrogate pair, which JSON may hold, can't be stored.
        return well_formed(str(value))


def items_of(value: Any) -> list[Any] | None:
    """The items of a list, which PHP may write as an object by number; a single object is one item.

    :returns: None if it is no list.
    """
    if isinstance(value, dict):
        return [value] if "id" in value else list(value.values())
    return value if isinstance(value, list) else None


def kind_of(value: Any) -> str:
    """The type of a value in JSON, for messages."""
    return value.what if isinstance(value, Odd) else KINDS.get(type(value), "a number")


def if_clear(read: Callable[[], Value], otherwise: Value) -> Value:
    """What can be read, or something else if it can't, for what no money hangs on."""
    try:
        return read()
    except Unreadable:
        return otherwise


def _is_nothing(value: Any) -> bool:
    """Whether PHP or its database means null; zero is a number."""
    if isinstance(value, str):
        return not value.strip() or value.startswith(NO_DATES)
    return value is None or value is False or value == []


def _number(value: Any) -> Decimal | None:
    """A finite number, which PHP may write as text; None if it is none."""
    if isinstance(value, str):
        return Decimal(value.strip()) if NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        return None
    return Decimal(value)
