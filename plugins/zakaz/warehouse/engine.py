"""The interface of an engine, and what both share: error mapping, parameter binding, TabSeparated rows."""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from zakaz.errors import InvalidInput, WarehouseRefused, WarehouseUnavailable, ZakazError
from zakaz.texts import well_formed

Row = Sequence[Any]
# Rows in the outbox may be from another version of the code, with columns that this schema lacks.
JSON_SETTINGS = {"input_format_skip_unknown_fields": 1}
# The encoding by which both drivers read texts: UTF-8, with U+FFFD for what is none. By themselves one would return
# bytes in its place, and the other a hexadecimal number.
LENIENT = "zakaz_lenient_utf8"
codecs.register(
    {
        LENIENT: codecs.CodecInfo(
            encode=codecs.utf_8_encode,
            decode=lambda data, _errors="strict": codecs.utf_8_decode(data, "replace", True),
            name=LENIENT,
        )
    }.get
)

RETURNS_ROWS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS|CHECK)\b",
    re.IGNORECASE | re.DOTALL,
)
# Backslashes first, or they would escape the other escapes.
ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))

# ClickHouse error codes worth a retry: network, load, Keeper, read-only replicas, a quorum that is not there; 394: the
# statement was cancelled by a server restart, 439: no free thread, 473: lock timeout, 571: a replicated database.
TRANSIENT_CODES = frozenset(
    {3, 198, 202, 203, 209, 210, 225, 236, 241, 242, 252, 279, 285, 286, 289, 319, 394, 439, 473, 571, 999}
)
FIXED_SETTING = 452
HINTS = {
    159: "; it ran longer than QUERY_TIMEOUT_SECONDS: work on fewer days at a time, or raise it. ON CLUSTER: a host of "
    "the cluster did not answer in time (distributed_ddl_task_timeout), look at system.clusters",
    FIXED_SETTING: "; the profile of the connection's user must not fix this setting",
    60: "; if the warehouse is new or older than the code, run `bin/zakaz migrate`",
    81: "; if the warehouse is new, run `bin/zakaz migrate`",
    46: "; if the warehouse is new or older than the code, run `bin/zakaz migrate`",
    243: "; make room on its disk, then run this again",
    318: "; the server lacks infra/clickhouse/config.d/zakaz.xml; an embedded warehouse is a folder, copy it",
    608: "; a backup goes into databases that are absent or empty: restore it before `bin/zakaz migrate`",
    497: "; the connection's user lacks a right",
    516: "; check login and password of the connection clickhouse_default",
}


class Engine(Protocol):
    """A connection to ClickHouse; `execute` has clickhouse-driver's signature, which the plugin's hook calls."""

    def execute(self, query: str, params: Mapping[str, Any] | None = None, **options: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound parameters and return its rows."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write rows in one block."""

    def insert_json(self, table: str, rows: Iterable[str]) -> None:
        """Write rows, each a JSON object, in one block."""

    def formatted(self, query: str, output_format: str, params: Mapping[str, Any] | None = None) -> bytes:
        """Run one statement and return its result as the engine formats it."""

    def disconnect(self) -> None:
        """Close the engine; safe to call twice."""


def bound(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Parameters as text, which ClickHouse parses by the type in `{name:Type}`, so that both drivers send the same.

    The native driver would truncate microseconds and send None as the text NULL.

    :raises InvalidInput: a value of a type that can't be bound (None, float, a naive datetime, a collection).
    """
    return {name: _as_text(name, value) for name, value in (params or {}).items()}


def _as_text(name: str, value: Any) -> str | int:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput(f"{name}: {value!r} has no time zone")
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, date | Decimal | UUID):
        return str(value)
    raise InvalidInput(f"{name}: {value!r} can't be sent, a {type(value).__name__} has no typed text")


def tab_separated(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """Rows as TabSeparated, which the engine parses by the table's types; bytes are not re-encoded.

    clickhouse-connect's own insert would import pandas first: 1.7 s in every task.

    :raises InvalidInput: a value of a type that can't be written as text.
    """
    for row in rows:
        between = b""
        for name, value in zip(columns, row, strict=True):
            yield between
            yield _field(name, value)  # separately, so that a body of megabytes is not copied
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
    """Our error for a ClickHouse error, whichever driver reported it.

    :param code: ClickHouse's error number, 0 if there was none.
    :param text: the driver's message.
    """
    message = essence(text)
    if code in TRANSIENT_CODES:
        return WarehouseUnavailable(f"ClickHouse could not finish the statement now (code {code}): {message}")
    return WarehouseRefused(f"ClickHouse refused the statement (code {code}): {message}{HINTS.get(code, '')}", code)


def unread_failure(error: UnicodeDecodeError) -> ZakazError:
    """Our error for one whose message a driver could not read: ClickHouse quotes a text in it that is no UTF-8."""
    text = error.object.decode(errors="replace")
    return failure(error_code(Exception(text)), text)


def essence(text: str) -> str:
    """A driver's message on one line, without stack trace, version and wrapping."""
    message = re.split(r"[.,]?\s*Stack trace", text)[0]
    message = re.sub(r"^.*?DB::Exception: ", "", message, count=1, flags=re.DOTALL)
    message = re.sub(r"Code: \d+\. DB::Exception: |\s*\((?:version|for url) [^)]*\)", "", message)
    return " ".join(message.split()).rstrip(". ")


def error_code(error: Exception) -> int:
    """ClickHouse's error number in an error of clickhouse-connect, 0 if it has none."""
    found = re.search(r"Code: (\d+)", str(error))
    return int(found.group(1)) if found else int(getattr(error, "code", 0) or 0)
