"""Reads a sales export, CSV or JSON lines; every line is validated before any is loaded."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from zakaz.days import last_complete_day
from zakaz.errors import InvalidInput

SHOWN_PROBLEMS = 20
STANDARD_INPUT = Path("-")
UINT64_MAX = 2**64 - 1
UINT32_MAX = 2**32 - 1


def _day(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", value):
        raise ValueError("write the day as YYYY-MM-DD")  # a ValueError, for pydantic
    return value.strip()


# ClickHouse silently clamps a Date outside this range.
Day = Annotated[date, BeforeValidator(_day), Field(ge=date(1970, 1, 1), le=date(2149, 6, 6))]


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not re.fullmatch(r"\s*\d+\s*", str(value), re.ASCII):
        raise ValueError("write a whole number, 0 or more, in digits only")
    return int(value)


Identifier = Annotated[int, BeforeValidator(_whole), Field(le=UINT64_MAX)]
Count = Annotated[int, BeforeValidator(_whole), Field(le=UINT32_MAX)]
Rubles = Annotated[Decimal, Field(max_digits=18, decimal_places=2, allow_inf_nan=False)]


class SalesLine(BaseModel):
    """One line of an export; unknown columns are rejected, so that no personal data slip in.

    :param report_date: Moscow day of the sale or refund. :param event_date: local day of the show.
    :param revenue: rubles. :param refunds_amount: rubles, on the day of the refund.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    report_date: Day
    event_date: Day
    event_id: Identifier
    event_name: str = ""
    show_id: Identifier = 0
    city: Annotated[str, Field(min_length=1)]
    utm_source: str = ""
    utm_campaign: str = ""
    tickets_sold: Count
    revenue: Rubles
    refunds_amount: Rubles = Decimal(0)
    currency: Literal["RUB"] = "RUB"

    @property
    def key(self) -> tuple[Any, ...]:
        """The key of the staging, which must be unique in an export."""
        return (
            self.report_date,
            self.event_date,
            self.event_id,
            self.show_id,
            self.city,
            self.utm_source,
            self.utm_campaign,
        )


COLUMNS = tuple(SalesLine.model_fields)
REQUIRED = tuple(name for name, field in SalesLine.model_fields.items() if field.is_required())


def read_sales(path: Path) -> list[SalesLine]:
    """Read an export.

    :param path: a file ending in .csv (comma, header line) or .jsonl (one JSON object per line), UTF-8;
        `-` for a CSV on standard input.
    :raises InvalidInput: the file or a line is invalid; the message names the line and column of the first 20 problems.
    """
    is_input = path == STANDARD_INPUT
    read = {".csv": _csv_lines, ".jsonl": _json_lines}.get(".csv" if is_input else path.suffix.lower())
    if read is None:
        raise InvalidInput(f"FILE {str(path)!r} is not allowed: its name must end in .csv or .jsonl")
    lines: list[SalesLine] = []
    problems: list[str] = []
    first_seen: dict[tuple[Any, ...], int] = {}
    try:
        text = (sys.stdin.buffer.read() if is_input else path.read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"FILE {str(path)!r} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line_no = error.object[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"FILE {str(path)!r} is not UTF-8: line {line_no} has byte {error.object[error.start]:#x}"
        ) from None
    for number, fields in read(path, io.StringIO(text, newline="")):
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
    column = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return f"line {number}, column {column}: missing"
    if detail["type"] == "extra_forbidden":
        return f"line {number}, column {column}: not allowed (allowed: {', '.join(COLUMNS)})"
    return f"line {number}, column {column}: {detail['input']!r}: {detail['msg'].removeprefix('Value error, ')}"


def _csv_lines(path: Path, file: io.StringIO) -> Iterator[tuple[int, Any]]:
    """Line numbers with records, or with a text about what is wrong with the record."""
    reader = csv.DictReader(file, strict=True)
    try:
        header = reader.fieldnames or []
    except csv.Error as error:
        raise InvalidInput(f"{path}: nothing was loaded: line 1: no readable CSV: {error}") from None
    missing = [name for name in REQUIRED if name not in header]
    extra = [name for name in header if name not in COLUMNS]
    twice = [name for name in COLUMNS if header.count(name) > 1]
    if missing or extra or twice:
        wrong = [f"columns missing: {', '.join(missing)}"] * bool(missing)
        wrong += [f"columns not allowed: {', '.join(map(repr, extra))}"] * bool(extra)
        wrong += [f"columns given twice: {', '.join(twice)}"] * bool(twice)
        raise InvalidInput(
            f"{path}: nothing was loaded: line 1: {'; '.join(wrong)} (a comma separates; allowed: {', '.join(COLUMNS)})"
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
            yield reader.line_num, f"expected {len(header)} columns as in line 1, found another number"
        else:
            # An empty cell of an optional column means the default; in a required column it is an error.
            yield reader.line_num, {name: text for name, text in record.items() if text or name in REQUIRED}


def _json_lines(_path: Path, file: io.StringIO) -> Iterator[tuple[int, Any]]:
    for number, text in enumerate(file, start=1):
        if not text.strip():
            continue
        try:
            fields = json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            yield number, f"no JSON: {error}"
            continue
        if isinstance(fields, dict):
            # null in an optional column means the default, like an empty cell.
            yield number, {name: value for name, value in fields.items() if value is not None or name in REQUIRED}
        else:
            yield number, f"expected a JSON object, found {text.strip()[:40]!r}"
