"""The commands of docker-compose.yaml, run as they are without containers, on a real PostgreSQL and a real Redis."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
from cryptography.fernet import Fernet

from compose_file import SECRETS, raw, resolved
from sandbox import Sandbox
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
JOBS = {"vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck"}
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
SERVICES = raw()["services"]
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL server: on Debian apt-get install postgresql"),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="no Redis: on Debian apt-get install redis-server"),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def within(seconds: float, what: str, done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(1)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A PostgreSQL of its own, with the user and database of the compose file; its port."""
    # It refuses to run as root.
    owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(subprocess.check_output([*owner, "mktemp", "-d", "/tmp/zakaz-pg-XXXXXX"], text=True).strip())
    port = free_port()
    password = folder.parent / f"{folder.name}.password"
    password.write_text("airflow-password")
    password.chmod(0o644)
    tools = POSTGRES[0]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    make = ["initdb", "-D", f"{folder}/data", "-U", "airflow", "-A", "scram-sha-256", f"--pwfile={password}"]
    start = ["pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start"]
    stop = ["pg_ctl", "-D", f"{folder}/data", "-w", "-m", "immediate", "stop"]
    try:
        for tool, *arguments in (make, start):
            subprocess.run([*owner, str(tools / tool), *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/tmp")
        yield port
    finally:
        subprocess.run([*owner, str(tools / stop[0]), *stop[1:]], stdout=subprocess.DEVNULL, cwd="/tmp")
        password.unlink()
        shutil.rmtree(folder, ignore_errors=True)


def connect(port: int, database: str = "airflow") -> Any:
    return psycopg2.connect(host="127.0.0.1", port=port, user="airflow", password="airflow-password", dbname=database)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[int]:
    """A Redis of its own, by the command of the compose file; its port."""
    port = free_port()
    (shell, option, script) = SERVICES["redis"]["command"]
    command = [shell, option, script.replace("$$", "$") + f" --port {port} --bind 127.0.0.1 --dir {tmp_path}"]
    with (tmp_path / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, "REDIS_PASSWORD": "redis-password"}, stdout=log)
    with contextlib.suppress(OSError):
        within(20, "redis", lambda: socket.create_connection(("127.0.0.1", port), 1))
    yield port
    process.terminate()
    process.wait(20)


class Stack:
    """The services of the compose file as processes of this machine."""

    def __init__(self, home: Path, replaced: dict[str, str], given: dict[str, str], beside: dict[str, str]) -> None:
        self._home, self._replaced, self._given, self._beside = home, replaced, given, beside
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, name: str) -> dict[str, str]:
        """What the service is given, with this machine's addresses in place of the containers'."""
        written = {key: value for key, value in SERVICES[name]["environment"].items() if value is not None}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "ZAKAZ"))}
        return {
            **inherited,
            **{key: self._here(resolved(value, self._given)) for key, value in written.items()},
            **self._beside,
        }

    def run(self, name: str) -> None:
        """Run a service that ends by itself."""
        ended = subprocess.run(self._command(name), env=self.environment(name), capture_output=True, text=True)
        assert ended.returncode == 0, (ended.stdout + ended.stderr)[-3000:]

    def start(self, name: str) -> None:
        """Start a service that goes on."""
        with (self._home / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                self._command(name), env=self.environment(name), stdout=log, stderr=log, start_new_session=True
            )

    def healthy(self, name: str) -> bool:
        """Whether the health check of the service says so."""
        process = self._running[name]
        log = (self._home / f"{name}.log").read_text(errors="replace")
        assert process.poll() is None, log[-3000:]
        kind, *test = SERVICES[name]["healthcheck"]["test"]
        command = [self._here(word).replace("$$", "$") for word in test]
        ended = subprocess.run(
            command[0] if kind == "CMD-SHELL" else command,
            shell=kind == "CMD-SHELL",
            env={**self.environment(name), "HOSTNAME": socket.gethostname()},
            capture_output=True,
        )
        (self._home / f"{name}.health.log").write_bytes(ended.stdout + ended.stderr)
        return ended.returncode == 0

    def airflow(self, *arguments: str) -> None:
        """One command of Airflow beside the services."""
        command = [sys.executable, "-m", "zakaz.environment", "airflow", *arguments]
        ended = subprocess.run(command, env=self.environment("scheduler"), capture_output=True, text=True)
        assert ended.returncode == 0, (ended.stdout + ended.stderr)[-2000:]

    def stop(self) -> None:
        """Stop all that runs, as compose does."""
        for process in self._running.values():
            process.terminate()
        for name, process in self._running.items():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                pytest.fail(f"{name} does not stop")
        self._running.clear()

    def log(self) -> str:
        return "\n".join(
            f"{file.name}: {file.read_text(errors='replace')[-1500:]}" for file in self._home.glob("*.log")
        )

    def _command(self, name: str) -> list[str]:
        return [self._here(word) for word in SERVICES[name]["command"]]

    def _here(self, text: str) -> str:
        for there, here in self._replaced.items():
            text = text.replace(there, here)
        return text


@pytest.fixture
def stack(tmp_path: Path, postgres: int, sandbox: Sandbox) -> Iterator[Callable[..., Stack]]:
    """Services on an empty database."""
    with contextlib.closing(connect(postgres, "postgres")) as connection:
        connection.autocommit = True
        connection.cursor().execute("DROP DATABASE IF EXISTS airflow WITH (FORCE)")
        connection.cursor().execute("CREATE DATABASE airflow")
    made: list[Stack] = []

    def make(executor: str, redis_port: int = 0) -> Stack:
        web, health = free_port(), free_port()
        replaced = {
            "/opt/zakaz": str(PROJECT_DIR),
            "@postgres:5432": f"@127.0.0.1:{postgres}",
            "@redis:6379": f"@127.0.0.1:{redis_port}",
            "127.0.0.1:8080": f"127.0.0.1:{web}",
            "127.0.0.1:8974": f"127.0.0.1:{health}",
            "0.0.0.0": "127.0.0.1",
            "/tmp/looked": str(tmp_path / "looked"),
            "sleep 1800": "sleep 5",
        }
        given = {
            **dict.fromkeys(SECRETS, "x" * 16),
            "AIRFLOW_FERNET_KEY": Fernet.generate_key().decode(),
            "POSTGRES_PASSWORD": "airflow-password",
            "REDIS_PASSWORD": "redis-password",
            "AIRFLOW_EXECUTOR": executor,
        }
        warehouse = {"conn_type": "clickhouse", "extra": {"embedded_path": str(tmp_path / "warehouse")}}
        beside = {
            "AIRFLOW_HOME": str(tmp_path / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT_DIR / "plugins"),
            "AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(warehouse),
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(web),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            **{
                name: os.environ[name]
                for name in os.environ
                if name.startswith("AIRFLOW_CONN_") and "CLICKHOUSE" not in name
            },
        }
        made.append(Stack(tmp_path, replaced, given, beside))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def finish_a_day(stack: Stack, postgres: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trigger DAY, wait for it, and look what stands in the registry."""

    def state() -> str | None:
        with contextlib.closing(connect(postgres)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT state FROM dag_run WHERE dag_id = 'zakaz_etl' AND run_id = %s", [run])
            return (cursor.fetchone() or [None])[0]

    run = "by_hand"
    stack.airflow("dags", "trigger", "zakaz_etl", "--exec-date", f"{DAY}T12:00:00+03:00", "--run-id", run)
    within(300, f"the run of {DAY}; {stack.log()}", lambda: state() in ("success", "failed"))
    assert state() == "success", stack.log()
    stack.stop()
    monkeypatch.setenv(
        "AIRFLOW_CONN_SERVICES",
        json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(tmp_path / "warehouse")}}),
    )
    rows = WarehouseHook("services").execute(
        "SELECT job, status FROM meta.etl_runs FINAL WHERE dag_run_id = {run:String}", {"run": run}
    )
    assert set(rows) == {(job, "ok") for job in JOBS}


def test_a_day_with_tasks_in_the_scheduler(
    stack: Callable[..., Stack], postgres: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = stack("LocalExecutor")
    services.run("init")
    services.run("init")  # after an update
    names = ("scheduler", "webserver", "triggerer", "watchdog")
    for name in names:
        services.start(name)
    for name in names:
        within(180, f"{name} is healthy; {services.log()}", lambda name=name: services.healthy(name))
    web = services.environment("webserver")["AIRFLOW__WEBSERVER__WEB_SERVER_PORT"]
    closed = requests.get(f"http://127.0.0.1:{web}/api/v1/dags", timeout=20)
    opened = requests.get(f"http://127.0.0.1:{web}/home", timeout=20)
    assert closed.status_code in (401, 403)
    assert "/login/" in opened.url
    within(60, "the watchman looks", lambda: "no good run" in (tmp_path / "watchdog.log").read_text())
    finish_a_day(services, postgres, tmp_path, monkeypatch)


def test_a_day_with_tasks_on_workers(
    stack: Callable[..., Stack], postgres: int, redis: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = stack("CeleryExecutor", redis)
    services.run("init")
    for name in ("scheduler", "worker"):
        services.start(name)
    for name in ("scheduler", "worker"):
        within(180, f"{name} is healthy; {services.log()}", lambda name=name: services.healthy(name))
    finish_a_day(services, postgres, tmp_path, monkeypatch)
