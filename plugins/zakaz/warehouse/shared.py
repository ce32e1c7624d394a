"""The embedded warehouse by way of the process that has it open for all others (zakaz.warehouse.sharing)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

from zakaz.errors import WarehouseUnavailable
from zakaz.warehouse.engine import Engine, Row


def socket_of(folder: Path) -> Path:
    """Where the process that shares a warehouse folder listens, if there is one; only its own user may connect."""
    return folder.with_name(folder.name + ".socket")


class SharedEngine:
    """An engine in the process that shares the folder; it lives as long as the connection.

    :param folder: the warehouse folder.
    :param settings: ClickHouse settings for every statement.
    :param timeout_seconds: how long an answer may take.
    :param reopen: the way into the folder for the calls after that process has ended.
    :raises OSError: nobody shares the folder. :raises EOFError: its process ended this moment.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], timeout_seconds: float, reopen: Callable[[], Engine]
    ) -> None:
        self._folder = folder
        self._timeout = timeout_seconds
        self._reopen = reopen
        self._instead: Engine | None = None
        self._connection = Client(str(socket_of(folder)), "AF_UNIX")
        self._connection.send(dict(settings))

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

    def _call(self, method: str, *arguments: Any, **options: Any) -> Any:
        if self._connection.closed:
            self._instead = self._instead or self._reopen()
            return getattr(self._instead, method)(*arguments, **options)
        try:
            result, error = self._answer((method, arguments, options))
        except BaseException as gone:
            # Also at a task's time-out: the answer that is still to come would be taken for that of the next call.
            self._connection.close()
            if not isinstance(gone, OSError | EOFError):
                raise
            raise WarehouseUnavailable(
                f"the process that shares the embedded warehouse {self._folder} {gone or 'has ended'}"
            ) from gone
        if error is not None:
            raise error
        return result

    def _answer(self, call: tuple[str, tuple[Any, ...], dict[str, Any]]) -> tuple[Any, Exception | None]:
        self._connection.send(call)
        if not self._connection.poll(self._timeout):
            raise TimeoutError(f"gave no answer within {self._timeout:g} s")
        answer: tuple[Any, Exception | None] = self._connection.recv()
        return answer
