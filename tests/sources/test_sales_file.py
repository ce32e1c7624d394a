"""A sales export: every bad line is named, and then nothing of the file is used."""

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.sales import COLUMNS
from zakaz.days import last_complete_day
from zakaz.errors import InvalidInput
from zakaz.sources.sales_file import read_sales
from zakaz.sources.sales_line import SalesLine

HEADER = "report_date,event_date,event_id,city,tickets_sold,revenue"
GOOD = "2026-11-20,2026-12-24,4001,Казань,2,5000.10"
QUOTED = '"' + HEADER.replace(",", '","') + '"'
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes lines, or bytes, into a file."""

    def to_file(*lines: str | bytes, name: str = "sales.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(b"".join(line if isinstance(line, bytes) else f"{line}\n".encode() for line in lines))
        return path

    return to_file


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_sales(path)
    return str(caught.value)


def test_a_csv_is_read_as_it_stands(write: Write, sandbox: Sandbox) -> None:
    assert read_sales(write(HEADER, GOOD)) == [
        SalesLine(
            report_date="2026-11-20",
            event_date="2026-12-24",
            event_id=4001,
            city="Казань",
            tickets_sold=2,
            revenue="5000.10",
        )
    ]
    text = sandbox.sales_csv(date(2026, 11, 18), date(2026, 11, 20))
    lines = read_sales(write(text.encode()))
    assert "\n".join(
        [",".join(COLUMNS), *(",".join(str(getattr(line, name)) for name in COLUMNS) for line in lines)]
    ) == (text.strip())


def test_forms_that_say_the_same(write: Write) -> None:
    expected = read_sales(write(HEADER, GOOD))
    marked = write(b"\xef\xbb\xbf", f"{HEADER}\r", f"{GOOD}\r", "\r", name="excel.CSV")
    optional = write(f"{HEADER},event_name,show_id,refunds_amount,currency", f" {GOOD} ,,,,", name="gaps.csv")
    old_code = write(f"{HEADER},currency", f"{GOOD}, rur ", name="old.csv")
    quoted = write('"revenue","tickets_sold","city","event_id","event_date","report_date"')
    quoted.write_text(quoted.read_text() + '"5000.1","2","Казань","4001","2026-12-24","2026-11-20"')
    fields = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))
    numbers = f"{{{json.dumps(fields)[1:-1]}}}".replace('"5000.10"', "5000.10").replace('"4001"', "4001")
    listed = write("", numbers, "", name="sales.jsonl")
    for path in (marked, optional, old_code, quoted, listed):
        assert read_sales(path) == expected


def test_every_bad_line_is_named_with_its_column_and_value(write: Write) -> None:
    bad = [
        GOOD,
        "20.11.2026,2026-12-24,4001,Казань,2,1",
        "2026-11-20,2026-02-30,4001,Казань,2,1",
        "2026-11-20,2026-12-24,-1,Казань,2.5,1",
        "2026-11-20,2026-12-24,4002,Казань,2,1.234",
        "2026-11-20,2026-12-24,4003,Казань,2,1 000",
        "2026-11-20,2026-12-24,4004,Казань,4294967296,NaN",
        "2026-11-20,2026-12-24,4005,Казань,,1",
        "2026-11-20,2026-12-24,4006,Казань,2",
        f"{GOOD},extra",
        "2026-11-20,2199-01-01,4007,Казань,2,1",
    ]
    said = refusal(write(HEADER, *bad)).splitlines()
    assert said[0].endswith("sales.csv: nothing was loaded")
    for line, expected in zip(
        said[1:],
        [
            "line 3, column report_date: '20.11.2026': write the day as YYYY-MM-DD",
            "line 4, column event_date: '2026-02-30': ",
            "line 5, column event_id: '-1': ",
            "line 5, column tickets_sold: '2.5': ",
            "line 6, column revenue: '1.234': write rubles in digits, with a point before the kopecks: 1234 or 1.23",
            "line 7, column revenue: '1 000': ",
            "line 8, column tickets_sold: '4294967296': ",
            "line 8, column revenue: 'NaN': ",
            "line 9, column tickets_sold: '': ",
            "line 10: expected 6 columns as in line 1, found another number",
            "line 11: expected 6 columns as in line 1, found another number",
            "line 12, column event_date: '2199-01-01': ",
        ],
        strict=True,
    ):
        assert line.startswith(expected)


def test_every_bad_object_is_named(write: Write) -> None:
    fields: dict[str, Any] = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))
    objects = [
        json.dumps(fields),
        "{",
        "[1, 2]",
        json.dumps({**fields, "revenue": 1.005, "event_id": 2}),
        json.dumps({**fields, "city": None, "event_id": 3}),
        json.dumps({**fields, "buyer_email": "someone@example.com"}),
        json.dumps({name: fields[name] for name in fields if name != "city"}),
        json.dumps({**fields, "revenue": float("inf"), "event_id": 4}),
        json.dumps({**fields, "currency": "USD", "event_id": 5}),
        json.dumps(fields)[:-1] + ', "revenue": 30}',
        json.dumps({**fields, "revenue": True, "tickets_sold": [2], "city": {"name": "Казань"}}),
        json.dumps({**fields, "event_name": "half \ud83c", "utm_source": "a\0b", "event_id": 6}),
        json.dumps(fields)[:-1] + ', "\\ud83c": 1}',
        '{"city":' * 100_000,
        json.dumps(fields).replace('"5000.10"', "5e3"),
        "[{",
    ]
    said = refusal(write(*objects, name="sales.jsonl"))
    for expected in (
        "line 2: no JSON: ",
        "line 3: expected a JSON object, found '[1, 2]'",
        "line 4, column revenue: '1.005': ",
        "line 5, column city: None: ",
        "line 6, column buyer_email: not allowed (allowed: report_date, ",
        "line 7, column city: missing",
        "line 8, column revenue: inf: ",
        "line 9, column currency: 'USD': ",
        "line 10: no JSON: revenue is given twice",
        "line 11, column tickets_sold: a list: ",
        "line 11, column revenue: True: write rubles in digits",
        "line 11, column city: an object: ",
        "line 12, column event_name: 'half \\ud83c': take out U+D83C",
        "line 12, column utm_source: 'a\\x00b': take out U+0000",
        "line 13, column '\\ud83c': not allowed (",
        "line 14: no JSON: ",
        "line 15, column revenue: '5e3': write rubles in digits, with a point before the kopecks: 5000",
        "line 16: no JSON: ",
    ):
        assert f"\n{expected}" in said
    assert len(said.splitlines()) == 19
    assert "someone@example.com" not in said


def test_the_same_key_names_both_lines(write: Write) -> None:
    other_tags = write(f"{HEADER},utm_campaign", f"{GOOD},a", f"{GOOD},b")
    assert len(read_sales(other_tags)) == 2
    again = "2026-11-20,2026-12-24,4001,Казань,9,1.00"
    said = refusal(write(HEADER, GOOD, GOOD.replace("4001", "4002"), again))
    assert said.splitlines()[1:] == [
        "line 4: the same sale day, event, show, city and tags as line 2; add them up",
    ]


def test_a_day_that_is_not_over_is_refused(write: Write) -> None:
    over, today = last_complete_day(), last_complete_day() + timedelta(days=1)
    lines = [GOOD.replace("2026-11-20", str(day)) for day in (over, today)]
    assert refusal(write(HEADER, *lines)).splitlines()[1:] == [
        f"line 3, column report_date: {today} is not over in Moscow"
    ]
    assert len(read_sales(write(HEADER, lines[0]))) == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace(",city", ""), "line 1: columns missing: city (a comma separates; allowed: report_date, "),
        (f"{HEADER},email,phone", "line 1: columns not allowed: 'email', 'phone' ("),
        (HEADER.replace(",", ";"), "line 1: semicolons separate the columns: separate them by commas"),
        (HEADER.replace(",", "\t"), "line 1: tabs separate the columns: separate them by commas"),
        (
            QUOTED.replace(",", ";"),
            "line 1: semicolons separate the columns: separate them by commas, and kopecks by a ",
        ),
        (QUOTED.replace(",", "\t"), "line 1: tabs separate the columns: separate them by commas"),
        ("sep=;", "line 1: 'sep=;' is for Excel only: take the line out, and separate them by commas"),
        ('"SEP=,"\r', "line 1: '\"SEP=,\"' is for Excel only: take the line out, and "),
        ("report_date", "line 1: columns missing: event_date, "),
        (f"{HEADER},revenue", "line 1: columns given twice: revenue ("),
        (f'{HEADER},"utm_source', "line 1: no readable CSV: "),
        ("", "line 1: columns missing: report_date, "),
        (GOOD, "line 1: columns missing: report_date, "),
    ],
)
def test_a_bad_header_is_explained(write: Write, header: str, said: str) -> None:
    assert f"sales.csv: nothing was loaded: {said}" in refusal(write(header, GOOD))


def test_a_file_that_can_not_be_used_is_named(write: Write, tmp_path: Path) -> None:
    assert refusal(tmp_path / "sales.txt") == (
        f"FILE '{tmp_path}/sales.txt' is not allowed: its name must end in .csv or .jsonl"
    )
    assert refusal(tmp_path / "sales.xlsx").endswith('.csv or .jsonl; in Excel: Save As, "CSV UTF-8 (comma delimited)"')
    assert refusal(tmp_path / "none.csv") == f"FILE '{tmp_path}/none.csv' can't be read: No such file or directory"
    (tmp_path / "folder.csv").mkdir()
    assert refusal(tmp_path / "folder.csv") == f"FILE '{tmp_path}/folder.csv' can't be read: Is a directory"
    for empty in (write(name="a.jsonl"), write("", "", name="b.jsonl"), write(HEADER, "")):
        assert refusal(empty) == f"{empty}: the file has no lines with sales; nothing was loaded"
    assert "columns missing" in refusal(write(name="empty.csv"))


def zipped(name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, "<worksheet/>")
    return archive.getvalue()


RUSSIAN = "\n".join([HEADER, *(GOOD.replace("4001", str(number)) for number in range(3))])


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (zipped("xl/worksheets/sheet1.xml"), "is an Excel workbook (xlsx) or another zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an Excel workbook of old (xls)"),
        (b"%PDF-1.7\n", "is a PDF"),
        (gzip.compress(RUSSIAN.encode()), "is a gzip archive"),
        (b"\r\n<html><table>", "is HTML or XML"),
        (RUSSIAN.encode("utf-16"), "is UTF-16"),
        (RUSSIAN.encode("utf-16-le"), "is UTF-16"),
        (RUSSIAN.encode("utf-16-be"), "is UTF-16"),
        ("Дата продажи;Дата показа;Город\n".encode("utf-16-le"), "is UTF-16"),
        ("Дата продажи;Дата показа;Город\n".encode("utf-16-be"), "is UTF-16"),
        (RUSSIAN.encode("utf-32"), "is UTF-32"),
        (RUSSIAN.encode("cp1251"), "is not UTF-8: line 2 has byte 0xca, as in Windows-1251"),
        (RUSSIAN.encode("cp866"), "is not UTF-8: line 2 has byte 0x8a, as in cp866 of DOS"),
        (RUSSIAN.encode("koi8-r"), "is not UTF-8: line 2 has byte 0xeb, as in KOI8-R"),
        (RUSSIAN.encode() + b"\n\xff", "is not UTF-8: line 5 has byte 0xff"),
    ],
)
@pytest.mark.parametrize("name", ["sales.csv", "sales.jsonl"])
def test_what_is_no_text_in_utf_8_is_named_with_how_to_save_it(
    write: Write, content: bytes, named: str, name: str
) -> None:
    path = write(content, name=name)
    assert (
        refusal(path)
        == f"FILE '{path}' {named}"
        + (", whatever its name says" if "HTML" in named else "")
        + '. Save it as UTF-8, in Excel: Save As, "CSV UTF-8 (comma delimited)"'
    )


@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)), has_header=st.booleans())
def test_whatever_a_file_holds_it_is_read_or_refused(content: bytes, has_header: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("sales.csv", "sales.jsonl"):
            path = Path(folder) / name
            path.write_bytes(f"{HEADER}\n".encode() * has_header + content)
            said = refusal(path)
            assert said.encode().startswith((b"FILE '", str(path).encode()))


def test_a_broken_quote_ends_the_reading_but_not_in_a_traceback(write: Write) -> None:
    said = refusal(write(HEADER, "x,2026-12-24,4001,Казань,2,1", '2026-11-20,2026-12-24,4001,"Каз"ань,2,1', GOOD))
    assert [line[:6] for line in said.splitlines()[1:]] == ["line 2", "line 3"]
    assert "no readable CSV" in said


def test_only_the_first_problems_are_shown_with_the_number_of_the_others(write: Write) -> None:
    said = refusal(write(HEADER, *["x"] * 25)).splitlines()
    assert len(said) == 22
    assert said[-1] == "... and 5 more"


def test_sums_are_exact(write: Write) -> None:
    lines = read_sales(
        write(HEADER, GOOD.replace("5000.10", "0.01"), GOOD.replace("4001,", "1,").replace("5000.10", "9" * 16 + ".99"))
    )
    assert [line.revenue for line in lines] == [Decimal("0.01"), Decimal("9999999999999999.99")]
    assert "column revenue" in refusal(write(HEADER, GOOD.replace("5000.10", "1" + "0" * 16)))
