"""The cells of a sales file: which texts are taken, and how to write those that are not.

A cell is taken only as it stands in the documents; guessing at digits or dates would load what nobody wrote. The
refusal says what it would have been. Each function raises ValueError, as pydantic wants it.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from zakaz.days import MOSCOW
from zakaz.sources.currency import currency_code
from zakaz.texts import can_be_no_city, without_contacts

UINT64_MAX = 2**64 - 1
UINT32_MAX = 2**32 - 1
DAY_FORM = "write the day as YYYY-MM-DD"
WHOLE_FORM = "write a whole number, 0 or more, in digits only"
RUBLES_FORM = "write rubles in digits, with a point before the kopecks"
# Line breaks and tabs may stand in a quoted name. A surrogate is half a character: UTF-8 can't hold it.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
DAY_WRITTEN_OTHERWISE = (
    re.compile(r"(?P<y>\d{4})[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})(?:[T ,].*)?", re.ASCII),
    re.compile(r"(?P<d>\d{1,2})(?P<sign>[-./])(?P<m>\d{1,2})[-./](?P<y>\d{4}|\d{2})(?:[T ,].*)?", re.ASCII),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", re.ASCII),
)
FIRST_DAY_OF_EXCEL = date(1899, 12, 30)
Value = TypeVar("Value", int, date)
CURRENCY = r"(?:₽|руб\w*|р|rub|rur)\.?"


def _written(value: Any, form: str) -> str:
    """A cell as a text. JSON has other values too; a bool is a number for Python and no number for us."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(form)  # noqa: TRY004  # pydantic's own
    return str(value).strip()


def _like(form: str, *examples: object) -> ValueError:
    return ValueError(f"{form}: {' or '.join(map(str, examples))}" if examples else form)


def _day(value: Any, info: ValidationInfo) -> str:
    text = _written(value, DAY_FORM)
    is_in_form = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)
    if is_in_form:
        with suppress(ValueError):
            return str(date.fromisoformat(text))
    meant = _day_meant(text, is_moscow=info.field_name == "report_date")
    raise _like(f"no such day: {DAY_FORM}" if is_in_form else DAY_FORM, *meant)


def _day_meant(text: str, *, is_moscow: bool) -> list[str]:
    """The day that was meant by a text, as we want it, if any.

    :param is_moscow: a Moscow day is meant; an instant with an offset may lie in another day there.
    """
    if re.fullmatch(r"\d{5}([.,]\d+)?", text, re.ASCII):  # the fraction is the time of day
        return [str(FIRST_DAY_OF_EXCEL + timedelta(days=int(text[:5])))]
    with suppress(ValueError, OverflowError):  # no instant; or at the end of time
        instant = datetime.fromisoformat(text)
        if instant.tzinfo and is_moscow:
            return [str(instant.astimezone(MOSCOW).date())]
    for found in filter(None, (form.fullmatch(text) for form in DAY_WRITTEN_OTHERWISE)):
        year, month, day = (int(found[name]) for name in "ymd")
        is_ambiguous = found.groupdict().get("sign") == "/" and day <= 12 and month <= 12 and day != month
        if month > 12:
            month, day = day, month
        try:
            meant = date(year + 2000 * (len(found["y"]) == 2), month, day)
        except ValueError:
            return []
        return [f"{meant} (if {found['d']} is the day)" if is_ambiguous else str(meant)]
    return []


def _whole(value: Any) -> int:
    text = _written(value, WHOLE_FORM)
    if not re.fullmatch(r"\d{1,40}", text, re.ASCII):
        meant = [int(number) for number in _numbers_meant(text) if number >= 0 and number == number.to_integral_value()]
        raise _like(WHOLE_FORM, *meant)
    return int(text)


def _rubles(value: Any) -> str:
    text = _written(value, RUBLES_FORM)
    # Three digits behind a point may be thousands, also where they are zeros.
    if re.fullmatch(r"\d+(\.\d{1,2})?", text, re.ASCII):
        return text
    meant = _numbers_meant(text)
    if any(number < 0 for number in meant):
        raise ValueError("money can't be below 0: a refund goes into refunds_amount, as a sum above 0")
    raise _like(RUBLES_FORM, *(f"{_to_kopecks(number).copy_abs():f}" for number in meant))


def _to_kopecks(number: Decimal) -> Decimal:
    is_exact = int(number.as_tuple().exponent) >= -2
    return number if is_exact else number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _numbers_meant(text: str) -> list[Decimal]:
    """The numbers that may be meant by a text: with other digits, separators, a currency or an exponent."""
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    bare = re.sub(r"[\s_'’]", "", digits).replace("\N{MINUS SIGN}", "-")
    bare = re.sub(f"^{CURRENCY}|{CURRENCY}$", "", bare, flags=re.IGNORECASE)
    if re.fullmatch(r"[+-]?[1-9]\d{0,15}[.,]\d{3}", bare):
        return [Decimal(re.sub("[.,]", "", bare)), Decimal(bare.replace(",", "."))]
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})", bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d+,\d+", bare):
        bare = bare.replace(",", ".")
    # No longer than what Decimal can round to kopecks.
    is_number = re.fullmatch(r"[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})(e[+-]?\d{1,2})?", bare, re.IGNORECASE)
    return [Decimal(bare)] if is_number else []


def _text(value: Any) -> str:
    text = _written(value, "write a text")
    if broken := UNWRITABLE.search(text):
        raise ValueError(f"take out U+{ord(broken[0]):04X}: a control character, or half of one")
    return text


def _city(value: Any) -> str:
    text = _text(value)
    if can_be_no_city(text):
        raise ValueError("no city is called so: write its name")
    return text


def _between(lowest: Value, highest: Value) -> AfterValidator:
    """A limit; pydantic's own rounds it, and shows days as Python writes them."""

    def checked(value: Value) -> Value:
        if not lowest <= value <= highest:
            raise ValueError(f"it must be from {lowest} to {highest}")
        return value

    return AfterValidator(checked)


def _currency(value: Any) -> str:
    return currency_code(_written(value, "write RUB"))


# ClickHouse silently clamps a Date outside this range.
Day = Annotated[date, BeforeValidator(_day), _between(date(1970, 1, 1), date(2149, 6, 6))]
Identifier = Annotated[int, BeforeValidator(_whole), _between(0, UINT64_MAX)]
Count = Annotated[int, BeforeValidator(_whole), _between(0, UINT32_MAX)]
Rubles = Annotated[Decimal, BeforeValidator(_rubles), Field(max_digits=18, decimal_places=2)]
Text = Annotated[str, BeforeValidator(_text)]
Tag = Annotated[Text, AfterValidator(without_contacts)]
Currency = Annotated[Literal["RUB"], BeforeValidator(_currency)]
City = Annotated[str, BeforeValidator(_city)]
