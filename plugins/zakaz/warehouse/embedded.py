"""The embedded engine: ClickHouse inside this process (chDB), on a local folder."""

import contextlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zakaz.deadline import Deadline
from zakaz.errors import WarehouseLocked, ZakazError
from zakaz.texts import utf8
from zakaz.warehouse.engine import (
    JSON_SETTINGS,
    LENIENT,
    RETURNS_ROWS,
    Row,
    bound,
    error_code,
    essence,
    failure,
    tab_separated,
    unread_failure,
)
from zakaz.warehouse.folder_lock import FolderLock
from zakaz.warehouse.pins import assigned

NAMES_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*;?\s*\Z", re.IGNORECASE)


class EmbeddedEngine:
    """ClickHouse in this process, through clickhouse-connect's chDB client.

    :param folder: the data folder.
    :param settings: ClickHouse settings for every statement.
    :param wait_seconds: how long to wait for the folder while another process holds it.
    :raises WarehouseLocked: another process held it for longer than that.
    :raises InvalidInput: the folder can't be created or written.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], wait_seconds: float) -> None:
        deadline = Deadline(wait_seconds)
        self._lock = FolderLock(folder)
        self._lock.acquire(wait_seconds)
        self._client: Any = None
        try:
            self._client = self._open(folder, settings, deadline)
        finally:
            if self._client is None:
                self._lock.release()

    @staticmethod
    def _open(folder: Path, settings: Mapping[str, Any], deadline: Deadline) -> Any:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import ProgrammingError

        while True:
            try:
                client = clickhouse_connect.get_client(interface="chdb", path=str(folder), tz_mode="aware")
            except ProgrammingError as error:
                # Held by a program that doesn't use our lock.
                if not deadline.left():
                    raise WarehouseLocked(
                        f"the embedded warehouse {folder} can't be opened: {essence(str(error))}. "
                        "Another program that uses chDB may have it open: close it"
                    ) from error
                time.sleep(1)
            else:
                # In one statement, which takes a tenth of the time of one for each.
                client.command(f"SET {assigned(settings)}")
                return client

    def execute(self, query: str, params: Mapping[str, Any] | None = None, **_: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound parameters and return its rows."""
        with self._named_errors():
            if RETURNS_ROWS.match(query):
                result = self._client.query(
                    query, parameters=bound(params), encoding=LENIENT, query_formats={"FixedString": "string"}
                )
                return [tuple(row) for row in result.result_rows]
            self._client.command(query, parameters=bound(params))
            return []

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write rows in one block."""
        with self._named_errors():
            self._client.raw_insert(
                table, column_names=list(columns), insert_block=tab_separated(columns, rows), fmt="TSV"
            )

    def insert_json(self, table: str, rows: Iterable[str]) -> None:
        """Write rows, each a JSON object, in one block."""
        with self._named_errors():
            self._client.raw_insert(
                table, insert_block=utf8("\n".join(rows)), fmt="JSONEachRow", settings=JSON_SETTINGS
            )

    def formatted(self, query: str, output_format: str, params: Mapping[str, Any] | None = None) -> bytes:
        """Run one statement and return its result as the engine formats it."""
        with self._named_errors():
            fmt = output_format if RETURNS_ROWS.match(query) and not NAMES_FORMAT.search(query) else None
            result: bytes = self._client.raw_query(query, parameters=bound(params), fmt=fmt)
            return result

    def disconnect(self) -> None:
        """Close the client and release the folder; safe to call twice."""
        if self._client is not None:
            client, self._client = self._client, None
            try:
                client.close()
            finally:
                self._lock.release()

    @staticmethod
    @contextlib.contextmanager
    def _named_errors() -> Any:
        from clickhouse_connect.driver.exceptions import Error

        try:
            yield
        except ZakazError:
            raise
        except Error as error:
            if isinstance(error.__cause__, UnicodeDecodeError):
                raise unread_failure(error.__cause__) from error
            raise failure(error_code(error), str(error)) from error
