"""bin/zakaz backup and restore, by the engine's own BACKUP and RESTORE, with the server's configuration files."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from as_user import INFRA, SETTINGS_OF_THE_ENGINE, configure
from infra.bucket import Bucket, bucket
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
def config(tmp_path: Path) -> Path:
    """The configuration of the server."""
    return configure(tmp_path / "server", "etl_writer", tmp_path / "backups", SETTINGS_OF_THE_ENGINE)


@pytest.fixture
def zakaz(tmp_path: Path, config: Path) -> Zakaz:
    """Commands of bin/zakaz, each on the warehouse that it names first, with the rights of etl_writer."""

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
    migrated, _, made, again, checked, databases, refused, kept, unknown, restored, back, healthy, attempts = zakaz(
        [
            ["first", "migrate"],
            ["first", "sql", row],
            ["first", "backup", "--name", "monday"],
            ["first", "backup", "--name", "monday"],
            ["first", "restore", "--check"],
            ["first", "sql", "SHOW DATABASES"],
            ["first", "restore", "monday"],
            ["first", *spend],
            ["second", "restore", "tuesday"],
            ["second", "restore", "monday"],
            ["second", *spend],
            ["second", "migrate"],
            ["second", "sql", "SELECT job, status FROM meta.etl_runs FINAL"],
        ]
    )
    assert migrated == (0, "the warehouse is up to date\n", "")
    assert re.fullmatch(r"backup monday: [1-9][\d,]+ bytes\..*bin/zakaz restore monday --check\n", made[1]), made
    assert (again[0], "already exists" in again[2]) == (1, True), again

    tables = len(list((PROJECT_DIR / "include" / "sql").glob("*/tables/*.sql")))
    assert re.fullmatch(rf"backup monday can be restored: {tables} tables, [1-9][\d,]* rows; 1 .*\n", checked[1]), (
        checked
    )
    assert "restored_" not in databases[1]

    assert (refused[0], "already contains some data" in refused[2]) == (1, True), refused
    assert "restore it before `bin/zakaz migrate`" in refused[2]
    assert kept[1] == "city\tspend\nКазань\t12.34\n"

    assert (unknown[0], "tuesday" in unknown[2]) == (1, True), unknown
    assert restored == (0, "backup monday is restored, and the schema is up to date\n", "")
    assert back == kept
    assert healthy == migrated
    assert attempts[1] == "job\tstatus\nbackup\tok\n", "the attempt that made it, which was running then"


STAGED = "INSERT INTO zakaz.stg_vk_ads_daily (stat_date, account_id, ad_id, spend, _ver) VALUES"
RECORDED = "SELECT job, status, dag_run_id, rows_read > 0, err_msg != '' FROM meta.etl_runs FINAL ORDER BY started_at"


def test_a_backup_is_proved_by_the_figures_of_the_days_that_nobody_loaded_since(zakaz: Zakaz) -> None:
    now, old = "toUnixTimestamp64Micro(now64(6))", 1_760_000_000_000_000
    loaded, _, tampered, rows, copy = zakaz(
        [
            ["first", "migrate"],
            ["first", "sql", f"{STAGED} ('2026-11-20', 1, 1, 10, {old}), ('2026-11-21', 1, 1, 20, {old})"],
            ["first", "backup", "--name", "monday"],
            # A day that is loaded anew says nothing about the backup.
            ["first", "sql", f"{STAGED} ('2026-11-21', 1, 1, 30, {now})"],
            ["first", "restore", "--check"],
            # A day of the same rows and version has another sum: one of the two is damaged.
            ["first", "sql", f"{STAGED} ('2026-11-20', 1, 1, 5, {old})"],
            ["first", "restore", "--check", "monday"],
            ["first", "sql", RECORDED],
            ["first", "sql", "SHOW DATABASES"],
        ]
    )[4:]
    assert loaded[0] == 0, loaded
    assert loaded[1].endswith("rows; 1 sums of days are those of the warehouse\n"), loaded
    assert tampered[:2] == (1, "")
    assert tampered[2].startswith(
        "zakaz: backup monday: 1 of 1 sums of days are not those of the warehouse: vk_ads staging "
    )
    assert "2026-11-20" in tampered[2]
    assert "restored_" not in copy[1]
    (one, two, three) = [line.split("\t") for line in rows[1].splitlines()[1:]]
    assert one == ["backup", "ok", "monday", "1", "0"]
    assert (two[:2], three[:2]) == (["restore_check", "ok"], ["restore_check", "error"])
    assert three[3:] == ["0", "1"]


def test_backups_go_to_a_bucket_and_come_back(
    zakaz: Zakaz, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By infra/clickhouse/s3 laid beside zakaz.xml, and nothing else."""
    shutil.copy(INFRA / "s3" / "zakaz_s3.xml", config.parent / "config.d")
    with bucket() as address:
        monkeypatch.setenv("BACKUP_S3_ENDPOINT", f"{address}/zakaz/")
        monkeypatch.setenv("BACKUP_S3_ACCESS_KEY_ID", "key-of-the-test")
        monkeypatch.setenv("BACKUP_S3_SECRET_ACCESS_KEY", "secret-of-the-test")
        _, made, checked, restored, status = zakaz(
            [
                ["first", "migrate"],
                ["first", "backup", "--name", "monday"],
                ["first", "restore", "--check"],
                ["second", "restore", "monday"],
                ["second", "status"],
            ]
        )
    assert (made[0], checked[0], restored[0]) == (0, 0, 0), (made, checked, restored)
    assert "/bucket/zakaz/monday/.backup" in Bucket.objects
    assert Bucket.keys == {"key-of-the-test"}
    assert not list((tmp_path / "backups").glob("*"))
    assert "Диск backups" not in status[1], "a bucket has no end"
    assert "Диск default: свободно " in status[1]


def test_what_is_due_is_done_once_a_night(zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch) -> None:
    off, _ = zakaz([["first", "backup", "--if-needed"], ["first", "migrate"]])
    assert off == (0, "no backups are set up here: BACKUP_KEEP=0\n", "")
    monkeypatch.setenv("BACKUP_KEEP", "3")
    _, first, again, rows = zakaz(
        [
            ["first", "migrate"],
            ["first", "backup", "--if-needed"],
            ["first", "backup", "--if-needed"],
            ["first", "sql", RECORDED],
        ]
    )
    assert first[0] == 0, first
    assert re.fullmatch(r"backup zakaz-(\d{8}-\d{6}): .*\nbackup zakaz-\1 can be restored: .*\n", first[1]), first
    assert again == (0, "nothing is due\n", "")
    assert [line.split("\t")[:2] for line in rows[1].splitlines()[1:]] == [["backup", "ok"], ["restore_check", "ok"]]


def test_a_server_without_the_disk_says_what_is_missing(warehouse: WarehouseHook) -> None:
    with pytest.raises(WarehouseRefused, match=r"lacks infra/clickhouse/config.d/zakaz.xml"):
        back_up(warehouse, "monday")


@pytest.mark.parametrize("name", ["", "../x", "a'b", "a b", "-a"])
def test_a_name_can_not_leave_its_place(warehouse: WarehouseHook, name: str) -> None:
    with pytest.raises(InvalidInput, match="is not allowed"):
        back_up(warehouse, name)
