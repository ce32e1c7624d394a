"""The filter document of QTickets: which rows are asked for, in which order, and which page of them."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sandbox.days import MOSCOW

Thing = TypeVar("Thing")
Columns = Mapping[str, Callable[[Thing], Any]]
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "in": lambda value, wanted: value in wanted,
    "not in": lambda value, wanted: value not in wanted,
}


@dataclass(frozen=True)
class Condition:
    """One condition; `wanted` is read already: an instant, a number, several of these, or ``None``."""

    column: str
    sign: str
    wanted: Any

    def holds(self, value: Any) -> bool:
        """Tell whether a value meets it; what is absent is neither equal, unequal, less nor more."""
        if self.wanted is None:
            return (value is None) is (self.sign != "!=")
        return value is not None and _SIGNS[self.sign](value, self.wanted)


@dataclass(frozen=True)
class Filter(Generic[Thing]):
    """What a call asks for.

    :param columns: how each column that may be named is read from a row.
    :param order_by: a column, and whether the largest comes first.
    """

    columns: Columns[Thing] = field(hash=False)
    where: tuple[Condition, ...]
    order_by: tuple[str, bool]
    page: int

    @classmethod
    def parse(cls, body: bytes, columns: Columns[Thing]) -> Filter[Thing]:
        """Read the body of a call; an empty one asks for the first page of everything.

        :raises ValueError: it is no filter document; the message says what is wrong.
        """
        given = json.loads(body or b"{}")
        if not isinstance(given, dict) or not isinstance(given.get("where", []), list):
            msg = "The body is no filter document"
            raise ValueError(msg)  # noqa: TRY004 - a bad value of the caller like any other
        page = given.get("page", 1)
        if not isinstance(page, int) or page < 1:
            msg = f"Bad page {page!r}"
            raise ValueError(msg)
        where = tuple(_condition(one, columns) for one in given.get("where", []))
        return cls(columns, where, _order(given.get("orderBy", {"id": "asc"}), columns), page)

    def rows(self, things: Iterable[Thing]) -> list[Thing]:
        """Return the rows that are asked for, on all pages, in order."""
        read = [(self.columns[condition.column], condition.holds) for condition in self.where]
        found = [thing for thing in things if all(holds(column(thing)) for column, holds in read)]
        name, down = self.order_by
        return sorted(found, key=lambda thing: _place(self.columns[name](thing)), reverse=down)

    def days(self, first: date, last: date) -> tuple[date, date]:
        """Return the Moscow days, of those from ``first`` to ``last``, outside of which nothing paid can match."""
        for condition in self.where:
            if condition.column == "payed_at" and isinstance(condition.wanted, datetime):
                day = condition.wanted.astimezone(MOSCOW).date()
                if condition.sign in (">=", ">", "="):
                    first = max(first, day)
                if condition.sign in ("<=", "<", "="):
                    last = min(last, day)
        return first, last


def _condition(given: Any, columns: Columns[Thing]) -> Condition:
    if not isinstance(given, dict) or str(given.get("column")) not in columns:
        msg = f"Unknown column {given}"
        raise ValueError(msg)
    column, sign, value = str(given["column"]), str(given.get("operator", "=")), given.get("value")
    if sign == "null" or (sign in ("=", "!=") and value is None):
        return Condition(column, sign, None)
    if sign in ("in", "not in") and isinstance(value, list):
        return Condition(column, sign, tuple(_read(column, one) for one in value))
    if sign in ("in", "not in") or sign not in _SIGNS:
        msg = f"Unknown operator, or no list of values: {given}"
        raise ValueError(msg)
    return Condition(column, sign, _read(column, value))


def _read(column: str, value: Any) -> Any:
    if column.endswith("_at"):
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    elif isinstance(value, int):
        return value
    msg = f"Bad value of {column}: {value!r}"
    raise ValueError(msg)


def _order(given: Any, columns: Columns[Thing]) -> tuple[str, bool]:
    if isinstance(given, dict) and len(given) == 1:
        ((name, direction),) = given.items()
        if name in columns and direction in ("asc", "desc"):
            return name, direction == "desc"
    msg = f"Unknown order {given}"
    raise ValueError(msg)


def _place(value: Any) -> tuple[bool, Any]:
    return value is None, value
