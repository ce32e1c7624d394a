"""A whole installation in a folder of its own, with real processes: what people run, and what is done to it."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil
import requests

from faults.console import Console
from faults.place import Place
from held_warehouse import held
from sandbox import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.cli.airflow import HEALTH
from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

BIN = Path(sys.executable).parent
ALIVE = "SELECT 1 FROM job WHERE job_type = 'SchedulerJob' AND state = 'running'"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


# Signs of life are looked for more often than by default; and a server of its own, at a free port.
AIRFLOW = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "60",  # it waits for SQLite, as its tasks and its server do
    # A busy machine leaves a live task without one for ten seconds.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
    "AIRFLOW__API__PORT": str(free_port()),
}


class Installation(Place):
    """Airflow on SQLite, the embedded warehouse, and a sandbox.

    :param home: an empty folder.
    :param metadata: an Airflow database to begin with.
    """

    def __init__(self, home: Path, metadata: Path, sandbox: Sandbox) -> None:
        self.folder = home / "warehouse"
        warehouse = json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(self.folder)}})
        # Of its own, since there may be two.
        connection = f"faults_{home.name}"
        os.environ[f"AIRFLOW_CONN_{connection.upper()}"] = warehouse
        super().__init__(home, WarehouseHook(connection), sandbox)
        url = sandbox.url
        connections = {
            "VK_ADS": {"conn_type": "vk-ads", "host": url, "login": CLIENT_ID, "password": CLIENT_SECRET},
            "QTICKETS": {"conn_type": "qtickets", "host": url, "password": QTICKETS_TOKEN},
            "TELEGRAM": {
                "conn_type": "telegram",
                "host": "-1001",
                "password": BOT_TOKEN,
                "extra": {"base_url": f"{url}/bot"},
            },
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "ZAKAZ_"))}
        self.environment = project_environment(
            {
                **inherited,
                **{f"AIRFLOW_CONN_{name}_DEFAULT": json.dumps(value) for name, value in connections.items()},
                "AIRFLOW_CONN_CLICKHOUSE_DEFAULT": warehouse,
                "AIRFLOW_HOME": str(home),
                "ZAKAZ_SANDBOX": "0",
                "ZAKAZ_VENV": sys.prefix,
                "PYTHONPATH": os.pathsep.join(str(PROJECT_DIR / folder) for folder in ("plugins", "tests")),
                "WAREHOUSE_WAIT_SECONDS": "30",
                "HTTP_PAUSE_SECONDS": "0.1",
                "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
                **AIRFLOW,
                "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # only the runs that a test asks for
            },
            dotenv=None,
        )
        # By SQLite itself: what was written last may stand in a file beside the database.
        with sqlite3.connect(metadata) as source, sqlite3.connect(home / "airflow.db") as copy:
            source.backup(copy)
        assert migrate(self.warehouse) == []
        self.console = Console(self.environment, home / "output.log")

    def renew(self) -> None:
        """Empty the registries, forget the faults and messages, and let what Airflow has not done well be long ago."""
        self.sandbox.reset()
        with self.warehouse.session():
            for table in ("meta.etl_runs", "meta.etl_alerts", "meta.quality_results"):
                self.warehouse.execute(f"TRUNCATE TABLE {table}")
        for folder in ("alerts", "running", "spool"):
            shutil.rmtree(self.home / "zakaz" / folder, ignore_errors=True)
        self.console.run(
            "from datetime import UTC, datetime, timedelta\n"
            "from airflow.models import DagRun, TaskInstance\n"
            "from airflow.utils.session import create_session\n"
            "with create_session() as session:\n"
            "    begun = TaskInstance.state.not_in(('success', 'skipped'))\n"
            "    ended = {'state': 'failed', 'end_date': datetime.now(UTC) - timedelta(days=3)}\n"
            "    session.query(TaskInstance).filter(begun).update(ended)\n"
            "    session.query(DagRun).filter(DagRun.state != 'success').update({'state': 'failed'})"
        )
        self.since = datetime.now(UTC)

    def forget_airflow_runs(self) -> None:
        """Leave no run and no scheduler of an earlier test in Airflow's database."""
        self.ask_airflow("UPDATE job SET state = 'failed' WHERE job_type = 'SchedulerJob'")
        for table in (
            "backfill_dag_run",
            "dag_run_note",
            "task_instance_history",
            "task_instance",
            "dag_run",
            "backfill",
        ):
            self.ask_airflow(f"DELETE FROM {table}")

    @contextmanager
    def running(self, program: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program of the project, ended at the latest with the block."""
        start = {
            "airflow": [str(BIN / "airflow")],
            "bin/airflow": [str(PROJECT_DIR / "bin" / "airflow")],
            "zakaz": [sys.executable, "-m", "zakaz.cli"],
        }[program]
        with (self.home / "output.log").open("ab") as log:
            process = subprocess.Popen(
                [*start, *arguments],
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            for child in [*_family(process.pid), process]:
                child.kill()
            process.wait()

    @contextmanager
    def scheduling(self) -> Iterator[psutil.Process]:
        """A scheduler, and what it needs beside it: the server that its tasks ask, and the DAG processor."""
        with self.running("airflow", "api-server") as server:
            self.until(lambda: server.poll() is None and self.is_served(), 90, "Airflow's server")
            with (
                self.running("airflow", "dag-processor"),
                self.running("airflow", "scheduler", "--skip-serve-logs") as process,
            ):
                self.until(lambda: self.ask_airflow(ALIVE), 60, "the scheduler")
                yield psutil.Process(process.pid)

    def call(self, program: str, *arguments: str, seconds: float = 90, **environment: str) -> int:
        """Run a program to its end; its exit code."""
        with self.running(program, *arguments, **environment) as process:
            return process.wait(timeout=seconds)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Another process has the warehouse, as soon as it is free and until the end of the block."""
        with held(self.folder):
            yield

    def task_process(self, process: subprocess.Popen[bytes] | psutil.Process, job: str) -> psutil.Process:
        """The process in which a task works, once it does."""

        def found() -> psutil.Process | None:
            return next((one for one in _family(process.pid) if self._is_at(job, _title(one))), None)

        return self.until(found, 60, f"a process of {job}")

    def _is_at(self, job: str, title: str) -> bool:
        """Whether a process of this title is that of the task: Airflow names it by its id alone."""
        ours = self.ask_airflow("SELECT id FROM task_instance WHERE task_id = ? AND state = 'running'", job)
        return any(title.strip() == f"airflow worker -- {UUID(str(task_id))}" for (task_id,) in ours)

    def until_known(self, dag_id: str) -> None:
        """Wait for a DAG to be in Airflow's database."""
        known = "SELECT 1 FROM dag JOIN serialized_dag USING (dag_id) WHERE dag_id = ? AND NOT is_stale"
        self.until(lambda: self.ask_airflow(known, dag_id), 60, f"{dag_id} in Airflow's database")

    def is_served(self) -> bool:
        """Whether Airflow's server answers."""
        with suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{AIRFLOW['AIRFLOW__API__PORT']}{HEALTH}", timeout=3).ok
        return False

    def is_asking(self, path: str) -> bool:
        """Whether a call to the sandbox is under way or was made."""
        return any(path in call["path"] for call in self.sandbox.requests()["requests"])

    def watchdog(self) -> object:
        """`bin/zakaz watchdog`; its exit code."""
        return self.console.run(
            "import sys\nfrom zakaz.cli.__main__ import main\nsys.argv = ['zakaz', 'watchdog']\nanswer = main()"
        )

    def age_runs(self) -> None:
        """Let the attempts count as ended two minutes ago: what ended just now is left to its own callback."""
        columns = "job, run_id, started_at, status, err_msg, from_date, to_date, host, dag_id, dag_run_id, run_type"
        self.warehouse.execute(
            f"INSERT INTO meta.etl_runs ({columns}, finished_at, try_number, log_url, _ver) SELECT {columns}, "
            "finished_at - INTERVAL 2 MINUTE, try_number, log_url, _ver + 1 FROM meta.etl_runs FINAL "
            "WHERE status = 'error'"
        )


def _family(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
