"""A web server of Airflow, on a home and a warehouse of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from held_warehouse import held
from status_page.made_history import fill
from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

START_SECONDS = 120
USERS = ("admin", "viewer")


class Served:
    """The running server.

    :param home: an empty folder.
    :param filling: what puts the first rows into the warehouse.
    :param more: further environment variables.
    """

    def __init__(
        self, home: Path, filling: Callable[[WarehouseHook], None] = fill, more: Mapping[str, str] | None = None
    ) -> None:
        self.home, self.folder = home, home / "warehouse"
        self._sessions: dict[str, requests.Session] = {}
        self.warehouse = self._fill(filling)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = self._environment({"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": self.warehouse, **(more or {})})
        self.call("-m", "airflow", "db", "migrate")
        passwords = home / "simple_auth_manager_passwords.json.generated"
        passwords.write_text(json.dumps({name: name for name in USERS}))
        self.call("-m", "airflow", "dags", "reserialize")

    def _fill(self, filling: Callable[[WarehouseHook], None]) -> str:
        """Make the warehouse, and let go of it; its connection."""
        connection = json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(self.folder)}})
        os.environ["AIRFLOW_CONN_STATUS_PAGE"] = connection
        hook = WarehouseHook("status_page")
        with hook.session():
            assert migrate(hook) == []
            filling(hook)
        return connection

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "ZAKAZ_"))}
        return project_environment(
            {
                **inherited,
                "AIRFLOW_HOME": str(self.home),
                "ZAKAZ_SANDBOX": "0",
                "BACKUP_KEEP": "14",
                "PYTHONPATH": str(PROJECT_DIR / "plugins"),
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{name}" for name in USERS),
                "AIRFLOW__API__WORKERS": "1",
                "AIRFLOW__API__SECRET_KEY": "tests",
                "AIRFLOW__API__PORT": str(self.port),
                "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
                **more,
            },
            dotenv=None,
        )

    def call(self, *arguments: str) -> None:
        """Run Python in the installation."""
        with (self.home / "output.log").open("ab") as log:
            command = [sys.executable, "-W", "ignore", *arguments]
            code = subprocess.call(command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        assert code == 0, self.output()

    def output(self) -> str:
        """The end of what the programs printed."""
        return (self.home / "output.log").read_text(errors="replace")[-4000:]

    @contextmanager
    def running(self, **environment: str) -> Iterator["Served"]:
        """The server, up until the end of the block."""
        with (self.home / "output.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "airflow", "api-server"],
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            self._wait(process)
            yield self
        finally:
            family = [*psutil.Process(process.pid).children(recursive=True), process]
            for one in family:
                one.kill()
            process.wait()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert process.poll() is None, self.output()
            try:
                requests.get(f"{self.url}/", timeout=30)
            except requests.ConnectionError:
                time.sleep(0.5)
            else:
                return
        raise AssertionError(self.output())

    def login(self, name: str) -> requests.Session:
        """Log in as a browser does, once: Airflow lets nobody in more than five times in 40 seconds."""
        if name not in self._sessions:
            self._sessions[name] = self._login(name)
        return self._sessions[name]

    def _login(self, name: str) -> requests.Session:
        session = requests.Session()
        answer = session.post(f"{self.url}/auth/token", json={"username": name, "password": name}, timeout=30)
        session.cookies.set("_token", answer.json()["access_token"], domain="127.0.0.1", path="/")
        return session

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Another process has the warehouse until the end of the block."""
        with held(self.folder):
            yield
