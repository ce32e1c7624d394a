"""The commands of docker-compose.yaml, run as they are without containers, on a real PostgreSQL and a real Redis."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg2
import pytest
import requests
from cryptography.fernet import Fernet

from compose_file import SECRETS
from compose_services import SERVICES, Services, answers, free_port, within
from sandbox import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook

JOBS = {"vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck"}
PASSWORD = "made-for-this-test"
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL server: on Debian apt-get install postgresql"),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="no Redis: on Debian apt-get install redis-server"),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    """A PostgreSQL of its own, with the user and database of the compose file; its port."""
    # It refuses to run as root.
    owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(subprocess.check_output([*owner, "mktemp", "-d", "/tmp/zakaz-pg-XXXXXX"], text=True).strip())
    port = free_port()
    password = folder.parent / f"{folder.name}.password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    make = ["initdb", "-D", f"{folder}/data", "-U", "airflow", "-A", "scram-sha-256", f"--pwfile={password}"]
    start = ["pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start"]
    stop = ["pg_ctl", "-D", f"{folder}/data", "-w", "-m", "immediate", "stop"]

    def call(tool: str, *arguments: str) -> int:
        command = [*owner, str(POSTGRES[0] / tool), *arguments]
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp")

    try:
        assert call(*make) == call(*start) == 0
        at = {"host": "127.0.0.1", "port": port, "user": "airflow", "password": PASSWORD}
        with contextlib.closing(psycopg2.connect(**at, dbname="postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE airflow")
        yield port
    finally:
        call(*stop)
        password.unlink()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis(installation: "Installation", tmp_path: Path) -> Iterator[None]:
    """A Redis of its own, by the command of the compose file."""
    shell, option, script = SERVICES["redis"]["command"]
    port = installation.redis_port
    command = [shell, option, script.replace("$$", "$") + f" --port {port} --bind 127.0.0.1 --dir {tmp_path}"]
    with (tmp_path / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, "REDIS_PASSWORD": PASSWORD}, stdout=log)

    within(20, lambda: "redis answers", lambda: answers(port))
    yield
    process.terminate()
    process.wait(20)


class Installation:
    """What stands, and people at its door.

    :param services: those of LocalExecutor are running.
    """

    def __init__(self, services: Services, web_port: int, redis_port: int, warehouse: str) -> None:
        self.services, self.redis_port, self.warehouse = services, redis_port, warehouse
        self.url = f"http://127.0.0.1:{web_port}"
        self._admin = self.login("admin")

    def login(self, name: str) -> requests.Session:
        """Log in; as a browser does, the session keeps its token as a cookie."""
        answer = requests.post(f"{self.url}/auth/token", json={"username": name, "password": PASSWORD}, timeout=60)
        assert answer.status_code == 201, answer.text
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        session.cookies.set("_token", answer.json()["access_token"], domain="127.0.0.1", path="/")
        return session

    def login_with_role(self, role: str) -> requests.Session:
        """Log in as somebody new."""
        name = role.lower()
        person = {"username": name, "first_name": name, "last_name": name, "email": f"{name}@localhost"}
        body = {**person, "password": PASSWORD, "roles": [{"name": role}]}
        answer = self._admin.post(f"{self.url}/auth/fab/v1/users", json=body, timeout=60)
        assert answer.ok, answer.text
        return self.login(name)

    def finish(self, day: date) -> None:
        """Trigger a day, wait for it, and look what stands in the registry."""
        runs, run = f"{self.url}/api/v2/dags/zakaz_etl/dagRuns", f"by_hand_{day}"
        body = {"logical_date": f"{day}T12:00:00+03:00", "dag_run_id": run}
        within(60, lambda: f"zakaz_etl is known; {self.services.log()}", lambda: self._admin.post(runs, json=body).ok)

        def state() -> str:
            return str(self._admin.get(f"{runs}/{run}", timeout=60).json()["state"])

        within(300, lambda: f"the run of {day}; {self.services.log()}", lambda: state() in ("success", "failed"))
        assert state() == "success", self.services.log()
        os.environ["AIRFLOW_CONN_SERVICES"] = self.warehouse
        rows = WarehouseHook("services").execute(
            "SELECT job, status FROM meta.etl_runs FINAL WHERE dag_run_id = {run:String}", {"run": run}
        )
        assert sorted(rows) == [(job, "ok") for job in sorted(JOBS)]

    def schedulers(self) -> int:
        """How many schedulers are alive."""
        alive = {"job_type": "SchedulerJob", "job_state": "running", "is_alive": "true"}
        return int(self._admin.get(f"{self.url}/api/v2/jobs", params=alive, timeout=60).json()["total_entries"])


@pytest.fixture(scope="module")
def installation(
    postgres: int, running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A new one, by init; as in an update, init runs a second time while all is up."""
    running_sandbox.reset()
    folder = tmp_path_factory.mktemp("services")
    web, health, redis = free_port(), free_port(), free_port()
    replaced = {
        "/opt/zakaz": str(PROJECT_DIR),
        "/opt/airflow": str(folder / "home"),
        "@postgres:5432": f"@127.0.0.1:{postgres}",
        "@redis:6379": f"@127.0.0.1:{redis}",
        "api-server:8080": f"127.0.0.1:{web}",
        "127.0.0.1:8080": f"127.0.0.1:{web}",
        "127.0.0.1:8974": f"127.0.0.1:{health}",
        "0.0.0.0": "127.0.0.1",
        "/tmp/looked": str(folder / "looked"),
    }
    passwords = {name: PASSWORD for name in SECRETS if name.endswith("_PASSWORD")}
    given = {**dict.fromkeys(SECRETS, "x" * 64), **passwords, "AIRFLOW_FERNET_KEY": Fernet.generate_key().decode()}
    warehouse = json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(folder / "warehouse")}})
    vk = {"conn_type": "vk-ads", "host": running_sandbox.url, "login": CLIENT_ID, "password": CLIENT_SECRET}
    qtickets = {"conn_type": "qtickets", "host": running_sandbox.url, "password": QTICKETS_TOKEN}
    bot = {"base_url": f"{running_sandbox.url}/bot"}
    telegram = {"conn_type": "telegram", "host": "-1001", "password": BOT_TOKEN, "extra": bot}
    beside = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT_DIR / "plugins"),
        "AIRFLOW_CONN_CLICKHOUSE_DEFAULT": warehouse,
        "AIRFLOW_CONN_VK_ADS_DEFAULT": json.dumps(vk),
        "AIRFLOW_CONN_QTICKETS_DEFAULT": json.dumps(qtickets),
        "AIRFLOW_CONN_TELEGRAM_DEFAULT": json.dumps(telegram),
        "AIRFLOW__API__PORT": str(web),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
    }
    services = Services(folder, replaced, given, beside)
    try:
        services.start("init")
        services.end("init")
        services.start("init", "api-server", "scheduler", "dag-processor")
        # It must do without Airflow's database.
        services.start("watchdog", POSTGRES_PASSWORD="none")
        services.wait_until_healthy("api-server", "scheduler", "dag-processor", "watchdog")
        yield Installation(services, web, redis, warehouse)
        services.end("init")
    finally:
        services.stop()


def test_nobody_comes_in_without_a_login(installation: Installation) -> None:
    assert requests.get(f"{installation.url}/api/v2/dags", timeout=60).status_code == 401
    asked = requests.get(f"{installation.url}/zakaz/status", allow_redirects=False, timeout=60)
    assert asked.status_code == 307
    assert "/auth/login" in asked.headers["Location"]


@pytest.mark.parametrize("role", ["Viewer", "User", "Op"])
def test_who_may_see_the_runs_sees_the_status_page_and_its_menu(installation: Installation, role: str) -> None:
    person = installation.login_with_role(role)
    plugins = person.get(f"{installation.url}/api/v2/plugins", timeout=60).json()["plugins"]
    assert "/zakaz/status" in json.dumps(plugins)
    # While a task has the embedded warehouse, the page says so.
    within(60, lambda: "page", lambda: person.get(f"{installation.url}/zakaz/status", timeout=60).status_code == 200)


def test_who_may_not_sees_neither(installation: Installation) -> None:
    person = installation.login_with_role("Public")
    for path in ("/zakaz/status", "/api/v2/plugins"):
        assert person.get(installation.url + path, timeout=60).status_code == 403, path


def test_a_day_with_tasks_in_the_scheduler(installation: Installation) -> None:
    installation.finish(date(2026, 11, 20))


def test_a_day_with_two_schedulers(installation: Installation) -> None:
    services = installation.services
    names = ("SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT", "LOGGING__WORKER_LOG_SERVER_PORT")
    services.start_second("scheduler", **{f"AIRFLOW__{name}": str(free_port()) for name in names})
    within(90, lambda: f"two schedulers; {services.log()}", lambda: installation.schedulers() == 2)
    installation.finish(date(2026, 11, 22))
    services.stop("second-scheduler")


def test_a_day_with_tasks_on_workers(installation: Installation, redis: None) -> None:
    services = installation.services
    services.stop("scheduler")
    services.start("scheduler", "worker", AIRFLOW_EXECUTOR="CeleryExecutor")
    services.wait_until_healthy("scheduler", "worker")
    installation.finish(date(2026, 11, 21))
    services.stop("worker")
