"""What is said of a sales file that can't be used, to the last word, and how its lines are told apart."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from zakaz.errors import InvalidInput
from zakaz.sources.sales_file import read_sales
from zakaz.sources.sales_line import COLUMNS

HEADER = "report_date,event_date,event_id,city,tickets_sold,revenue"
GOOD = "2026-11-20,2026-12-24,4001,Казань,2,5000.10"
FIELDS = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))
ALLOWED = f" (a comma separates; allowed: {', '.join(COLUMNS)})"
ALL_MISSING = "columns missing: report_date, event_date, event_id, city, tickets_sold, revenue"
SEPARATE = (
    'separate them by commas, and kopecks by a point (in Excel: Save As, "CSV UTF-8 (comma delimited)", after Options, '
    "Advanced, Decimal separator: a point)"
)


def said(folder: Path, content: str, name: str = "sales.csv") -> str:
    """What is said of a file behind its name."""
    path = folder / name
    path.write_bytes(content.encode())
    with pytest.raises(InvalidInput) as caught:
        read_sales(path)
    return str(caught.value).removeprefix(f"{path}: nothing was loaded").strip(": \n")


def said_of_json(folder: Path, **fields: Any) -> str:
    return said(folder, json.dumps({**FIELDS, **fields}), "sales.jsonl")


def test_standard_input_is_a_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(f"{HEADER}\n{GOOD}\n".encode())))
    (line,) = read_sales(Path("-"))
    assert line.city == "Казань"


def test_a_table_of_another_program_is_told_how_to_be_saved(tmp_path: Path) -> None:
    for name, hint in (("a.ods", '; in Excel: Save As, "CSV UTF-8 (comma delimited)"'), ("a.txt", "")):
        with pytest.raises(InvalidInput) as caught:
            read_sales(tmp_path / name)
        path = str(tmp_path / name)
        assert str(caught.value) == f"FILE {path!r} is not allowed: its name must end in .csv or .jsonl{hint}"


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        (f"{HEADER},email,revenue,city", "columns not allowed: 'email'; columns given twice: city, revenue"),
        ("email", f"{ALL_MISSING}; columns not allowed: 'email'"),
        ('x|"report_date"', f"bars separate the columns: {SEPARATE}"),
        ("X;event_date", f"{ALL_MISSING}; columns not allowed: 'X;event_date'"),
        ("X;Xreport_date", f"{ALL_MISSING}; columns not allowed: 'X;Xreport_date'"),
        ("Xsep=;", f"{ALL_MISSING}; columns not allowed: 'Xsep=;'"),
        (' "sep=;"', f"'\"sep=;\"' is for Excel only: take the line out, and {SEPARATE}"),
    ],
)
def test_all_that_is_wrong_with_a_header_is_said(tmp_path: Path, header: str, wrong: str) -> None:
    assert said(tmp_path, f"{header}\n{GOOD}\n") == f"line 1: {wrong}{ALLOWED}"


def test_a_line_of_another_length_is_told_what_may_be_the_cause(tmp_path: Path) -> None:
    assert said(tmp_path, f"{HEADER}\n{GOOD},1\n") == (
        "line 2: expected 6 columns as in line 1, found another number (a text with a comma stands in quotes, kopecks "
        "stand after a point)"
    )


def test_twenty_problems_are_all_of_them(tmp_path: Path) -> None:
    assert len(said(tmp_path, "\n".join([HEADER, *["x"] * 20])).splitlines()) == 20


def test_a_line_may_end_in_any_way_and_a_break_in_quotes_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(f'{HEADER},event_name\r\n{GOOD},"one\r\ntwo"\r\n'.encode())
    assert [line.event_name for line in read_sales(path)] == ["one\r\ntwo"]
    path.write_bytes(f"{HEADER}\r{GOOD}\r".encode())
    assert len(read_sales(path)) == 1, "as Excel for the Mac ends its lines"


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    for value, shown in (("x" * 60, "x" * 60), ("x" * 61, "x" * 60 + "…")):
        assert said_of_json(tmp_path, revenue=value).startswith(f"line 1, column revenue: '{shown}': write rubles")


def test_a_number_of_thousands_of_digits_is_a_cell_like_another(tmp_path: Path) -> None:
    text = json.dumps({**FIELDS, "event_id": "?"}).replace('"?"', "7" * 5000)
    assert said(tmp_path, text, "sales.jsonl").startswith(f"line 1, column event_id: '{'7' * 60}…': write a whole")


def test_the_name_of_a_column_is_shown_as_far_as_it_can_be(tmp_path: Path) -> None:
    allowed = f"not allowed (allowed: {', '.join(COLUMNS)})"
    for name, shown in (("x" * 60, "x" * 60), ("x" * 61, f"'{'x' * 60}…'"), ("a\nb", r"'a\nb'")):
        assert said_of_json(tmp_path, **{name: 1}) == f"line 1, column {shown}: {allowed}"


def test_what_is_no_object_is_shown_by_its_beginning(tmp_path: Path) -> None:
    array = json.dumps([10] * 20)
    assert said(tmp_path, array, "sales.jsonl") == (
        f"line 1: expected a JSON object, found {array[:40]!r} (each line is an object of its own)"
    )
