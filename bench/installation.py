"""Airflow with LocalExecutor on PostgreSQL, the embedded warehouse, and the project's DAGs beside an empty one."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR

BIN = Path(sys.executable).parent
CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"
QTICKETS_TOKEN = "sandbox-qtickets-token"  # noqa: S105
START_SECONDS = 120
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
            "PYTHONPATH": str(PROJECT_DIR / "plugins"),
            **more,
        },
        dotenv=None,
    )


class Installation:
    """One, prepared in a folder of its own.

    :param home: an empty folder.
    :param database: SQLAlchemy address of an empty database.
    :param sandbox_url: the sources.
    :param clickhouse: the URI of a ClickHouse server that is emptied; the embedded engine by default.
    """

    def __init__(self, home: Path, database: str, sandbox_url: str, clickhouse: str = "") -> None:
        self._clickhouse = clickhouse
        self.home = home
        self._database = database.replace("+psycopg2", "")
        self._log = home / "output.log"
        dags = shutil.copytree(PROJECT_DIR / "dags", home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(Path(__file__).with_name("empty_etl.py"), dags)
        self.environment = environment(
            home,
            sandbox_url,
            {
                "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
                "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
                "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
                "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # only the runs that the bench asks for
            },
        )
        self.airflow("db", "migrate")
        self.airflow("pools", "import", str(PROJECT_DIR / "infra" / "airflow" / "pools.json"))
        self.start_anew(sandbox_url)

    def start_anew(self, sandbox_url: str) -> None:
        """Empty the warehouse, and ask another sandbox from now on."""
        self.environment |= connections(self.home, sandbox_url, self._clickhouse)
        shutil.rmtree(self.home / "warehouse", ignore_errors=True)
        if self._clickhouse:
            self._call([sys.executable, "-c", EMPTY_SERVER])
        self._call([sys.executable, "-m", "zakaz.cli", "migrate"])

    def failures(self, run_id: str) -> str:
        """The tasks of a run that are not green, with the end of the output of the programs."""
        tasks = self.ask(
            "SELECT task_id, map_index, state FROM task_instance "
            f"WHERE run_id = '{run_id}' AND coalesce(state, '') != 'success' ORDER BY end_date LIMIT 9"
        )
        return f"{tasks}\n{self._tail()}"

    def airflow(self, *arguments: str) -> float:
        """Run an airflow command; the seconds it took.

        :raises SystemExit: it failed.
        """
        return self._call([str(BIN / "airflow"), *arguments])

    @contextmanager
    def scheduler(self) -> Iterator[None]:
        """A scheduler at work, with every DAG read."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / "airflow"), "scheduler", "--skip-serve-logs"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.until("SELECT 1 FROM job WHERE job_type = 'SchedulerJob' AND state = 'running'", START_SECONDS)
            self.until("SELECT 1 FROM serialized_dag WHERE dag_id = 'zakaz_backfill'", START_SECONDS)
            yield
        finally:
            family = [*psutil.Process(process.pid).children(recursive=True), process]
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            process.wait()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """A look into Airflow's own database."""
        import psycopg2

        connection = psycopg2.connect(self._database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def until(self, sql: str, seconds: float) -> None:
        """Wait for a statement to give a row.

        :raises SystemExit: it gave none.
        """
        deadline = time.monotonic() + seconds
        while not self.ask(sql):
            if time.monotonic() > deadline:
                raise SystemExit(f"bench: not within {seconds} s: {sql}\n{self._tail()}")
            time.sleep(0.5)

    def _call(self, command: list[str]) -> float:
        started = time.perf_counter()
        with self._log.open("ab") as log:
            code = subprocess.call(command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if code:
            raise SystemExit(f"bench: {' '.join(command)} failed\n{self._tail()}")
        return time.perf_counter() - started

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]
