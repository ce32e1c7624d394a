"""The tables of a cluster's replicas: one path in Keeper for each, whichever host makes it and whenever."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from compose_services import answers, free_port, within
from zakaz.settings import PROJECT_DIR, settings
from zakaz.warehouse import cluster
from zakaz.warehouse.cluster import find_unreplicated
from zakaz.warehouse.ddl import name_of
from zakaz.warehouse.drift import Drift
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.sql import files

ZOOKEEPER = Path("/usr/share/java/zookeeper.jar")
TABLES = [name_of(file) for file in files("*/tables")]
Replica = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a ZooKeeper of its own."""
    if not ZOOKEEPER.exists():
        pytest.skip("needs ZooKeeper: apt-get install zookeeper")
    folder, port = tmp_path_factory.mktemp("keeper"), free_port()
    lines = [f"dataDir={folder}/data", f"clientPort={port}", "clientPortAddress=127.0.0.1", "tickTime=1000"]
    (folder / "zoo.cfg").write_text("\n".join([*lines, "admin.enableServer=false", ""]))
    command = ["java", "-cp", ZOOKEEPER, "org.apache.zookeeper.server.quorum.QuorumPeerMain", folder / "zoo.cfg"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        within(30, (folder / "log").read_text, lambda: answers(port))
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def replica(keeper: int, tmp_path: Path) -> Replica:
    """Migrates a host of a cluster, new or the one of that name."""

    def migrated(name: str, of: str = "main") -> dict[str, Any]:
        host = "<replica><host>127.0.0.1</host><port>9123</port></replica>"
        config = tmp_path / f"{name}.xml"
        config.write_text(
            f"""<clickhouse>
            <tcp_port>9123</tcp_port>
            <zookeeper><node><host>127.0.0.1</host><port>{keeper}</port></node></zookeeper>
            <remote_servers>
                <main><shard>{host}</shard></main>
                <divided><shard>{host}</shard><shard>{host}</shard></divided>
            </remote_servers>
            <macros><shard>01</shard><replica>{name}</replica></macros>
            </clickhouse>"""
        )
        folder = tmp_path / name
        connection = {"conn_type": "clickhouse", "extra": {"embedded_path": str(folder)}}
        given = {"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(connection), "CLICKHOUSE_CLUSTER": of}
        given["PYTHONPATH"] = str(PROJECT_DIR / "plugins")
        command = [sys.executable, Path(__file__).parent / "replica.py", folder, config]
        done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    return migrated


def test_a_host_that_is_added_later_gets_replicas_of_the_same_tables(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the others have no comments yet."""
    for hosts, name in enumerate(("ch-1", "ch-2"), start=1):
        with monkeypatch.context() as before:
            if name == "ch-1":
                before.setenv("WITHOUT_COMMENTS", "1")
            told = replica(name)
        assert told["drifts"] == []
        assert sorted(told["replicas"]) == [
            [table, f"/clickhouse/tables/01/{table.replace('.', '/')}", name, hosts] for table in sorted(TABLES)
        ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("divided", "CLICKHOUSE_CLUSTER=divided: expected one shard with any number of replicas, found 2 shards"),
        ("mian", "CLICKHOUSE_CLUSTER=mian: the server knows no such cluster; it knows: divided, main"),
    ],
)
def test_a_cluster_that_would_not_hold_all_figures_on_each_host_is_refused(
    replica: Replica, name: str, told: str
) -> None:
    assert replica("ch-1", of=name) == {"error": told}


def test_a_host_whose_table_is_no_replica_is_named(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "settings", lambda: settings().model_copy(update={"clickhouse_cluster": "main"}))
    paths = {table: f"/clickhouse/tables/01/{table}" for table in TABLES}
    of_its_own = {**paths, "zakaz.raw_sales": "/clickhouse/tables/1f0c/01"}
    without = {table: path for table, path in paths.items() if table != "meta.mutes"}
    hosts = {"ch-1": paths, "ch-2": of_its_own, "ch-3": without, "ch-4": paths}
    rows = [(host, host == "ch-1", *table) for host, tables in hosts.items() for table in tables.items()]
    monkeypatch.setattr(warehouse, "execute", lambda *_: rows)
    assert [str(drift) for drift in find_unreplicated(warehouse)] == [
        "meta.mutes: (replica on ch-3): expected /clickhouse/tables/01/meta.mutes, found no such table",
        "zakaz.raw_sales: (replica on ch-2): expected /clickhouse/tables/01/zakaz.raw_sales, "
        "found /clickhouse/tables/1f0c/01",
    ]
    monkeypatch.setattr(warehouse, "execute", lambda *_: [*rows, ("ch-5", False, "", "")])
    assert {str(drift)[: len(drift.table) + 19] for drift in find_unreplicated(warehouse) if "ch-5" in str(drift)} == {
        f"{table}: (replica on ch-5)" for table in TABLES
    }


def test_migrate_says_so_and_touches_no_view(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = Drift("zakaz.raw_sales", "(replica on ch-2)", "/clickhouse/tables/01/zakaz/raw_sales", "no such table")
    monkeypatch.setattr("zakaz.warehouse.migrate.find_unreplicated", lambda _: [lacking])
    monkeypatch.setattr("zakaz.warehouse.migrate.views", None)
    assert migrate(warehouse) == [lacking]
