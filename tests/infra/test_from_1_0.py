"""Airflow's database of 1.0, brought to this Airflow as docs/FROM_1_0.md says.

`airflow_of_1_0.sql.gz` is what pg_dump says of a database that 1.0 made on Airflow 2.11.2: pools, two users, a kept
token, a backfill of 21 and 22 November, and a scheduler that was stopped amid its runs.
"""

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from postgres_server import PROGRAMS, server
from sandbox import CLIENT_ID, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR

DUMP = Path(__file__).with_name("airflow_of_1_0.sql.gz")
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL server: on Debian apt-get install postgresql"),
]


@pytest.fixture
def database() -> Iterator[str]:
    """The database of 1.0; its address."""
    with server() as address:
        restore = [str(PROGRAMS[0] / "psql"), "-q", "-v", "ON_ERROR_STOP=1", address]
        subprocess.run(restore, input=gzip.decompress(DUMP.read_bytes()), stdout=subprocess.DEVNULL, check=True)
        yield address


def environment(home: Path, database: str, sandbox: Sandbox) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "ZAKAZ_"))}
    connections = {
        "CLICKHOUSE": {"conn_type": "clickhouse", "extra": {"embedded_path": str(home / "warehouse")}},
        "VK_ADS": {"conn_type": "vk-ads", "host": sandbox.url, "login": CLIENT_ID, "password": CLIENT_SECRET},
        "QTICKETS": {"conn_type": "qtickets", "host": sandbox.url, "password": QTICKETS_TOKEN},
    }
    given = {
        **{f"AIRFLOW_CONN_{name}_DEFAULT": json.dumps(value) for name, value in connections.items()},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(b"from 1.0" * 4).decode(),
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql:", "postgresql+psycopg2:"),
        "PYTHONPATH": str(PROJECT_DIR / "plugins"),
        "ZAKAZ_SANDBOX": "0",
        "ZAKAZ_VENV": sys.prefix,
    }
    return project_environment({**inherited, **given}, dotenv=None)


def test_a_database_of_1_0_goes_on(database: str, tmp_path: Path) -> None:
    with Sandbox(seed=1, state_dir=tmp_path / "sandbox") as sandbox:
        given = environment(tmp_path, database, sandbox)

        def call(program: str, *arguments: str) -> None:
            command = [str(PROJECT_DIR / "bin" / program), *arguments]
            ended = subprocess.run(command, env=given, capture_output=True, text=True)
            assert ended.returncode == 0, (ended.stdout + ended.stderr)[-3000:]

        call("airflow", "db", "migrate")
        call("zakaz", "migrate")
        # The first ran on 1.0, the second has no run there.
        call(
            "airflow", "dags", "backfill", "-s", "2026-11-22", "-e", "2026-11-23", "--reset-dagruns", "-y", "zakaz_etl"
        )
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT username FROM ab_user ORDER BY username")
        assert cursor.fetchall() == [("admin",), ("vera",)]
        cursor.execute(
            "SELECT run.state, max(try_number), count(*) FROM dag_run AS run JOIN task_instance AS task "
            "ON task.dag_id = run.dag_id AND task.run_id = run.run_id WHERE run.dag_id = 'zakaz_etl' "
            "AND run.logical_date BETWEEN '2026-11-21T21:00:00Z' AND '2026-11-22T21:00:00Z' "
            "GROUP BY run.id, run.state, run.logical_date ORDER BY run.logical_date"
        )
        # Attempts count on, so none in the run registry is written over.
        assert cursor.fetchall() == [("success", 2, 5), ("success", 1, 5)]
