"""The cells of a sales file: which texts are taken, and how to write those that are not.

A cell is taken only as it stands in the documents; guessing at digits or dates would load what nobody wrote. The
refusal says what it would have been. Each function raises ValueError, as pydantic wants it.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from zakaz.days import MOSCOW
from zakaz.sources.currency import currency_code

UINT64_MAX = 2**64 - 1
UINT32_MAX = 2**32 - 1
DAY_FORM = "write the day as YYYY-MM-DD"
WHOLE_FORM = "write a whole number, 0 or more, in digits only"
RUBLES_FORM = "write rubles in digits, with a point before the kopecks"
# Line breaks and tabs may stand in a quoted name. A surrogate is half a character: UTF-8 can't hold it.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# What programs and people write where they know no city; only its letters.
NO_CITY = {
    "nan",
    "null",
    "none",
    "nil",
    "undefined",
    "na",
    "нет",
    "нетданных",
    "нд",
    "неуказан",
    "неуказано",
    "неизвестно",
}
DAY_WRITTEN_OTHERWISE = (
    re.compile(r"(?P<y>\d{4})[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})(?:[T ,].*)?", re.ASCII),
    re.compile(r"(?P<d>\d{1,2})(?P<sign>[-./])(?P<m>\d{1,2})[-./](?P<y>\d{4}|\d{2})(?:[T ,].*)?", re.ASCII),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", re.ASCII),
)
FIRST_DAY_OF_EXCEL = date(1899, 12, 30)
CURRENCY = r"(?:₽|руб\w*|р|rub|rur)\.?"


def _written(value: Any, form: str) -> str:
    """A cell as a text. JSON has other values too; a bool is a number for Python and no number for us."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(form)  # noqa: TRY004  # pydantic's own
    return str(value).strip()


def _like(form: str, example: object) -> ValueError:
    return ValueError(form if example is None else f"{form}: {example}")


def _day(value: Any, info: ValidationInfo) -> str:
    text = _written(value, DAY_FORM)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise _like(DAY_FORM, _day_meant(text, is_moscow=info.field_name == "report_date"))
    return text


def _day_meant(text: str, *, is_moscow: bool) -> str | None:
    """The day that was meant by a text, as we want it.

    :param is_moscow: a Moscow day is meant; an instant with an offset may lie in another day there.
    """
    if re.fullmatch(r"\d{5}", text, re.ASCII):
        return str(FIRST_DAY_OF_EXCEL + timedelta(days=int(text)))
    with suppress(ValueError, OverflowError):  # no instant; or at the end of time
        instant = datetime.fromisoformat(text)
        if instant.tzinfo and is_moscow:
            return str(instant.astimezone(MOSCOW).date())
    for found in filter(None, (form.fullmatch(text) for form in DAY_WRITTEN_OTHERWISE)):
        year, month, day = (int(found[name]) for name in "ymd")
        is_ambiguous = found.groupdict().get("sign") == "/" and day <= 12 and month <= 12 and day != month
        if month > 12:
            month, day = day, month
        try:
            meant = date(year + 2000 * (len(found["y"]) == 2), month, day)
        except ValueError:
            return None
        return f"{meant} (if {found['d']} is the day)" if is_ambiguous else str(meant)
    return None


def _whole(value: Any) -> int:
    text = _written(value, WHOLE_FORM)
    if not re.fullmatch(r"\d{1,40}", text, re.ASCII):
        meant = _number_meant(text)
        is_whole = meant is not None and meant >= 0 and meant == meant.to_integral_value()
        raise _like(WHOLE_FORM, int(meant) if is_whole and meant is not None else None)
    return int(text)


def _rubles(value: Any) -> str:
    text = _written(value, RUBLES_FORM)
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return text
    meant = _number_meant(text)
    if meant is not None and meant < 0:
        raise ValueError("money can't be below 0: a refund goes into refunds_amount, as a sum above 0")
    is_sum = meant is not None and int(meant.as_tuple().exponent) >= -2
    raise _like(RUBLES_FORM, f"{meant.copy_abs():f}" if meant is not None and is_sum else None)


def _number_meant(text: str) -> Decimal | None:
    """The number that was meant by a text: with other digits, separators, a currency or an exponent."""
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    bare = re.sub(r"[\s_'’]", "", digits).replace("\N{MINUS SIGN}", "-")
    bare = re.sub(f"^{CURRENCY}|{CURRENCY}$", "", bare, flags=re.IGNORECASE)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", bare):
        bare = bare.replace(",", "")
    elif re.fullmatch(r"[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})", bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d+,\d+", bare):
        bare = bare.replace(",", ".")
    is_number = re.fullmatch(r"[+-]?(\d{1,30}(\.\d{0,9})?|\.\d{1,9})(e[+-]?\d{1,2})?", bare, re.IGNORECASE)
    return Decimal(bare) if is_number else None


def _text(value: Any) -> str:
    text = _written(value, "write a text")
    if broken := UNWRITABLE.search(text):
        raise ValueError(f"take out U+{ord(broken[0]):04X}: a control character, or half of one")
    return text


def _city(value: Any) -> str:
    text = _text(value)
    letters = re.sub(r"[\W\d_]", "", unicodedata.normalize("NFKC", text)).lower()
    if not letters or letters in NO_CITY or "\N{REPLACEMENT CHARACTER}" in text:
        raise ValueError("no city is called so: write its name")
    return text


def _currency(value: Any) -> str:
    return currency_code(_written(value, "write RUB"))


# ClickHouse silently clamps a Date outside this range.
Day = Annotated[date, BeforeValidator(_day), Field(ge=date(1970, 1, 1), le=date(2149, 6, 6))]
Identifier = Annotated[int, BeforeValidator(_whole), Field(le=UINT64_MAX)]
Count = Annotated[int, BeforeValidator(_whole), Field(le=UINT32_MAX)]
Rubles = Annotated[Decimal, BeforeValidator(_rubles), Field(max_digits=18, decimal_places=2)]
Text = Annotated[str, BeforeValidator(_text)]
Currency = Annotated[Literal["RUB"], BeforeValidator(_currency)]
City = Annotated[str, BeforeValidator(_city)]
