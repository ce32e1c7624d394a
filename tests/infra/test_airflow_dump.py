"""Airflow's own database: dumped by a real pg_dump, lost, and brought back by the commands of docs/RUNBOOK_ETL.md."""

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

from docs.conftest import lines, sections
from postgres_server import PROGRAMS, server
from zakaz.errors import DumpFailed, InvalidInput
from zakaz.orchestration.airflow_dump import dump, restore_dump
from zakaz.orchestration.backups import run_job_by_hand
from zakaz.settings import PROJECT_DIR
from zakaz.stop import stoppable
from zakaz.warehouse.hook import WarehouseHook

ADDRESS = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
NIGHT = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
TABLES = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
Set = Callable[..., None]
needs_postgres = pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL: on Debian apt-get install postgresql")
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def folder() -> Iterator[Path]:
    """That of a PostgreSQL of its own, with Airflow's database and the users of compose and systemd."""
    with server() as address:
        found = Path(address.partition("?host=")[2])
        with closing(connect(found, "postgres")) as connection:
            for statement in ("ROLE airflow SUPERUSER LOGIN", "ROLE zakaz LOGIN", "DATABASE airflow OWNER zakaz"):
                connection.cursor().execute(f"CREATE {statement}")
        yield found


def connect(folder: Path, database: str = "airflow", user: str = "postgres") -> "psycopg2.extensions.connection":
    connection = psycopg2.connect(host=str(folder), user=user, dbname=database)
    connection.autocommit = True
    return connection


def ask(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(connect(folder, user="zakaz")) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def dumps(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_settings: Set) -> Path:
    """DUMP_DIR, which does not exist yet; Airflow's database is that of `folder`."""
    monkeypatch.setenv("PATH", f"{PROGRAMS[0]}:{os.environ['PATH']}")
    monkeypatch.setenv(ADDRESS, f"postgresql+psycopg2://zakaz@/airflow?host={folder}")
    set_settings(DUMP_DIR=tmp_path / "dumps", BACKUP_KEEP=2)
    return tmp_path / "dumps"


@needs_postgres
def test_a_night_s_dump_is_recorded_private_whole_and_the_old_ones_go(
    warehouse: WarehouseHook, folder: Path, dumps: Path
) -> None:
    ask(folder, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('token')")
    for hour in (1, 2, 3):
        dump(NIGHT.replace(hour=hour))
    (dumps / "airflow-20261119-003000.part").touch()  # of one that was killed
    (dumps / "mine.dump").touch()
    with stoppable() as stop:
        said = run_job_by_hand("airflow_dump", stop)
    names = sorted(file.name for file in dumps.iterdir())
    assert names[0] == "airflow-20261120-033000.dump"
    assert re.fullmatch(r"airflow-\d{8}-\d{6}\.dump", names[1])
    assert names[2:] == ["mine.dump"]
    assert re.fullmatch(rf"dump of Airflow's database: {dumps}/{names[1]}, [1-9][\d,]* bytes", said)
    assert stat.S_IMODE(dumps.stat().st_mode) == 0o700
    assert {stat.S_IMODE((dumps / name).stat().st_mode) for name in names[:2]} == {0o600}
    assert warehouse.execute("SELECT job, status, from_date FROM meta.etl_runs FINAL") == [("airflow_dump", "ok", None)]


@needs_postgres
def test_a_dump_that_fails_is_told_and_leaves_the_good_ones(
    warehouse: WarehouseHook, folder: Path, dumps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = dump(NIGHT)
    monkeypatch.setenv(ADDRESS, f"postgresql+psycopg2://zakaz:the-secret@/gone?host={folder}")
    said = r'pg_dump ended with 1: .*"gone" does not exist'
    with stoppable() as stop, pytest.raises(DumpFailed, match=said) as failed:
        run_job_by_hand("airflow_dump", stop)
    assert "the-secret" not in str(failed.value)
    assert [one.name for one in dumps.iterdir()] == [file.name]
    assert warehouse.execute("SELECT job, code, severity FROM meta.etl_alerts FINAL") == [
        ("airflow_dump", "BACKUP_FAILED", "critical")
    ]


@needs_postgres
def test_a_damaged_dump_restores_nothing_and_a_full_database_is_left_alone(folder: Path, dumps: Path) -> None:
    ask(folder, "CREATE TABLE kept AS SELECT md5(n::text) AS word FROM generate_series(1, 50000) AS n")
    name = dump(NIGHT).stem
    with pytest.raises(DumpFailed, match='relation "kept" already exists'):
        restore_dump(name)
    assert ask(folder, "SELECT count(*) FROM kept") == [(50000,)]
    whole = (dumps / f"{name}.dump").read_bytes()
    (dumps / f"{name}.dump").write_bytes(whole[: len(whole) // 2])
    ask(folder, "DROP TABLE kept")
    with pytest.raises(DumpFailed):
        restore_dump(name)
    assert ask(folder, "SELECT to_regclass('kept')") == [(None,)], "all of it or nothing"
    for wrong in ("airflow-1", "../x", ""):
        with pytest.raises(InvalidInput, match="there is no dump"):
            restore_dump(wrong)


def test_no_password_is_in_the_list_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_settings: Set
) -> None:
    for program in ("pg_dump", "pg_restore"):
        (tmp_path / program).write_text(
            f'#!/bin/sh\necho "$0 $@ as $PGPASSWORD" >> {tmp_path}/asked\nfor word; do case $word in\n'
            '--file=/dev/null) ;; --file=*) : > "${word#--file=}" ;; esac; done\n'
        )
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    set_settings(DUMP_DIR=tmp_path / "dumps")
    for address in ("zakaz:p%40ss%2Fword@db:5433/airflow?sslmode=require", "zakaz@/airflow?host=db&password=p@ss/word"):
        monkeypatch.setenv(ADDRESS, f"postgresql+psycopg2://{address}")
        restore_dump(dump(NIGHT).stem)
    asked = (tmp_path / "asked").read_text()
    secret = [line.partition(" as ") for line in asked.splitlines()]
    assert {after for before, _, after in secret if "--dbname" in before} == {"p@ss/word"}
    assert not [before for before, _, _ in secret if "ss/word" in before or "ss%2F" in before]
    assert "--dbname=postgresql://zakaz@db:5433/airflow?sslmode=require" in asked


def test_what_can_not_be_dumped_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_settings: Set) -> None:
    with pytest.raises(InvalidInput, match="DUMP_DIR is not set"):
        dump(NIGHT)
    set_settings(DUMP_DIR=tmp_path)
    with pytest.raises(InvalidInput, match="Airflow's database is sqlite"):
        dump(NIGHT)
    monkeypatch.setenv(ADDRESS, "postgresql+psycopg2://zakaz@/airflow?host=/nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidInput, match="pg_dump is not installed"):
        dump(NIGHT)


def drill(way: str) -> list[list[str]]:
    """The commands of the runbook for a lost database as they run here, without those for services."""
    text = sections()["резервная-копия-и-восстановление"].partition("**Потеряли базу Airflow.**")[2]
    found = []
    for line in lines("server", text=text):
        words = shlex.split(line)
        if way == "systemd" and words[:4] == ["runuser", "-u", "postgres", "--"]:
            found.append(["-U", "postgres", *words[4:]])
        elif way == "systemd" and words[0] == "as-zakaz":
            found.append(words[1:])
        elif way == "compose" and words[:4] == ["docker", "compose", "exec", "postgres"]:
            found.append(words[4:])
        elif way == "compose" and words[:3] == ["docker", "compose", "run"]:
            found.append(shlex.split(words[-1]))
    return [words for words in found if words[0] != "ls"]


@needs_postgres
def test_a_lost_database_comes_back_by_the_runbook(
    folder: Path, dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = {"conn_type": "clickhouse", "extra": {"embedded_path": str(tmp_path / "warehouse")}}
    environment = {
        "PGHOST": str(folder),
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "ZAKAZ_VENV": sys.prefix,
        "ZAKAZ_SANDBOX": "0",
        "AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(warehouse),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> None:
        program, *arguments = words
        if (PROJECT_DIR / "bin" / program).is_file():
            program = str(PROJECT_DIR / "bin" / program)
        ended = subprocess.run([program, *arguments], cwd=PROJECT_DIR, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr

    run("airflow", "db", "migrate")
    ask(folder, "INSERT INTO variable (key, val, is_encrypted) VALUES ('kept', 'the VK token', false)")
    tables = ask(folder, TABLES)
    name = dump(datetime.now(UTC)).stem
    for way, user in {"compose": "airflow", "systemd": "zakaz"}.items():
        commands = drill(way)
        monkeypatch.setenv(ADDRESS, f"postgresql+psycopg2://{user}@/airflow?host={folder}")
        with closing(connect(folder)) as connection:
            connection.cursor().execute("DROP TABLE variable CASCADE; DROP TABLE dag_run CASCADE")
        # The last command of systemd's is that of `init` in compose.
        assert len(commands) == {"compose": 3, "systemd": 4}[way]
        for words in commands:
            here = [re.sub(r"airflow-\d{8}-\d{6}", name, word) for word in words]
            run(*([here[2], *here[:2], *here[3:]] if here[0] == "-U" else here))
        with closing(connect(folder)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT val FROM variable WHERE key = 'kept'")
            assert cursor.fetchall() == [("the VK token",)]
            cursor.execute(TABLES)
            assert cursor.fetchall() == tables
