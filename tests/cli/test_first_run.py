"""The first run harms nobody: whose sandbox, whose Airflow database, whose settings."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Zakaz
from sandbox import Sandbox
from zakaz.cli import sandbox as ours
from zakaz.environment import foreign_settings, project_environment, sandbox_connections
from zakaz.errors import InvalidInput, TransientError
from zakaz.orchestration import metadata
from zakaz.settings import PROJECT_DIR

VK, TELEGRAM = "AIRFLOW_CONN_VK_ADS_DEFAULT", "AIRFLOW_CONN_TELEGRAM_DEFAULT"
PREPARE = """
import sys
from zakaz.orchestration import metadata
metadata.prepare()
sys.exit(10 * any(name.split(".")[0] in ("airflow", "sqlalchemy") for name in sys.modules))
"""
HOME = Path(os.environ["AIRFLOW_HOME"])  # of the tests
WITH_AIRFLOW, WITHOUT = 10, 0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where nothing ever was, in a folder that few programs expect."""
    path = tmp_path / "Мой дом"
    monkeypatch.setenv("AIRFLOW_HOME", str(path))
    return path


@pytest.fixture
def checkout(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a checkout without credentials."""
    monkeypatch.setenv("ZAKAZ_SANDBOX", "1")
    for name, value in sandbox_connections(os.environ).items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def metadata_database(request: pytest.FixtureRequest) -> None:
    """The database of the tests, which was made by hand: its fixture is called as the module under test."""
    request.getfixturevalue("metadata")


@pytest.fixture
def foreign(home: Path) -> Path:
    """A home that somebody else's Airflow lives in."""
    home.mkdir()
    put_database(home / "airflow.db", "default_pool")
    return home


def put_database(file: Path, *pools: str) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE slot_pool (pool TEXT)")
        database.executemany("INSERT INTO slot_pool VALUES (?)", [(pool,) for pool in pools])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() if file.is_file() else b"" for file in folder.rglob("*")}


def prepare_elsewhere() -> subprocess.CompletedProcess[str]:
    """Prepare the database in a process of its own; exits with WITH_AIRFLOW if that had to load Airflow."""
    environment = {**os.environ, "LANG": "C", "PYTHONPATH": str(PROJECT_DIR / "plugins")}
    return subprocess.run([sys.executable, "-c", PREPARE], env=environment, capture_output=True, text=True, umask=0o022)


def test_another_checkout_s_sandbox_is_not_ours(
    checkout: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A copied checkout has a note of the other one's sandbox, whose process says that it is of another folder."""
    note = ours.folder() / "state.json"
    note.write_text(json.dumps({"url": sandbox.url, "pid": os.getpid()}), encoding="utf-8")
    for name, value in sandbox_connections(os.environ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(TELEGRAM, "telegram://my-own")
    assert ours.running() is None
    found = ours.use()
    try:
        assert found
        assert found.url != sandbox.url
        assert json.loads(os.environ[VK])["host"] == found.url
        assert os.environ[TELEGRAM] == "telegram://my-own"
        assert f"it listens at {found.url} now, since {sandbox.url} was taken" in capfd.readouterr().err
        assert ours.use() == found, "it stays on"
        assert ours.stop()
        assert ours.start().url == found.url, "it keeps its port, where a scheduler looks for it"
        assert sandbox.requests()["requests"] == []
    finally:
        ours.stop()


def test_a_timer_makes_no_figures_up(zakaz: Zakaz, checkout: Path) -> None:
    code, out, err = zakaz("stage", "vk_fetch")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "ZAKAZ_SANDBOX=0, if Airflow or a secrets backend has them" in err
    assert not (checkout / "airflow.db").exists()


def test_the_project_makes_its_own_database_once(home: Path) -> None:
    assert prepare_elsewhere().returncode == WITH_AIRFLOW
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        assert ("vk_ads",) in database.execute("SELECT pool FROM slot_pool").fetchall()
    assert home.stat().st_mode & 0o777 == 0o700
    assert prepare_elsewhere().returncode == WITHOUT
    (home / "airflow.db").unlink()
    assert prepare_elsewhere().returncode == WITH_AIRFLOW, "a database that was taken away is made anew"
    assert (home / "airflow.db").exists()


def test_somebody_else_s_home_is_left_alone(foreign: Path) -> None:
    before = contents(foreign)
    ended = subprocess.run(
        [PROJECT_DIR / "bin" / "zakaz", "run"], env=run_environment(), capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert f"AIRFLOW_HOME leads to {foreign}/airflow.db, which this project did not make" in ended.stderr
    assert "env -u AIRFLOW_HOME" in ended.stderr
    assert "bin/airflow pools import infra/airflow/pools.json" in ended.stderr
    assert contents(foreign) == before


def run_environment() -> dict[str, str]:
    """The shell of somebody who has an Airflow of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "ZAKAZ_"))}
    return {**kept, "AIRFLOW_HOME": os.environ["AIRFLOW_HOME"], "ZAKAZ_VENV": sys.prefix}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:///{}/airflow.db", "which this project did not make"),
        ("sqlite:///{}/missing.db", "which this project did not make"),
        ("postgresql+psycopg2://me:secret@127.0.0.1:9/airflow", "me:***@127.0.0.1:9/airflow"),
        ("no address", "must be an SQLAlchemy URL"),
    ],
)
def test_somebody_else_s_database_is_left_alone(
    foreign: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str, said: str
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "ours"))
    monkeypatch.setenv(metadata.ADDRESS, address.format(foreign))
    before = contents(tmp_path)
    with pytest.raises((InvalidInput, TransientError)) as refused:
        metadata.prepare()
    assert said in str(refused.value)
    assert metadata.ADDRESS in str(refused.value)
    assert "secret" not in str(refused.value)
    assert contents(tmp_path) == before


def test_whoever_imported_the_pools_gave_their_word(
    metadata_database: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(metadata.ADDRESS, f"sqlite:///{HOME / 'airflow.db'}")
    metadata.prepare()
    note = json.loads((home / "zakaz" / "metadata.json").read_text())
    assert (note["file"], note["made"]) == (str(HOME / "airflow.db"), ""), "it is used, and not ours"


def test_a_database_that_is_behind_is_not_migrated_unless_we_made_it(home: Path) -> None:
    home.mkdir()
    put_database(home / "airflow.db", "default_pool", "vk_ads")
    ended = prepare_elsewhere()
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith("airflow.db is of another version: bin/airflow db migrate")
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("slot_pool",)]


def test_what_the_shell_sets_for_another_airflow_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AIRFLOW__API__PORT=8081\nAIRFLOW__CORE__PARALLELISM=4\n")
    given = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",  # as we have it
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }
    environment = project_environment(given, tmp_path / ".env")
    assert foreign_settings(environment, tmp_path / ".env") == ["AIRFLOW__CORE__EXECUTOR", "AIRFLOW__CORE__PARALLELISM"]


def test_a_proxy_is_not_asked_for_what_is_on_this_machine() -> None:
    environment = project_environment({"NO_PROXY": "intranet,localhost"}, dotenv=None)
    assert environment["no_proxy"] == environment["NO_PROXY"] == "intranet,localhost,127.0.0.1"
    assert project_environment(environment, dotenv=None)["no_proxy"] == environment["no_proxy"]
