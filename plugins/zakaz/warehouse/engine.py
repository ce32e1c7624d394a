"""What the hook asks of an engine, and how both engines name their errors and take their parameters."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from zakaz.errors import InvalidInput, WarehouseRefused, WarehouseUnavailable, ZakazError

Row = Sequence[Any]
# A column of another version of the code costs no row.
JSON_SETTINGS = {"input_format_skip_unknown_fields": 1}

RETURNS_ROWS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS|CHECK)\b",
    re.IGNORECASE | re.DOTALL,
)
# In this order: a backslash stands for itself only after it was doubled.
ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))

# ClickHouse's numbers for what may heal by itself: network, load, keeper, read-only replicas; 394 is what a server that
# is restarted says of a statement at work, 439 that it has no thread free, 473 that a lock was not to be had in time.
TRANSIENT_CODES = frozenset({3, 198, 202, 203, 209, 210, 225, 236, 241, 242, 252, 279, 285, 319, 394, 439, 473, 999})
HINTS = {
    159: "; it ran longer than QUERY_TIMEOUT_SECONDS: work on fewer days at a time, or raise it",
    60: "; if the warehouse is new or older than the code, run `bin/zakaz migrate`",
    81: "; if the warehouse is new, run `bin/zakaz migrate`",
    46: "; if the warehouse is new or older than the code, run `bin/zakaz migrate`",
    318: "; the server lacks infra/clickhouse/config.d/zakaz.xml; an embedded warehouse is a folder, copy it",
    608: "; a backup goes into databases that are absent or empty: restore it before `bin/zakaz migrate`",
    497: "; the connection's user lacks a right",
    516: "; check login and password of the connection clickhouse_default",
}


class Engine(Protocol):
    """A way to ClickHouse; `execute` has the signature of clickhouse-driver, which the plugin's hook calls."""

    def execute(self, query: str, params: Mapping[str, Any] | None = None, **options: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound parameters and return its rows."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write rows in one block."""

    def insert_json(self, table: str, rows: Iterable[str]) -> None:
        """Write rows, each a JSON object, in one block."""

    def text(self, query: str, output_format: str, params: Mapping[str, Any] | None = None) -> str:
        """Run one statement and return its result as the engine formats it."""

    def disconnect(self) -> None:
        """Let go of the engine; safe to call twice."""


def bound(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Parameters as both drivers send them alike: text that ClickHouse reads by the type in `{name:Type}`.

    The native driver would cut microseconds off an instant and send None as the text NULL.

    :raises InvalidInput: a value of a type that isn't bound (None, float, a naive datetime, a collection).
    """
    return {name: _as_text(name, value) for name, value in (params or {}).items()}


def _as_text(name: str, value: Any) -> str | int:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput(f"{name}: {value!r} has no time zone")
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, str | date | Decimal | UUID):
        return str(value)
    raise InvalidInput(f"{name}: {value!r} can't be sent, a {type(value).__name__} has no typed text")


def tab_separated(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Rows as TabSeparated, which the engine reads by the types of the table; bytes go through as they are.

    clickhouse-connect's own way of inserting would first import pandas, 1.7 s in every task.

    :raises InvalidInput: a value of a type that has no such text.
    """
    for row in rows:
        between = b""
        for name, value in zip(columns, row, strict=True):
            yield between
            yield _field(name, value)  # by itself: a body of megabytes is not copied
            between = b"\t"
        yield b"\n"


def _field(name: str, value: Any) -> bytes:
    if value is None:
        return b"\\N"
    text = value if isinstance(value, bytes) else str(_as_text(name, value)).encode()
    for plain, escaped in ESCAPES:
        text = text.replace(plain, escaped)
    return text


def failure(code: int, text: str) -> ZakazError:
    """The error for what ClickHouse said, the same whichever way it came.

    :param code: ClickHouse's error number, 0 if there was none.
    :param text: the driver's message.
    """
    said = essence(text)
    if code in TRANSIENT_CODES:
        return WarehouseUnavailable(f"ClickHouse could not finish the statement now (code {code}): {said}")
    return WarehouseRefused(f"ClickHouse refused the statement (code {code}): {said}{HINTS.get(code, '')}", code)


def essence(text: str) -> str:
    """What a driver's message says, in one line: no stack trace, no version, no wrapping."""
    said = re.split(r"[.,]?\s*Stack trace", text)[0]
    said = re.sub(r"^.*?DB::Exception: ", "", said, count=1, flags=re.DOTALL)
    said = re.sub(r"Code: \d+\. DB::Exception: |\s*\((?:version|for url) [^)]*\)", "", said)
    return " ".join(said.split()).rstrip(". ")


def error_code(error: Exception) -> int:
    """ClickHouse's number in an error of clickhouse-connect, 0 if it has none."""
    found = re.search(r"Code: (\d+)", str(error))
    return int(found.group(1)) if found else int(getattr(error, "code", 0) or 0)
