"""The cells of a sales file: what is taken, and that a refusal says how to write what was meant."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zakaz.sources.sales_file import _checked, _json_lines, _shown
from zakaz.sources.sales_line import COLUMNS

GOOD: dict[str, Any] = {
    "report_date": "2026-11-20",
    "event_date": "2026-12-24",
    "event_id": "4001",
    "city": "Казань",
    "tickets_sold": "2",
    "revenue": "5000.10",
}


def said(column: str, value: Any) -> str:
    """What is said of a value; empty if it is taken."""
    problems: list[str] = []
    _checked(7, {**GOOD, column: value}, {}, problems)
    return "".join(problems).removeprefix(f"line 7, column {column}: {_shown(value)}: ")


DAY = "write the day as YYYY-MM-DD"
WHOLE = "write a whole number, 0 or more, in digits only"
RUBLES = "write rubles in digits, with a point before the kopecks"
BELOW_ZERO = "money can't be below 0: a refund goes into refunds_amount, as a sum above 0"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("revenue", "3000,50", f"{RUBLES}: 3000.50"),
        ("revenue", "3 000", f"{RUBLES}: 3000"),
        ("revenue", "3\u00a0000\u202f000,5", f"{RUBLES}: 3000000.5"),
        ("revenue", "3'000.50", f"{RUBLES}: 3000.50"),
        ("revenue", "1,234.50", f"{RUBLES}: 1234.50"),
        ("revenue", "1.234,50", f"{RUBLES}: 1234.50"),
        ("revenue", "1,234,567", f"{RUBLES}: 1234567"),
        ("revenue", "1_000", f"{RUBLES}: 1000"),
        ("revenue", "3000 ₽", f"{RUBLES}: 3000"),
        ("revenue", "3000,50 руб.", f"{RUBLES}: 3000.50"),
        ("revenue", "RUB 3000", f"{RUBLES}: 3000"),
        ("revenue", "$3000", RUBLES),
        ("revenue", "1e3", f"{RUBLES}: 1000"),
        ("revenue", "1E+05", f"{RUBLES}: 100000"),
        ("revenue", "1e-3", f"{RUBLES}: 0.00"),
        ("revenue", "9e999999999", RUBLES),
        ("revenue", "+5", f"{RUBLES}: 5"),
        ("revenue", ".5", f"{RUBLES}: 0.5"),
        ("revenue", "5.", f"{RUBLES}: 5"),
        ("revenue", "-0", f"{RUBLES}: 0"),
        ("revenue", "-500", BELOW_ZERO),
        ("revenue", "\u2212500,00", BELOW_ZERO),
        ("refunds_amount", "-500", BELOW_ZERO),
        ("revenue", "NaN", RUBLES),
        ("revenue", "Infinity", RUBLES),
        ("revenue", "٣٠٠٠", f"{RUBLES}: 3000"),
        ("revenue", "３０００", f"{RUBLES}: 3000"),
        ("revenue", "5²", RUBLES),
        ("revenue", "0x10", RUBLES),
        # A point may separate thousands, as in German and in many an export.
        ("revenue", "3.000", f"{RUBLES}: 3000 or 3.00"),
        ("revenue", "12.500", f"{RUBLES}: 12500 or 12.50"),
        ("revenue", "1234.500", f"{RUBLES}: 1234500 or 1234.50"),
        ("revenue", "٣.٠٠٠", f"{RUBLES}: 3000 or 3.00"),
        ("revenue", "12.345", f"{RUBLES}: 12345 or 12.35"),
        ("revenue", "12,345 ₽", f"{RUBLES}: 12345 or 12.35"),
        ("revenue", "0.500", f"{RUBLES}: 0.50"),
        ("revenue", "3.0000", f"{RUBLES}: 3.00"),
        ("revenue", f"{'9' * 18}.{'9' * 9}e6", f"{RUBLES}: 1{'0' * 24}.00"),
        ("revenue", f"{'9' * 20}.{'9' * 9}e6", RUBLES),
        ("refunds_amount", "3.000", f"{RUBLES}: 3000 or 3.00"),
        ("refunds_amount", "-3.000", BELOW_ZERO),
        ("tickets_sold", "3.000", f"{WHOLE}: 3000 or 3"),
        ("tickets_sold", "3,250", f"{WHOLE}: 3250"),
        ("tickets_sold", "12.0", f"{WHOLE}: 12"),
        ("tickets_sold", "1e3", f"{WHOLE}: 1000"),
        ("tickets_sold", "1 000", f"{WHOLE}: 1000"),
        ("tickets_sold", "2.5", WHOLE),
        ("tickets_sold", "-1", WHOLE),
        ("tickets_sold", "-0", f"{WHOLE}: 0"),
        ("event_id", "٣", f"{WHOLE}: 3"),
        ("event_id", "²", WHOLE),
        ("event_id", "9" * 5000, WHOLE),
        ("event_id", str(2**64), "it must be from 0 to 18446744073709551615"),
        ("tickets_sold", str(2**32), "it must be from 0 to 4294967295"),
        ("report_date", "20.11.2026", f"{DAY}: 2026-11-20"),
        ("report_date", "20.11.26", f"{DAY}: 2026-11-20"),
        ("report_date", "20/11/2026", f"{DAY}: 2026-11-20"),
        ("report_date", "11/20/2026", f"{DAY}: 2026-11-20"),
        ("report_date", "05/06/2026", f"{DAY}: 2026-06-05 (if 05 is the day)"),
        ("report_date", "12/11/2026", f"{DAY}: 2026-11-12 (if 12 is the day)"),
        ("report_date", "11/12/2026", f"{DAY}: 2026-12-11 (if 11 is the day)"),
        ("report_date", "12/12/2026", f"{DAY}: 2026-12-12"),
        ("report_date", "13/12/2026", f"{DAY}: 2026-12-13"),
        ("report_date", "12/13/2026", f"{DAY}: 2026-12-13"),
        ("report_date", "2026-11-20T19:30:00", f"{DAY}: 2026-11-20"),
        ("report_date", "2026-11-20 19:30", f"{DAY}: 2026-11-20"),
        ("report_date", "20.11.2026 19:30", f"{DAY}: 2026-11-20"),
        # Half past midnight in Moscow; where the show is held, it is the day that stands there.
        ("report_date", "2026-11-20T21:30:00Z", f"{DAY}: 2026-11-21"),
        ("event_date", "2026-11-20T21:30:00Z", f"{DAY}: 2026-11-20"),
        ("report_date", "0001-01-01T00:00:00+23:00", f"{DAY}: 0001-01-01"),
        ("report_date", "2026/11/20", f"{DAY}: 2026-11-20"),
        ("report_date", "2026-1-5", f"{DAY}: 2026-01-05"),
        ("report_date", "20261120", f"{DAY}: 2026-11-20"),
        ("report_date", "46346", f"{DAY}: 2026-11-20"),
        ("report_date", "46346.5", f"{DAY}: 2026-11-20"),
        ("report_date", "46346,75", f"{DAY}: 2026-11-20"),
        ("report_date", "2026-13-01", f"no such day: {DAY}: 2026-01-13"),
        ("report_date", "0000-00-00", f"no such day: {DAY}"),
        ("report_date", "2026-02-30", f"no such day: {DAY}"),
        ("event_date", "2149-06-07", "it must be from 1970-01-01 to 2149-06-06"),
        ("event_date", "1969-12-31", "it must be from 1970-01-01 to 2149-06-06"),
        ("report_date", "31.02.2026", DAY),
        ("report_date", "٢٠٢٦-11-20", DAY),
        ("report_date", "٤٦٣٤٦", DAY),
        ("report_date", "yesterday", DAY),
        ("event_name", "a\x1bb", "take out U+001B: a control character, or half of one"),
        # JSON has other values than texts and numbers.
        ("event_name", True, "write a text"),
        ("city", [], "write a text"),
        ("currency", None, "write RUB"),
        ("report_date", False, DAY),
        ("tickets_sold", True, WHOLE),
        ("revenue", {}, RUBLES),
        # What is taken.
        ("event_name", "Ревизор\nв двух частях 🎭", ""),
        ("city", "Нальчик", ""),
        ("city", "Нижний\u00a0Новгород", ""),
        ("revenue", "\u00a05000.1 ", ""),
        ("event_id", "007", ""),
        ("event_id", str(2**64 - 1), ""),
        ("tickets_sold", str(2**32 - 1), ""),
        ("event_date", "2149-06-06", ""),
        ("event_date", "1970-01-01", ""),
    ],
)
def test_a_refusal_says_how_to_write_it(column: str, value: Any, expected: str) -> None:
    assert said(column, value) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("nan", "NaN", "NaT", "NULL", "None", "N/A", "\\N", "unknown", "undefined", "(blank)", "(not set)", "true"),
        *("#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NAME?", "#Н/Д", "#ЗНАЧ!", "#ССЫЛКА!", "#ДЕЛ/0!", "ЛОЖЬ"),
        *("нет", "(пусто)", "пусто", "не указан", "не указана", "Город не указан", "не определён", "Не определен"),
        *("без города", "неизвестен", "Неизвестно", "нет данных", "Итого", "Всего:", "Общий итог", "Grand Total"),
        # Letters of the other alphabet.
        *("nаn", "unknоwn", "Hет", "HET"),
        *("", "-", "—", "12345", "?", "\u200b\u00a0", "\u3164", "\u115f", "\u2800", "Каза\ufffdь"),
    ],
)
def test_what_can_be_no_city_is_refused(text: str) -> None:
    assert said("city", text) == "no city is called so: write its name"


@pytest.mark.parametrize("city", ["Нея", "Неман", "Истра", "Нант", "Nantes", "Омск", "東京", "Итоговка", "Всеволожск"])
def test_a_city_that_begins_like_none_is_taken(city: str) -> None:
    assert said("city", city) == ""


whole = st.integers(0, 10**9)


@given(
    rubles=whole, kopecks=st.integers(0, 99), group=st.sampled_from([" ", "\u00a0", "\u2009", "'", "’", "_", "", "."])
)
def test_any_sum_in_the_russian_way_is_refused_with_that_very_sum(rubles: int, kopecks: int, group: str) -> None:
    written = f"{rubles:,}".replace(",", group) + f",{kopecks:02d}"
    assert said("revenue", written) == f"{RUBLES}: {rubles}.{kopecks:02d}"
    assert said("revenue", f"{rubles}.{kopecks:02d}") == ""


@given(
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    form=st.sampled_from(["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%dT%H:%M", "%Y%m%d"]),
)
def test_any_day_in_another_form_is_refused_with_that_very_day(day: date, form: str) -> None:
    assert said("event_date", day.strftime(form)) == f"{DAY}: {day}"


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.text("0123456789.,-+eE ٣²₽'\u00a0:/TZ"),
        st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Nd"])),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


@given(column=st.sampled_from(COLUMNS), value=anything, key=st.text(st.characters(codec=None), min_size=1))
def test_whatever_a_json_line_holds_it_is_taken_as_it_stands_or_refused(column: str, value: Any, key: str) -> None:
    for fields in ({**GOOD, column: value}, {**GOOD, key: value}):
        problems: list[str] = []
        ((number, read),) = _json_lines(Path(), io.StringIO(json.dumps(fields)))
        line = _checked(number, read, {}, problems)
        assert (line is None) or column in COLUMNS
        assert all("\n" not in problem and problem.encode() for problem in problems)
