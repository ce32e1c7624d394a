"""A whole installation in a folder of its own, with real processes: what people run, and what is done to it."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from sandbox import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

BIN = Path(sys.executable).parent
SECRETS = (BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN)
CONN_ID = "faults"


class Installation:
    """Airflow on SQLite, the embedded warehouse, and a sandbox.

    :param home: an empty folder.
    :param metadata: an Airflow database to begin with.
    """

    def __init__(self, home: Path, metadata: Path, sandbox: Sandbox) -> None:
        self.home = home
        self.sandbox = sandbox
        self.folder = home / "warehouse"
        warehouse = json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(self.folder)}})
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = warehouse
        self.warehouse = WarehouseHook(CONN_ID)
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
                "PYTHONPATH": str(PROJECT_DIR / "plugins"),
                "WAREHOUSE_WAIT_SECONDS": "30",
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
                "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
                "AIRFLOW__SCHEDULER__LOCAL_TASK_JOB_HEARTBEAT_SEC": "1",
                "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "8",
                "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "2",
                "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "5",
                "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",  # only the runs that a test asks for
            },
            dotenv=None,
        )
        shutil.copy(metadata, home / "airflow.db")
        assert migrate(self.warehouse) == []

    @contextmanager
    def running(self, program: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program of the project, ended at the latest with the block."""
        start = [str(BIN / "airflow")] if program == "airflow" else [sys.executable, "-m", "zakaz.cli"]
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

    def call(self, program: str, *arguments: str, seconds: float = 90, **environment: str) -> int:
        """Run a program to its end; its exit code."""
        with self.running(program, *arguments, **environment) as process:
            return process.wait(timeout=seconds)

    def task_process(self, process: subprocess.Popen[bytes] | psutil.Process, job: str) -> psutil.Process:
        """The process in which a task works, once it does."""

        def found() -> psutil.Process | None:
            at_work = [one for one in _family(process.pid) if _title(one).startswith("airflow task runner")]
            return next((one for one in at_work if f" {job} " in f"{_title(one)} "), None)

        return self.until(found, 60, f"a process of {job}")

    def until(self, condition: Callable[[], Any], seconds: float, what: str) -> Any:
        """Wait for something to be true, and give it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.3)
        tail = (self.home / "output.log").read_text(errors="replace")[-3000:]
        raise AssertionError(f"{what}: not within {seconds} s\n{tail}")

    def is_asking(self, path: str) -> bool:
        """Whether a call to the sandbox is under way or was made."""
        return any(path in call["path"] for call in self.sandbox.requests()["requests"])

    def ask_airflow(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        """A look into Airflow's own database."""
        with sqlite3.connect(self.home / "airflow.db") as database:
            return database.execute(sql, values).fetchall()

    def in_airflow(self, code: str) -> None:
        """What the UI does: a few lines with Airflow's own models, about `dag`."""
        prelude = (
            "from airflow.models.dagbag import DagBag\ndag = DagBag(read_dags_from_db=False).get_dag('zakaz_etl')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", prelude + code], env=self.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def age_runs(self) -> None:
        """Let the attempts count as ended two minutes ago: what ended just now is left to its own callback."""
        columns = "job, run_id, started_at, status, err_msg, from_date, to_date, host, dag_id, dag_run_id, run_type"
        self.warehouse.execute(
            f"INSERT INTO meta.etl_runs ({columns}, finished_at, try_number, log_url, _ver) SELECT {columns}, "
            "finished_at - INTERVAL 2 MINUTE, try_number, log_url, _ver + 1 FROM meta.etl_runs FINAL "
            "WHERE status = 'error'"
        )

    def runs(self, job: str = "vk_fetch") -> list[tuple[str, str, int]]:
        """Status, cause and try of each attempt of a job, oldest first."""
        return self.warehouse.execute(
            "SELECT status, err_msg, try_number FROM meta.etl_runs FINAL WHERE job = {job:String} "
            "ORDER BY from_date, try_number",
            {"job": job},
        )

    def alerts(self) -> list[tuple[str, str, str]]:
        """Job, code and delivery of each alert."""
        return self.warehouse.execute("SELECT job, code, delivery FROM meta.etl_alerts FINAL ORDER BY ts")

    def heads(self) -> list[str]:
        """The first line of each message."""
        return [message["plain"].splitlines()[0] for message in self.sandbox.messages()]

    def secrets_told(self) -> list[str]:
        """Secrets in a log, a registry or a message."""
        told = "\n".join(
            [
                *(file.read_text(errors="replace") for file in self.home.rglob("*.log")),
                str(self.warehouse.execute("SELECT * FROM meta.etl_runs")),
                str(self.warehouse.execute("SELECT * FROM meta.etl_alerts")),
                str(self.sandbox.messages()),
            ]
        )
        return [secret for secret in SECRETS if secret in told] + re.findall(r"Bearer \w{8,}", told)


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
