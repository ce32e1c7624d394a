"""The embedded engine: ClickHouse inside this process (chDB), on a folder of this machine."""

import contextlib
import fcntl
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ClassVar

from zakaz.errors import InvalidInput, WarehouseLocked, ZakazError
from zakaz.warehouse.engine import RETURNS_ROWS, Row, bound, error_code, essence, failure, tab_separated

POLL_SECONDS = 0.02
NAMES_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*;?\s*\Z", re.IGNORECASE)


class FolderLock:
    """One process at a time in a warehouse folder; within the process, as many as like.

    chDB itself refuses a second process, but without a word on who has the folder and without waiting.

    :param folder: the warehouse folder; the lock is the file `<folder>.lock` beside it, which names its holder.
    """

    _guard = threading.Lock()
    _held: ClassVar[dict[Path, tuple[IO[str], int]]] = {}

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder.with_name(folder.name + ".lock")

    def acquire(self, wait_seconds: float) -> None:
        """Take the lock.

        :raises WarehouseLocked: another process still has it after `wait_seconds`.
        :raises InvalidInput: there can be no such folder.
        """
        deadline = time.monotonic() + wait_seconds
        while not self._try():
            if time.monotonic() >= deadline:
                raise WarehouseLocked(
                    f"the embedded warehouse {self._folder} is in use by {self._holder()} and was not free within "
                    f"{wait_seconds:g} s: wait for that process or stop it"
                )
            time.sleep(POLL_SECONDS)

    def release(self) -> None:
        """Give the lock back."""
        with self._guard:
            handle, count = self._held[self._file]
            if count > 1:
                self._held[self._file] = (handle, count - 1)
            else:
                del self._held[self._file]
                handle.close()

    def _try(self) -> bool:
        with self._guard:
            if self._file in self._held:
                handle, count = self._held[self._file]
                self._held[self._file] = (handle, count + 1)
                return True
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                handle = self._file.open("a+", encoding="utf-8")
            except OSError as error:
                raise InvalidInput(
                    f"the embedded warehouse {self._folder} can't be used: {error.strerror}: {error.filename}. Check "
                    "embedded_path of the connection"
                ) from error
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.close()
                return False
            handle.truncate(0)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            json.dump({"pid": os.getpid(), "program": " ".join(sys.argv)[:200], "since": since}, handle)
            handle.flush()
            self._held[self._file] = (handle, 1)
            return True

    def _holder(self) -> str:
        try:
            holder = json.loads(self._file.read_text(encoding="utf-8"))
            return f"process {holder['pid']} ({holder['program']}, since {holder['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"


class EmbeddedEngine:
    """ClickHouse in this process, through clickhouse-connect's chDB client.

    :param folder: where the data lie.
    :param settings: ClickHouse settings for every statement.
    :param wait_seconds: how long to wait while another process has the folder.
    :raises WarehouseLocked: another process has the folder for longer than that.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], wait_seconds: float) -> None:
        self._lock = FolderLock(folder.resolve())
        self._client: Any = None
        deadline = time.monotonic() + wait_seconds
        self._lock.acquire(wait_seconds)
        try:
            self._client = self._open(folder.resolve(), settings, deadline)
        finally:
            if self._client is None:
                self._lock.release()

    @staticmethod
    def _open(folder: Path, settings: Mapping[str, Any], deadline: float) -> Any:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import ProgrammingError

        while True:
            try:
                return clickhouse_connect.get_client(
                    interface="chdb", path=str(folder), settings=dict(settings), tz_mode="aware"
                )
            except ProgrammingError as error:
                # Somebody who doesn't know our lock (another tool on the same folder) has it.
                if time.monotonic() >= deadline:
                    raise WarehouseLocked(
                        f"the embedded warehouse {folder} can't be opened: {essence(str(error))}. "
                        "Another program that uses chDB may have it open: close it"
                    ) from error
                time.sleep(1)

    def execute(self, query: str, params: Mapping[str, Any] | None = None, **_: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound parameters and return its rows."""
        with self._named_errors():
            if RETURNS_ROWS.match(query):
                return [tuple(row) for row in self._client.query(query, parameters=bound(params)).result_rows]
            self._client.command(query, parameters=bound(params))
            return []

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write rows in one block."""
        with self._named_errors():
            self._client.raw_insert(
                table, column_names=list(columns), insert_block=tab_separated(columns, rows), fmt="TSV"
            )

    def text(self, query: str, output_format: str, params: Mapping[str, Any] | None = None) -> str:
        """Run one statement and return its result as the engine formats it."""
        with self._named_errors():
            fmt = output_format if RETURNS_ROWS.match(query) and not NAMES_FORMAT.search(query) else None
            result: bytes = self._client.raw_query(query, parameters=bound(params), fmt=fmt)
            return result.decode()

    def disconnect(self) -> None:
        """Let go of the folder; safe to call twice."""
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
            raise failure(error_code(error), str(error)) from error
