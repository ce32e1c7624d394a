"""Changes of an ad at the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from sandbox.days import parse_day

_MAX = Decimal(1_000_000_000)


@dataclass(frozen=True)
class Patch:
    """What was changed about one ad; ``None`` is "as generated".

    :param spend_factor: multiplies the spend of every day.
    :param spent: spend of single days, in rubles; wins over the factor. May be negative: sources do send that.
    :param utm_content: a new tag, which moves the ad to the city it names.
    :param name: a new name.
    :param removed: the ad is gone from the lists and the statistics.
    :param unlisted: it is gone from the lists only.
    """

    spend_factor: Decimal | None = None
    spent: Mapping[date, Decimal] | None = None
    utm_content: str | None = None
    name: str | None = None
    removed: bool | None = None
    unlisted: bool | None = None

    def over(self, older: Patch) -> Patch:
        """Return the older patch with the fields that this one sets replaced."""
        given = {field: value for field, value in vars(self).items() if value is not None}
        if self.spent and older.spent:
            given["spent"] = {**older.spent, **self.spent}
        return replace(older, **given)


def parse_patch(given: Mapping[str, object]) -> Patch:
    """Return the patch that a request describes.

    :param given: field by name; ``None`` leaves a field as it is.
    :raises ValueError: an unknown field or a bad value.
    """
    allowed = [field.name for field in fields(Patch)]
    for name in given:
        if name not in allowed:
            msg = f"unknown field {name!r}, allowed: {', '.join(allowed)}"
            raise ValueError(msg)
    factor, spent = given.get("spend_factor"), given.get("spent")
    if spent is not None and not isinstance(spent, Mapping):
        msg = f"spent: {spent!r} is not an object of amounts by day"
        raise ValueError(msg)
    return Patch(
        spend_factor=None if factor is None else _decimal("spend_factor", factor),
        spent=None if spent is None else {_day(day): _decimal("spent", amount) for day, amount in spent.items()},
        utm_content=_text("utm_content", given.get("utm_content")),
        name=_text("name", given.get("name")),
        removed=_flag("removed", given.get("removed")),
        unlisted=_flag("unlisted", given.get("unlisted")),
    )


def _decimal(field: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or abs(number) > _MAX:
        msg = f"{field}: {value!r} is not a number between -{_MAX} and {_MAX}"
        raise ValueError(msg)
    return number


def _day(value: object) -> date:
    return value if isinstance(value, date) else parse_day(str(value))


def _flag(field: str, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    msg = f"{field}: {value!r} is not true or false"
    raise ValueError(msg)


def _text(field: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    msg = f"{field}: {value!r} is not text"
    raise ValueError(msg)
