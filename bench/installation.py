"""Airflow as on a laptop: SQLite, no service, the embedded warehouse, the project's DAGs beside an empty one."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"
QTICKETS_TOKEN = "sandbox-qtickets-token"  # noqa: S105
EMPTY_SERVER = """
from zakaz.warehouse.hook import WarehouseHook
WarehouseHook().execute([f"DROP DATABASE IF EXISTS {name} SYNC" for name in ("bi", "meta", "zakaz")])
"""


def connections(home: Path, sandbox_url: str, clickhouse: str = "") -> dict[str, str]:
    """The warehouse and the sources of a sandbox, as variables.

    :param home: where the embedded warehouse is. :param clickhouse: the URI of a server to use instead.
    """
    named: dict[str, dict[str, Any]] = {
        "CLICKHOUSE": {"conn_type": "clickhouse", "extra": {"embedded_path": str(home / "warehouse")}},
        "VK_ADS": {"conn_type": "vk-ads", "host": sandbox_url, "login": CLIENT_ID, "password": CLIENT_SECRET},
        "QTICKETS": {"conn_type": "qtickets", "host": sandbox_url, "password": QTICKETS_TOKEN},
    }
    found = {f"AIRFLOW_CONN_{name}_DEFAULT": json.dumps(value) for name, value in named.items()}
    return found | ({"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": clickhouse} if clickhouse else {})


def environment(home: Path, sandbox_url: str, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that works on the warehouse in `home` and asks a sandbox.

    :param more: what it needs besides.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "ZAKAZ_"))}
    return project_environment(
        {
            **inherited,
            **connections(home, sandbox_url),
            "AIRFLOW_HOME": str(home),
            "ZAKAZ_SANDBOX": "0",
            "ZAKAZ_VENV": sys.prefix,
            "PYTHONPATH": str(PROJECT_DIR / "plugins"),
            **more,
        },
        dotenv=None,
    )


@dataclass(frozen=True)
class Done:
    """A command that ended well.

    :param began: the time, in seconds since 1970. :param seconds: how long it took. :param output: what it printed.
    """

    began: float
    seconds: float
    output: str


class Installation:
    """One, prepared in a folder of its own.

    :param home: an empty folder.
    :param sandbox_url: the sources.
    :param clickhouse: the URI of a ClickHouse server that is emptied; the embedded engine by default.
    """

    def __init__(self, home: Path, sandbox_url: str, clickhouse: str = "") -> None:
        self._clickhouse = clickhouse
        self.home = home
        dags = shutil.copytree(PROJECT_DIR / "dags", home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(Path(__file__).with_name("empty_etl.py"), dags)
        self.environment = environment(home, sandbox_url, {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)})
        self.start_anew(sandbox_url)

    def start_anew(self, sandbox_url: str) -> None:
        """Empty the warehouse, and ask another sandbox from now on."""
        self.environment |= connections(self.home, sandbox_url, self._clickhouse)
        shutil.rmtree(self.home / "warehouse", ignore_errors=True)
        if self._clickhouse:
            self.run(sys.executable, "-c", EMPTY_SERVER)
        self.zakaz("migrate")

    def airflow(self, *arguments: str) -> Done:
        """Run a command of bin/airflow.

        :raises SystemExit: it failed.
        """
        return self.run(str(PROJECT_DIR / "bin" / "airflow"), *arguments)

    def zakaz(self, *arguments: str) -> Done:
        """Run a command of bin/zakaz.

        :raises SystemExit: it failed.
        """
        return self.run(str(PROJECT_DIR / "bin" / "zakaz"), *arguments)

    def run(self, *command: str) -> Done:
        """Run a program.

        :raises SystemExit: it failed.
        """
        began, started = time.time(), time.perf_counter()
        ended = subprocess.run(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise SystemExit(f"bench: {' '.join(command)} failed\n{ended.stdout[-3000:]}")
        return Done(began, time.perf_counter() - started, ended.stdout)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """A look into Airflow's own database."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as connection:
            return connection.execute(sql).fetchall()
