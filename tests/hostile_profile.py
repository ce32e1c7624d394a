"""A user of the warehouse whose profile is hostile."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import clickhouse_connect
import clickhouse_driver
import pytest
from clickhouse_driver.errors import ServerException

from zakaz.warehouse.pins import assigned

# An endpoint over the embedded engine asks for settings by statements of its own, which these would change.
OF_THE_ENDPOINT = ("allow_experimental_parallel_reading_from_replicas", "extremes", "use_query_cache")


@contextmanager
def profile(settings: Mapping[str, Any]) -> Iterator[None]:
    """Let the connection's user have these settings, before those that a statement brings."""
    with pytest.MonkeyPatch.context() as patch:
        if "CLICKHOUSE_TEST_URL" in os.environ:
            with _user(patch, settings):
                yield
        else:
            _open_with(patch, f"SET {assigned(settings)}")
            yield


def _open_with(patch: pytest.MonkeyPatch, statement: str) -> None:
    """A session of the embedded engine begins with what a profile would say."""
    import chdb

    opened = chdb.connect

    def connect(*args: Any, **options: Any) -> Any:
        connection = opened(*args, **options)
        connection.query(statement, "TSV")
        return connection

    patch.setattr(chdb, "connect", connect)


@contextmanager
def _user(patch: pytest.MonkeyPatch, settings: Mapping[str, Any]) -> Iterator[None]:
    connection = json.loads(os.environ["AIRFLOW_CONN_CLICKHOUSE_DEFAULT"])
    password = connection.get("password") or ""
    who = {"host": connection["host"], "port": connection["port"], "user": connection["login"], "password": password}
    admin = clickhouse_driver.Client(**who)
    try:
        admin.execute(f"CREATE USER OR REPLACE hostile IDENTIFIED BY 'hostile' SETTINGS {assigned(settings)}")
    except ServerException:
        _send_with_each(patch, {name: value for name, value in settings.items() if name not in OF_THE_ENDPOINT})
        yield
        return
    admin.execute("GRANT CURRENT GRANTS ON *.* TO hostile")
    user = {"login": "hostile", "password": "hostile"}
    patch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps({**connection, **user}))
    try:
        yield
    finally:
        admin.execute("DROP USER hostile")


def _send_with_each(patch: pytest.MonkeyPatch, settings: Mapping[str, Any]) -> None:
    """An endpoint has no users: let both clients send the settings, below those that they are given."""

    class Client(clickhouse_driver.Client):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "settings": {**settings, **options.get("settings", {})}})

    patch.setattr(clickhouse_driver, "Client", Client)
    patch.setattr(clickhouse_connect, "get_client", partial(clickhouse_connect.get_client, settings=dict(settings)))
