"""bin/zakaz backup and restore, by the engine's own BACKUP and RESTORE, with the server's configuration files."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from as_user import SETTINGS_OF_THE_ENGINE, configure
from zakaz.errors import InvalidInput, WarehouseRefused
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.backup import back_up
from zakaz.warehouse.hook import WarehouseHook

# One process for all commands of a test; each begins with the folder of its warehouse.
PROGRAM = """
import contextlib, io, json, os, sys
import as_user
from zakaz.cli.__main__ import main
as_user.use(sys.argv[1])
for warehouse, *arguments in json.loads(sys.argv[2]):
    connection = {"conn_type": "clickhouse", "extra": {"embedded_path": warehouse}}
    os.environ["AIRFLOW_CONN_CLICKHOUSE_DEFAULT"] = json.dumps(connection)
    sys.argv[1:] = arguments
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main()
    print("answer", json.dumps([code, *(stream.buffer.getvalue().decode() for stream in (out, err))]))
"""
Answer = tuple[int, str, str]
Zakaz = Callable[[list[list[str]]], list[Answer]]


@pytest.fixture
def zakaz(tmp_path: Path) -> Zakaz:
    """Commands of bin/zakaz, each on the warehouse that it names first, with the rights of etl_writer."""
    config = configure(tmp_path / "server", "etl_writer", tmp_path / "backups", SETTINGS_OF_THE_ENGINE)

    def run(commands: list[list[str]]) -> list[Answer]:
        lines = json.dumps([[str(tmp_path / warehouse), *arguments] for warehouse, *arguments in commands])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", PROGRAM, str(config), lines]
        ended = subprocess.run(command, env=environment, cwd=PROJECT_DIR, capture_output=True, text=True)
        answers = [line.removeprefix("answer ") for line in ended.stdout.splitlines() if line.startswith("answer ")]
        assert len(answers) == len(commands), ended.stderr
        return [tuple(json.loads(answer)) for answer in answers]

    return run


def test_what_is_lost_comes_back(zakaz: Zakaz) -> None:
    row = "INSERT INTO zakaz.dm_vk_ads_daily (stat_date, city, spend) VALUES ('2026-11-20', 'Казань', 12.34)"
    spend = ["sql", "SELECT city, spend FROM bi.v_vk_ads_daily"]
    migrated, _, made, again, checked, databases, refused, kept, unknown, restored, back, healthy = zakaz(
        [
            ["first", "migrate"],
            ["first", "sql", row],
            ["first", "backup", "--name", "monday"],
            ["first", "backup", "--name", "monday"],
            ["first", "restore", "monday", "--check"],
            ["first", "sql", "SHOW DATABASES"],
            ["first", "restore", "monday"],
            ["first", *spend],
            ["second", "restore", "tuesday"],
            ["second", "restore", "monday"],
            ["second", *spend],
            ["second", "migrate"],
        ]
    )
    assert migrated == (0, "the warehouse is up to date\n", "")
    assert re.fullmatch(r"backup monday: [1-9][\d,]+ bytes\..*bin/zakaz restore monday --check\n", made[1]), made
    assert (again[0], "already exists" in again[2]) == (1, True), again

    tables = len(list((PROJECT_DIR / "include" / "sql").glob("*/tables/*.sql")))
    assert re.fullmatch(rf"backup monday can be restored: {tables} tables, [1-9][\d,]* rows\n", checked[1]), checked
    assert "restored_" not in databases[1]

    assert (refused[0], "already contains some data" in refused[2]) == (1, True), refused
    assert "restore it before `bin/zakaz migrate`" in refused[2]
    assert kept[1] == "city\tspend\nКазань\t12.34\n"

    assert (unknown[0], "tuesday" in unknown[2]) == (1, True), unknown
    assert restored == (0, "backup monday is restored, and the schema is up to date\n", "")
    assert back == kept
    assert healthy == migrated


def test_a_server_without_the_disk_says_what_is_missing(warehouse: WarehouseHook) -> None:
    with pytest.raises(WarehouseRefused, match=r"lacks infra/clickhouse/config.d/zakaz.xml"):
        back_up(warehouse, "monday")


@pytest.mark.parametrize("name", ["", "../x", "a'b", "a b", "-a"])
def test_a_name_can_not_leave_its_place(warehouse: WarehouseHook, name: str) -> None:
    with pytest.raises(InvalidInput, match="is not allowed"):
        back_up(warehouse, name)
