"""Reads a sales export, CSV or JSON lines; every line is validated before any is loaded."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from zakaz.days import last_complete_day
from zakaz.errors import InvalidInput
from zakaz.sources.file_text import SAVE_AS, STANDARD_INPUT, file_text
from zakaz.sources.sales_line import COLUMNS, REQUIRED, SalesLine

SHOWN_PROBLEMS = 20
SHOWN_CHARACTERS = 60
SEPARATE = (
    f"separate them by commas, and kopecks by a point ({SAVE_AS}, after Options, Advanced, Decimal separator: a point)"
)
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_sales(path: Path) -> list[SalesLine]:
    """Read an export.

    :param path: a file ending in .csv (comma, header line) or .jsonl (one JSON object per line), UTF-8;
        `-` for a CSV on standard input.
    :raises InvalidInput: the file or a line is invalid; the message names the line and column of the first 20 problems.
    """
    suffix = ".csv" if path == STANDARD_INPUT else path.suffix.lower()
    read = {".csv": _csv_lines, ".jsonl": _json_lines}.get(suffix)
    if read is None:
        hint = f"; {SAVE_AS}" if suffix.startswith((".xls", ".ods")) else ""
        raise InvalidInput(f"FILE {str(path)!r} is not allowed: its name must end in .csv or .jsonl{hint}")
    lines: list[SalesLine] = []
    problems: list[str] = []
    first_seen: dict[tuple[Any, ...], int] = {}
    for number, fields in read(path, io.StringIO(file_text(path), newline="")):
        line = _checked(number, fields, first_seen, problems)
        if line:
            lines.append(line)
    if problems:
        more = [f"... and {len(problems) - SHOWN_PROBLEMS} more"] if len(problems) > SHOWN_PROBLEMS else []
        raise InvalidInput("\n".join([f"{path}: nothing was loaded", *problems[:SHOWN_PROBLEMS], *more]))
    if not lines:
        raise InvalidInput(f"{path}: the file has no lines with sales; nothing was loaded")
    return lines


def _checked(number: int, fields: Any, first_seen: dict[tuple[Any, ...], int], problems: list[str]) -> SalesLine | None:
    if isinstance(fields, str):
        problems.append(f"line {number}: {fields}")
        return None
    if extra := [name for name in fields if name not in COLUMNS]:
        problems += [
            f"line {number}, column {_name(name)}: not allowed (allowed: {', '.join(COLUMNS)})" for name in extra
        ]
        return None
    try:
        line = SalesLine.model_validate(fields)
    except ValidationError as error:
        problems += [_explained(number, detail) for detail in error.errors()]
        return None
    if line.report_date > last_complete_day():
        problems.append(f"line {number}, column report_date: {line.report_date} is not over in Moscow")
    if (first := first_seen.setdefault(line.key, number)) != number:
        problems.append(f"line {number}: the same sale day, event, show, city and tags as line {first}; add them up")
    return line


def _explained(number: int, detail: Any) -> str:
    place = f"line {number}, column {detail['loc'][0]}"
    if detail["type"] == "missing":
        return f"{place}: missing"
    return f"{place}: {_shown(detail['input'])}: {detail['msg'].removeprefix('Value error, ')}"


def _shown(value: Any) -> str:
    """A value for a message; what JSON nests in each other only by its kind, however deep it is."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    is_long = isinstance(value, str) and len(value) > SHOWN_CHARACTERS
    return repr(f"{value[:SHOWN_CHARACTERS]}…" if is_long else value)


def _name(column: str) -> str:
    """A name for a message: what a terminal can't print, escaped."""
    return column if column.isprintable() and len(column) <= SHOWN_CHARACTERS else _shown(column)


def _csv_lines(path: Path, file: io.StringIO) -> Iterator[tuple[int, Any]]:
    """Line numbers with records, or with a text about what is wrong with the record."""
    # Before the header is read: with quotes around its names and another separator it is no readable CSV.
    wrong = _wrong_separator(file.readline())
    file.seek(0)
    reader = csv.DictReader(file, strict=True)
    header: list[str] = []
    try:
        header += reader.fieldnames or []
        wrong = wrong or _wrong_header(header)
    except csv.Error as error:
        wrong = wrong or f"no readable CSV: {error}"
    if wrong:
        raise InvalidInput(
            f"{path}: nothing was loaded: line 1: {wrong} (a comma separates; allowed: {', '.join(COLUMNS)})"
        )
    records = iter(reader)
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.reader.line_num, f"no readable CSV: {error}"
            return
        if None in record or None in record.values():
            yield (
                reader.line_num,
                f"expected {len(header)} columns as in line 1, found another number (a text with a comma stands in "
                "quotes, kopecks stand after a point)",
            )
        else:
            # An empty cell of an optional column means the default; in a required column it is an error.
            yield reader.line_num, {name: text for name, text in record.items() if text or name in REQUIRED}


def _wrong_separator(line: str) -> str:
    """What else than a comma separates the columns of the first line; empty if nothing does."""
    if line.strip('" ').lower().startswith("sep="):
        return f"{_shown(line.strip())} is for Excel only: take the line out, and {SEPARATE}"
    for sign, name in OTHER_SEPARATORS.items():
        if sign in line and REQUIRED[0] in (cell.strip('" \r\n') for cell in line.split(sign)):
            return f"{name} separate the columns: {SEPARATE}"
    return ""


def _wrong_header(header: list[str]) -> str:
    """What is wrong with a header; empty if nothing is."""
    missing = [name for name in REQUIRED if name not in header]
    extra = [name for name in header if name not in COLUMNS]
    twice = [name for name in COLUMNS if header.count(name) > 1]
    wrong = [f"columns missing: {', '.join(missing)}"] * bool(missing)
    wrong += [f"columns not allowed: {', '.join(map(_shown, extra))}"] * bool(extra)
    wrong += [f"columns given twice: {', '.join(twice)}"] * bool(twice)
    return "; ".join(wrong)


def _json_lines(_path: Path, file: io.StringIO) -> Iterator[tuple[int, Any]]:
    for number, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            # Numbers stay the texts that they are, so that both kinds of files are read by the same rules.
            fields = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_each_once)
        except (ValueError, RecursionError) as error:
            yield number, f"no JSON: {error}"
            continue
        if isinstance(fields, dict):
            # null in an optional column means the default, like an empty cell.
            yield number, {name: value for name, value in fields.items() if value is not None or name in REQUIRED}
        else:
            yield number, f"expected a JSON object, found {text.strip()[:40]!r} (each line is an object of its own)"


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{_name(twice)} is given twice")
    return fields
