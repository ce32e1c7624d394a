"""Strict reading of replies with personal data: field by field, and no error message contains a value."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from zakaz.errors import SourceInconsistent

HIGHEST_ID, HIGHEST_QUANTITY, HIGHEST_RUBLES = 2**64 - 1, 2**31 - 1, Decimal(10) ** 16
# The years that ClickHouse's DateTime and Date types both cover.
YEARS = range(1971, 2149)
KINDS = {type(None): "null", bool: "true or false", str: "text", dict: "an object", list: "a list"}


class Fields:
    """An object with an id, read strictly: no coercion, no defaults.

    Every method takes the name of a field and raises SourceInconsistent, which names the object, the field and the
    type of the value found, never the value itself.

    :param value: the decoded JSON, which should be an object.
    :param kind: what the object is, for messages.
    """

    def __init__(self, value: Any, kind: str) -> None:
        self._fields = value if isinstance(value, dict) else {}
        self._name = f"{kind} without a readable id"
        if not isinstance(value, dict):
            raise self._wrong("(all of it)", "an object", _kind(value))
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
        if not isinstance(value, bool):
            raise self._wrong(field, "true or false", _kind(value))
        return value

    def rubles(self, field: str, *, or_zero: bool = False) -> Decimal:
        """A number of rubles with at most two decimals.

        :param or_zero: null or a missing field means zero.
        """
        value = self._fields.get(field) or 0 if or_zero else self._value(field)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(field, "rubles as a number", _kind(value))
        amount = Decimal(value)
        if not amount.is_finite() or abs(amount) >= HIGHEST_RUBLES or amount != round(amount, 2):
            raise self._wrong(field, "rubles with at most 2 decimals", "another number")
        return round(amount, 2)

    def instant(self, field: str) -> datetime:
        """An ISO timestamp with its offset from UTC."""
        value = self._value(field)
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self._wrong(field, "an ISO timestamp", _kind(value)) from None
        if instant.tzinfo is None:
            raise self._wrong(field, "an ISO timestamp with its UTC offset", "one without")
        if instant.year not in YEARS:
            raise self._wrong(field, f"a year from {YEARS.start} to {YEARS.stop - 1}", "another year")
        return instant

    def instant_or_none(self, field: str) -> datetime | None:
        """The same, or null; the field must be present."""
        return None if self._value(field) is None else self.instant(field)

    def text(self, field: str) -> str:
        """A text; null or a missing field means an empty one."""
        return self._text(field, self._fields.get(field))

    def inner_text(self, field: str, inner: str) -> str:
        """A text of a nested object; PHP encodes an empty object as an empty list."""
        value = self._value(field)
        if value is None or value == []:
            return ""
        if not isinstance(value, dict):
            raise self._wrong(field, "an object", _kind(value))
        return self._text(f"{field}.{inner}", value.get(inner))

    def objects(self, field: str, kind: str) -> "list[Fields]":
        """The objects of a list, each with an id."""
        value = self._value(field)
        if not isinstance(value, list):
            raise self._wrong(field, "a list", _kind(value))
        return [Fields(inner, f"{self._name}, {kind}") for inner in value]

    def _value(self, field: str) -> Any:
        if field not in self._fields:
            raise self._wrong(field, "the field", "none")
        return self._fields[field]

    def _whole(self, field: str, lowest: int, highest: int) -> int:
        value = self._value(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(field, "a whole number", _kind(value))
        if not lowest <= value <= highest:
            raise self._wrong(field, f"a whole number from {lowest} to {highest}", "another one")
        return value

    def _text(self, field: str, value: Any) -> str:
        if value is not None and not isinstance(value, str):
            raise self._wrong(field, "text", _kind(value))
        return value or ""

    def _wrong(self, field: str, expected: str, found: str) -> SourceInconsistent:
        return SourceInconsistent(
            f"QTickets: {self._name}, {field}: expected {expected}, found {found}. Nothing is loaded"
        )


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "a number")
