"""The hook for the warehouse, whichever engine the connection names.

Every method that reaches ClickHouse raises WarehouseRefused (ClickHouse rejected the statement: permanent) or
WarehouseUnavailable (it can't be reached or is too busy, after all retries: transient). Other modules don't repeat it.
"""

import contextlib
import json
import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import tenacity
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow_clickhouse_plugin.hooks.clickhouse import ClickHouseHook

from zakaz.deadline import Deadline
from zakaz.errors import InvalidInput, WarehouseLocked, WarehouseUnavailable
from zakaz.settings import file_name, settings, state_dir, usable_settings
from zakaz.warehouse.embedded import EmbeddedEngine
from zakaz.warehouse.engine import Engine, Row
from zakaz.warehouse.folder_lock import FolderLock
from zakaz.warehouse.pins import PINS
from zakaz.warehouse.server import ServerEngine

CONNECTION = "clickhouse_default"
EMBEDDED = "embedded_path"
# An INSERT … SELECT is written as one block per month, so that readers never see a half-replaced day.
ONE_BLOCK = {
    "max_insert_threads": 1,
    "max_insert_block_size": 100_000_000,
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    # A file with many years of history has more months than ClickHouse's default limit (100).
    "max_partitions_per_insert_block": 0,
    # Inserts have unique keys and readers use FINAL; deduplicating on insert took half the time of a large build.
    "optimize_on_insert": 0,
}
# A raw reply is a row of about a megabyte; by default ClickHouse would read a few hundred of them with one thread.
ALL_THREADS = {"merge_tree_min_rows_for_concurrent_read": 1, "merge_tree_min_bytes_for_concurrent_read": 1}
# An engine that is open for less than a second never recoups the time spent on compiling expressions.
NO_COMPILING = {"compile_expressions": 0, "compile_aggregate_expressions": 0, "compile_sort_description": 0}
ANSWER_GRACE_SECONDS = 30
ATTEMPTS = 4
# How often a process that keeps the embedded warehouse open checks whether another one wants it.
LOOK_SECONDS = 0.2


class WarehouseHook(ClickHouseHook):  # type: ignore[misc]  # the plugin has no types
    """ClickHouse, embedded or a server, depending only on the connection.

    ===================== =========================================================================
    Field                 Meaning
    ===================== =========================================================================
    host, port            server, native port (9000; 9440 with `secure`)
    login, password       user
    schema                default database
    extra `http_port`     HTTP port (8123; 8443 with `secure`)
    extra `secure`        TLS on both
    extra `embedded_path` folder of the embedded engine (chDB); then nothing else is read
    ===================== =========================================================================

    Values are bound as typed parameters, `{day:Date}`, on both engines. `execute` logs one line per statement, and its
    text at DEBUG.

    :param clickhouse_conn_id: the connection.
    :param origin: the caller (dag, run, task, try), for the log comment of every statement.
    :param within_seconds: for callers in a hurry: a single try, and at most so long for each lock, connection or
        answer. By default an unreachable server is retried (all our statements are idempotent), a locked embedded
        warehouse is waited for, and a statement may run for QUERY_TIMEOUT_SECONDS.
    :param deadline: no call starts after it, and a call that started earlier waits no longer for a lock or connection.
    """

    def __init__(
        self,
        clickhouse_conn_id: str = CONNECTION,
        *,
        origin: Mapping[str, Any] | None = None,
        within_seconds: float | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        super().__init__(clickhouse_conn_id=clickhouse_conn_id)
        self._origin = dict(origin or {})
        # Callers in a hurry are raising alerts; a bad setting must not stop the alert about it.
        limits = usable_settings() if within_seconds else settings()
        longest_wait = limits.warehouse_wait_seconds
        self._lock_seconds = min(within_seconds or longest_wait, longest_wait)
        self._query_seconds = within_seconds or limits.query_timeout_seconds
        # The server times out first and reports it, so that no statement runs on unattended.
        self._answer_seconds = within_seconds or limits.query_timeout_seconds + ANSWER_GRACE_SECONDS
        self._attempts = 1 if within_seconds else ATTEMPTS
        self._deadline = deadline
        self._kept: Engine | None = None

    def get_conn(self) -> Engine:
        """The session's engine, or a new one for a single call.

        :raises WarehouseUnavailable: the deadline has passed.
        """
        left = self._deadline.left() if self._deadline else math.inf
        if not left:
            raise WarehouseUnavailable("ClickHouse was not asked: no time is left")
        if self._kept is not None:
            return _Borrowed(self._kept)
        connection = self._connection()
        own = {"max_execution_time": self._query_seconds, "log_comment": json.dumps(self._origin)}
        engine_settings = {**PINS, **own}
        insert_settings = {**ONE_BLOCK, **ALL_THREADS}
        if folder := self._folder(connection):
            own_settings = {**engine_settings, **insert_settings, **NO_COMPILING}
            return EmbeddedEngine(folder, own_settings, min(self._lock_seconds, left))
        return ServerEngine(connection, engine_settings, insert_settings, min(self._answer_seconds, left))

    @property
    def is_embedded(self) -> bool:
        """Whether the warehouse is a local folder rather than a server.

        :raises InvalidInput: there is no such connection.
        """
        return EMBEDDED in self._connection().extra_dejson

    @cached_property
    def identity(self) -> str:
        """A file name for what this machine keeps for this warehouse alone; empty if its connection can't be read.

        It is the same for every user of a server, and for an embedded warehouse that was moved with AIRFLOW_HOME.
        """
        try:
            connection = self._connection()
            folder = self._folder(connection)
        except Exception as error:  # noqa: BLE001 - Airflow's database or a secrets backend may be away
            self.log.warning(
                "it is not known which warehouse %s is: %s", self._clickhouse_conn_id, type(error).__name__
            )
            return ""
        if folder:
            home = state_dir().parent.resolve()
            return file_name(str(folder.relative_to(home) if folder.is_relative_to(home) else folder))
        port = connection.port or (9440 if connection.extra_dejson.get("secure") else 9000)
        return file_name(f"{connection.host or 'localhost'}:{port}".lower())

    @contextlib.contextmanager
    def session(self) -> Iterator["WarehouseHook"]:
        """Keep one engine open for several calls; other processes can't use an embedded one meanwhile."""
        if self._kept is not None:
            yield self
            return
        self._kept = self.get_conn()
        try:
            yield self
        finally:
            kept, self._kept = self._kept, None
            kept.disconnect()

    @contextlib.contextmanager
    def at_hand(self) -> Iterator[None]:
        """Keep the embedded warehouse open for all hooks of this process, so that each call need not reopen it.

        It is released as soon as another process wants it. If it is locked now, each hook waits on its own.
        """
        folder = self._folder(self._connection())
        held, over = contextlib.ExitStack(), threading.Event()
        if folder:
            with contextlib.suppress(WarehouseUnavailable, InvalidInput):
                held.enter_context(self.session())

        def give_way() -> None:
            while folder and not over.wait(LOOK_SECONDS):
                if FolderLock(folder).is_wanted():
                    held.close()
                    return

        watch = threading.Thread(target=give_way, daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()
            held.close()

    def execute(self, sql: str | Iterable[str], params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Run one or several statements with bound parameters.

        :returns: the rows of the last one, as tuples.
        """
        statements = [sql] if isinstance(sql, str) else list(sql)
        return self._patiently(lambda: self._once(lambda engine: self._run(engine, statements, params, options)))

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Write rows in one block; without rows, ClickHouse is not called.

        :param table: full name, `zakaz.raw_sales`.
        """
        if rows:
            self._patiently(lambda: self._once(lambda engine: engine.insert(table, columns, rows)))

    def insert_json(self, table: str, rows: Sequence[str]) -> None:
        """Write rows, each a JSON object keyed by column; unknown columns are ignored.

        :param table: full name, `meta.etl_runs`.
        """
        self._patiently(lambda: self._once(lambda engine: engine.insert_json(table, rows)))

    def formatted(self, sql: str, output_format: str, params: Mapping[str, Any] | None = None) -> bytes:
        """Run one statement and return its result in one of ClickHouse's formats, such as `TSVWithNames`.

        A text in it may be no UTF-8.
        """
        result: bytes = self._patiently(lambda: self._once(lambda engine: engine.formatted(sql, output_format, params)))
        return result

    def text(self, sql: str, output_format: str, params: Mapping[str, Any] | None = None) -> str:
        """The same, with U+FFFD for what is no UTF-8."""
        return self.formatted(sql, output_format, params).decode(errors="replace")

    def _connection(self) -> Connection:
        try:
            connection: Connection = self.get_connection(self._clickhouse_conn_id)
        except AirflowNotFoundException:
            raise InvalidInput(
                f"there is no connection {self._clickhouse_conn_id}: set "
                f"AIRFLOW_CONN_{self._clickhouse_conn_id.upper()} in .env, or create it in Airflow"
            ) from None
        return connection

    def _folder(self, connection: Connection) -> Path | None:
        """The folder of the embedded warehouse, None for a server."""
        if not (path := connection.extra_dejson.get(EMBEDDED)):
            return None
        if not Path(str(path)).is_absolute():
            raise InvalidInput(
                f"connection {self._clickhouse_conn_id}: embedded_path {path!r} must be an absolute path"
            )
        return Path(path).resolve()

    def _run(self, engine: Engine, statements: Iterable[str], params: Any, options: Mapping[str, Any]) -> Any:
        """Like the plugin's own, which logs each statement in full: hundreds of pages per run."""
        rows: Any = None
        for statement in statements:
            self.log.info("%s", _summary(statement, params))
            self.log.debug("%s", statement)
            rows = engine.execute(statement, params, **options)
        return rows

    def _once(self, call: Any) -> Any:
        with contextlib.ExitStack() as stack:
            engine = self.get_conn()
            stack.callback(engine.disconnect)
            return call(engine)

    def _patiently(self, call: Any) -> Any:
        return tenacity.Retrying(
            # The engine has already waited for a locked folder.
            retry=tenacity.retry_if_exception_type(WarehouseUnavailable)
            & tenacity.retry_if_not_exception_type(WarehouseLocked),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=tenacity.wait_exponential(multiplier=1, max=15),
            reraise=True,
        )(call)


def _summary(sql: str, params: Mapping[str, Any] | None) -> str:
    """A statement's first line (in include/sql, the comment on its purpose) and its parameters."""
    first = next(iter(sql.strip().splitlines()), "").removeprefix("--").strip()
    given = ", ".join(f"{name}={value}" for name, value in (params or {}).items())
    return f"{first} [{given}]" if given else first


class _Borrowed:
    """A session's engine, lent to a caller that disconnects when done."""

    def __init__(self, engine: Engine) -> None:
        self.execute = engine.execute
        self.insert = engine.insert
        self.insert_json = engine.insert_json
        self.formatted = engine.formatted

    def disconnect(self) -> None:
        """Do nothing: the session closes the engine."""
