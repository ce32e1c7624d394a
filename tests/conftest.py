"""A temporary Airflow home, one warehouse, one sandbox: made once, emptied before each test.

The warehouse is the embedded engine, or the server that CLICKHOUSE_TEST_URL names
(clickhouse://user:password@host:9000/?http_port=8123); of several, each worker of pytest has one for itself.
"""

import json
import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR, Settings, settings

# Nothing of the user's may reach the tests: they empty tables and delete runs.
OURS = ("AIRFLOW_", "ZAKAZ_", *map(str.upper, Settings.model_fields))
for name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[name]

HOME = Path(tempfile.mkdtemp(prefix="zakaz-tests-"))
os.environ.update(
    project_environment(
        {
            **os.environ,
            "AIRFLOW_HOME": str(HOME),
            "ZAKAZ_SANDBOX": "0",
            "HTTP_PAUSE_SECONDS": "0.01",
            "WAREHOUSE_WAIT_SECONDS": "20",
            "DISK_FREE_PERCENT": "0",  # whatever this machine has
        },
        dotenv=None,
    )
)

# Airflow would log it for each process of the tests, before pytest's own filters are there.
warnings.filterwarnings("ignore", module=r"airflow_clickhouse_plugin\.")

from airflow.models import Connection, Variable
from airflow.sdk._shared.secrets_masker import reset_secrets_masker
from airflow.utils.session import create_session

import zakaz.secrets
from sandbox import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

# A test is no task, whose supervisor would ask the server for a variable: it takes them from Airflow's database.
zakaz.secrets.Variable = Variable


# A fixture is made once for all examples of a test. --hypothesis-profile=thorough tries 10,000 of each property.
hypothesis_settings.register_profile(
    "quick", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
hypothesis_settings.register_profile("thorough", hypothesis_settings.get_profile("quick"), max_examples=10_000)
hypothesis_settings.load_profile("quick")

# Files whose tests start processes or load whole days, the longest first: begun last, each would keep one worker busy
# while the others have nothing left to do.
LONGEST = (
    "faults/test_backfill_command.py",
    "infra/test_services.py",
    "faults/test_locked_warehouse.py",
    "faults/test_killed_processes.py",
    "status_page/",
    "faults/",
    "infra/test_from_1_0.py",
    "end_to_end/",
    "orchestration/",
    "docs/test_commands_run.py",
    "infra/test_airflow_dump.py",
    "infra/test_backup.py",
    "infra/test_clickhouse_rights.py",
    "cli/test_first_run.py",
    "cli/test_alert_commands.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; with --no-loadscope-reorder the workers take the files in this order.

    What takes longest is marked as slow, and so is whatever asks a warehouse: opening it and its schema take seconds.
    """

    def rank(item: pytest.Item) -> int:
        return next((number for number, name in enumerate(LONGEST) if f"tests/{name}" in str(item.path)), len(LONGEST))

    items.sort(key=rank)
    for item in items:
        if rank(item) < len(LONGEST) or "warehouse" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")


def pytest_sessionfinish() -> None:
    kept_open.close()
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the faults of tests/faults did, in one line."""
    tried = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    judged = [properties for properties in tried if "rows lost" in properties]
    if judged:
        sums = {name: sum(int(str(one[name])) for one in judged) for name in judged[0]}
        told = ", ".join(f"{name}: {number}" for name, number in sums.items())
        terminalreporter.write_sep("=", f"faults tried: {len(judged)}, {told}")


def warehouse_connection() -> str:
    """The connection of the warehouse under test, as Airflow reads it from the environment."""
    urls = os.environ.get("CLICKHOUSE_TEST_URL", "").split()
    if not urls:
        return json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(HOME / "warehouse")}})
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return Connection(uri=urls[worker]).as_json()


os.environ["AIRFLOW_CONN_CLICKHOUSE_DEFAULT"] = warehouse_connection()


@pytest.fixture(autouse=True)
def forgotten_secrets() -> None:
    """Each test has connections of its own, and masks no word that was a password of an earlier one."""
    reset_secrets_masker()


@pytest.fixture(scope="session")
def migrated() -> WarehouseHook:
    """The warehouse with its schema; a server that was asked for and is absent fails the run."""
    warehouse = WarehouseHook()
    assert migrate(warehouse) == []
    return warehouse


# The session that is open from one test with a warehouse to the next. Outside of one each statement opens a client,
# which asks for all settings, and in chDB 4.4 each opening of the engine costs threads and file handles for good.
kept_open = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close it for a test that asks for no warehouse: that one may start processes which open it, or open another."""
    if "warehouse" not in getattr(item, "fixturenames", ()):
        kept_open.close()


@pytest.fixture
def warehouse(migrated: WarehouseHook) -> WarehouseHook:
    """The warehouse, open, and empty but for its schema and the city aliases."""
    if migrated.is_embedded:  # a server is asked by a connection for each statement, as by all the processes of a day
        kept_open.enter_context(migrated.session())
    tables = migrated.execute(
        "SELECT database, name FROM system.tables "
        "WHERE database IN ('zakaz', 'meta') AND engine LIKE '%MergeTree' AND name != 'dim_city_alias' "
        "AND total_rows > 0"
    )
    for database, table in tables:
        migrated.execute(f"TRUNCATE TABLE {database}.{table}")
    for folder in ("spool", "alerts", "running"):
        shutil.rmtree(HOME / "zakaz" / folder, ignore_errors=True)
    return migrated


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    # A third of the usual sales: half a year of orders is read for the refunds of a day.
    with Sandbox(seed=1, state_dir=tmp_path_factory.mktemp("sandbox"), events_a_day=4) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox as new, with the connections of the sources and of Telegram leading to it."""
    running_sandbox.reset()
    vk = {"conn_type": "vk-ads", "host": running_sandbox.url, "login": CLIENT_ID, "password": CLIENT_SECRET}
    qtickets = {"conn_type": "qtickets", "host": running_sandbox.url, "password": QTICKETS_TOKEN}
    telegram = {
        "conn_type": "telegram",
        "host": "-1001",
        "password": BOT_TOKEN,
        "extra": {"base_url": f"{running_sandbox.url}/bot"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(vk))
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFAULT", json.dumps(qtickets))
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM_DEFAULT", json.dumps(telegram))
    return running_sandbox


@pytest.fixture(scope="session")
def metadata() -> None:
    """Airflow's metadata database, in SQLite under the temporary home, with the project's pools."""
    from airflow.models import Pool
    from airflow.utils.db import upgradedb

    upgradedb()
    for name, pool in json.loads((PROJECT_DIR / "infra" / "airflow" / "pools.json").read_text()).items():
        Pool.create_or_update_pool(name, **pool)


@pytest.fixture
def no_token_kept(metadata: None) -> Iterator[None]:
    """No VK token from an earlier test, and none left for a later one."""

    def forget() -> None:
        with create_session() as session:
            session.query(Variable).filter(Variable.key.startswith("zakaz_token_")).delete()

    forget()
    yield
    forget()


@pytest.fixture
def set_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Gives settings other values until the end of the test."""

    def put(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        settings.cache_clear()

    yield put
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def wrong_setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What is said of a setting that was mistyped."""
    monkeypatch.setenv("LOOKBACK_DAYS", "7d")
    settings.cache_clear()
    yield "LOOKBACK_DAYS='7d' is not allowed: it must be a whole number above 0, at most 366 (default 7)"
    settings.cache_clear()


@pytest.fixture
def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
