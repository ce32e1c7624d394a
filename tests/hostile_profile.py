"""A user of the warehouse whose profile is hostile."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import clickhouse_driver
import pytest
from clickhouse_driver.errors import ServerException

from zakaz.warehouse.pins import assigned

# An endpoint over the embedded engine has no users, and one session for all. It asks for settings by statements of its
# own, which these would change.
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
        fit = {name: value for name, value in settings.items() if name not in OF_THE_ENDPOINT}
        end = f"SET {', '.join(f'{name} = DEFAULT' for name in fit)}"
        admin.execute(f"SET {assigned(fit)}")
        ((found,),) = clickhouse_driver.Client(**who).execute("SELECT count() FROM system.settings WHERE changed")
        assert found, "the tests need a user who may create another: access_management in users.xml"
    else:
        end = "DROP USER hostile"
        admin.execute("GRANT CURRENT GRANTS ON *.* TO hostile")
        user = {"login": "hostile", "password": "hostile"}
        patch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps({**connection, **user}))
    try:
        yield
    finally:
        admin.execute(end)
