"""The embedded warehouse by way of the process that has it open for all others (zakaz.warehouse.sharing)."""

import math
import os
import socket
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from zakaz.errors import WarehouseUnavailable
from zakaz.warehouse.engine import Engine, Row
from zakaz.warehouse.folder_lock import FolderLock

OPEN_SECONDS = 30


def socket_of(folder: Path) -> Path:
    """Where the process that shares a warehouse folder listens, if there is one; only its own user may connect."""
    return folder.with_name(folder.name + ".socket")


class SharedEngine:
    """An engine in the process that shares the folder; it lives as long as the connection.

    :param folder: the warehouse folder.
    :param settings: ClickHouse settings for every statement.
    :param timeout_seconds: how long an answer may take.
    :param reopen: the way into the folder for the calls after that process has ended.
    :raises OSError: no process of this user shares the folder. :raises EOFError: it ended this moment.
    :raises WarehouseUnavailable: it doesn't answer.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], timeout_seconds: float, reopen: Callable[[], Engine]
    ) -> None:
        self._folder = folder
        self._timeout = timeout_seconds
        self._reopen = reopen
        self._instead: Engine | None = None
        try:
            self._connection = _connection(socket_of(folder), timeout_seconds)
            error = self._greet(settings)
        except (TimeoutError, BlockingIOError) as late:
            raise self._no_answer() from late
        if error is not None:
            raise error

    def execute(self, query: str, params: Mapping[str, Any] | None = None, **options: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound parameters and return its rows."""
        rows: list[tuple[Any, ...]] = self._call("execute", query, params, **options)
        return rows

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write rows in one block."""
        self._call("insert", table, columns, list(rows))

    def text(self, query: str, output_format: str, params: Mapping[str, Any] | None = None) -> str:
        """Run one statement and return its result as the engine formats it."""
        result: str = self._call("text", query, output_format, params)
        return result

    def disconnect(self) -> None:
        """Let go of the engine; safe to call twice."""
        self._connection.close()
        if self._instead is not None:
            self._instead.disconnect()

    def _greet(self, settings: Mapping[str, Any]) -> Exception | None:
        try:
            return self._answer(dict(settings), min(self._timeout, OPEN_SECONDS))[1]
        except BaseException:
            self._connection.close()  # or that process would wait for what else is asked here
            raise

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        if self._connection.closed:
            self._instead = self._instead or self._reopen()
            return getattr(self._instead, method)(*arguments, **options)
        try:
            result, error = self._answer((method, arguments, options), self._timeout)
        except BaseException as gone:
            # Also at a task's time-out: the answer that is still to come would be taken for that of the next call.
            self._connection.close()
            if isinstance(gone, TimeoutError | BlockingIOError):
                raise self._no_answer() from gone
            if isinstance(gone, OSError | EOFError):
                raise WarehouseUnavailable(
                    f"the process that shared the embedded warehouse {self._folder} has ended"
                ) from gone
            raise
        if error is not None:
            raise error
        return result

    def _answer(self, said: Any, within_seconds: float) -> tuple[Any, Exception | None]:
        self._connection.send(said)
        if not self._connection.poll(within_seconds):
            raise TimeoutError
        answer: tuple[Any, Exception | None] = self._connection.recv()
        return answer

    def _no_answer(self) -> WarehouseUnavailable:
        return WarehouseUnavailable(
            f"the embedded warehouse {self._folder} is shared by {FolderLock(self._folder).holder()}, which gave no "
            f"answer within {self._timeout:g} s"
        )


def _connection(address: Path, timeout_seconds: float) -> "Connection[Any, Any]":
    # What comes from there is unpickled, so it must be ours.
    if address.stat().st_uid != os.geteuid():
        raise PermissionError(f"{address} is another user's")
    link = socket.socket(socket.AF_UNIX)
    try:
        link.settimeout(timeout_seconds)
        link.connect(str(address))
        link.settimeout(None)
        # Kept by the descriptor: a process that is stopped takes no large message and sends no rest of one.
        limit = struct.pack("ll", math.ceil(timeout_seconds), 0)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        return Connection(link.detach())
    finally:
        link.close()
