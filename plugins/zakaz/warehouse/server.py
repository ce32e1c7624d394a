"""A ClickHouse server: statements over the native protocol, bulk rows over HTTP."""

import contextlib
import math
import socket
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import clickhouse_driver
from airflow_clickhouse_plugin.hooks.clickhouse import conn_to_kwargs

from zakaz.addresses import environment_proxy
from zakaz.deadline import call_within
from zakaz.errors import InvalidInput, WarehouseUnavailable, ZakazError
from zakaz.texts import utf8
from zakaz.warehouse.engine import (
    FIXED_SETTING,
    JSON_SETTINGS,
    LENIENT,
    RETURNS_ROWS,
    Row,
    bound,
    error_code,
    failure,
    tab_separated,
    unread_failure,
)

if TYPE_CHECKING:
    from airflow.sdk import Connection

CONNECT_SECONDS = 10
HTTP_EXTRAS = ("verify", "ca_cert")
SETTINGS = "SELECT name, value FROM system.settings"
ALL_ROWS = {"limit": 0, "offset": 0}


class ServerEngine:
    """A ClickHouse server behind an Airflow connection; each protocol connects on first use.

    :param connection: host, port (native), login, password, schema; extra `http_port`, `secure`, and any option of
        clickhouse-driver.
    :param settings: ClickHouse settings for every statement.
    :param insert_settings: additional ones for statements that write; they would slow down the others.
    :param timeout_seconds: how long an answer may take; longer than ClickHouse's own `max_execution_time`, so that the
        server times out first and reports it.
    """

    def __init__(
        self,
        connection: "Connection",
        settings: Mapping[str, Any],
        insert_settings: Mapping[str, Any],
        timeout_seconds: float,
    ) -> None:
        self._connection = connection
        self._settings = dict(settings)
        self._insert_settings = dict(insert_settings)
        self._timeout = timeout_seconds
        self._address = f"{connection.host or 'localhost'}"

    @cached_property
    def _native(self) -> clickhouse_driver.Client:
        self._look_up()
        arguments = conn_to_kwargs(self._connection, None)
        for ours in ("http_port", *HTTP_EXTRAS):
            arguments.pop(ours, None)
        client = clickhouse_driver.Client(
            **arguments,
            connect_timeout=min(CONNECT_SECONDS, self._timeout),
            send_receive_timeout=self._timeout,
            settings={"server_side_params": True, "strings_encoding": LENIENT},
        )
        client.settings.update(self._unlike(client.execute(SETTINGS, settings=ALL_ROWS)))
        return client

    @cached_property
    def _http(self) -> Any:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import ProgrammingError

        self._look_up()
        extra = self._connection.extra_dejson
        secure = bool(extra.get("secure", False))
        port = str(extra.get("http_port") or (8443 if secure else 8123))
        if not port.isdigit():
            raise InvalidInput(f"connection {self._connection.conn_id}: http_port {port!r} must be a number")
        host = f"[{self._address}]" if ":" in self._address else self._address
        environment_proxy(f"http{'s' if secure else ''}://{host}:{port}", is_requests=False)
        client = clickhouse_connect.get_client(
            host=self._address,
            port=int(port),
            username=self._connection.login or "default",
            password=self._connection.password or "",
            database=self._connection.schema or "default",
            secure=secure,
            # The client truncates to whole seconds and rejects 0.
            connect_timeout=min(CONNECT_SECONDS, math.ceil(self._timeout)),
            send_receive_timeout=math.ceil(self._timeout),
            query_retries=0,
            tz_mode="aware",
            **{name: extra[name] for name in HTTP_EXTRAS if name in extra},
        )
        # Over HTTP, a server refuses a setting of a later release; over the native protocol, it ignores it.
        found = client.query(SETTINGS, settings=ALL_ROWS).result_rows
        known = {name for name, _ in found}
        try:
            for name, value in self._unlike(found).items():
                if name in known:
                    client.set_client_setting(name, value)
        except ProgrammingError as error:
            client.close()
            raise failure(FIXED_SETTING, str(error)) from error
        return client

    def execute(self, query: str, params: Mapping[str, Any] | None = None, **options: Any) -> list[tuple[Any, ...]]:
        """Run one statement with bound parameters and return its rows."""
        with self._named_errors():
            further = {} if RETURNS_ROWS.match(query) else self._insert_settings
            result = self._native.execute(query, bound(params), settings=further, **options)
            return result if isinstance(result, list) else []

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Write rows in one block."""
        with self._named_errors():
            block = b"".join(tab_separated(columns, rows))  # all rows or none
            self._http.raw_insert(
                table, column_names=list(columns), insert_block=block, fmt="TSV", settings=self._insert_settings
            )

    def insert_json(self, table: str, rows: Iterable[str]) -> None:
        """Write rows, each a JSON object, in one block."""
        with self._named_errors():
            settings = {**self._insert_settings, **JSON_SETTINGS}
            self._http.raw_insert(table, insert_block=utf8("\n".join(rows)), fmt="JSONEachRow", settings=settings)

    def formatted(self, query: str, output_format: str, params: Mapping[str, Any] | None = None) -> bytes:
        """Run one statement and return its result as the engine formats it."""
        with self._named_errors():
            result: bytes = self._http.raw_query(
                query, parameters=bound(params), settings={"default_format": output_format}
            )
            return result

    def disconnect(self) -> None:
        """Close both connections; safe to call twice."""
        if native := self.__dict__.pop("_native", None):
            native.disconnect()
        if http := self.__dict__.pop("_http", None):
            http.close()

    def _unlike(self, found: Iterable[Any]) -> dict[str, Any]:
        """The settings that this user's statements would not have by themselves; what was not found is among them."""
        own = dict(found)
        return {name: value for name, value in self._settings.items() if own.get(name) != str(value)} | ALL_ROWS

    def _look_up(self) -> None:
        """Resolve the host first, since connection timeouts don't cover DNS."""
        call_within(min(CONNECT_SECONDS, self._timeout), socket.getaddrinfo, self._address, None)

    @contextlib.contextmanager
    def _named_errors(self) -> Any:
        from clickhouse_connect.driver import exceptions as http_errors
        from clickhouse_driver import errors as native_errors

        try:
            yield
        except ZakazError:
            raise
        except native_errors.ServerException as error:
            raise failure(error.code, error.message) from error
        except UnicodeDecodeError as error:
            raise unread_failure(error) from error
        except (native_errors.Error, http_errors.Error, OSError, EOFError) as error:
            if code := error_code(error) if isinstance(error, http_errors.Error) else 0:
                raise failure(code, str(error)) from error
            raise WarehouseUnavailable(
                f"ClickHouse at {self._address} can't be reached: {' '.join(str(error).split())}. Check that it runs "
                f"and that host and ports of the connection {self._connection.conn_id} are right"
            ) from error
