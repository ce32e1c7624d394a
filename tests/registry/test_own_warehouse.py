"""What this machine keeps for one warehouse reaches no other: the sandbox and the real one never mix."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from made_runs import DAY, attempt
from outage import on_disk
from sandbox import Sandbox
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.locks import SWEEP, held
from zakaz.alerts.sweep import sweep
from zakaz.days import DayRange
from zakaz.registry import outbox
from zakaz.registry.attempt import UNSET
from zakaz.registry.runs import recorded
from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

ONE_DAY = DayRange(DAY, DAY)
pytestmark = pytest.mark.usefixtures("no_token_kept")
Connect = Callable[..., WarehouseHook]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Connect:
    """Gives clickhouse_default another value, and this process the sandbox or real sources."""
    monkeypatch.setenv("ZAKAZ_STATE_DIR", str(tmp_path))

    def put(*, is_sandbox: bool = False, **connection: Any) -> WarehouseHook:
        monkeypatch.setenv("ZAKAZ_SANDBOX", str(int(is_sandbox)))
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps({"conn_type": "clickhouse", **connection}))
        return WarehouseHook(within_seconds=2)

    return put


def embedded(folder: Path) -> dict[str, Any]:
    return {"extra": {"embedded_path": str(folder)}}


def fail(warehouse: WarehouseHook, run_id: str) -> None:
    """An attempt that fails and is told, as a task's."""
    failed = replace(attempt(), dag_run_id=run_id, run_id=UNSET)
    with pytest.raises(ValueError, match="down"), recorded(warehouse, failed, ONE_DAY):
        raise ValueError("down")
    raise_alert(warehouse, failure_alert(failed, "down", ONE_DAY))


def known(warehouse: WarehouseHook) -> list[tuple[str, str]]:
    """What its registry has: the runs of attempts and of alerts."""
    sql = "SELECT {0}, dag_run_id FROM meta.{1} FINAL ORDER BY dag_run_id"
    return [
        *warehouse.execute(sql.format("status", "etl_runs")),
        *warehouse.execute(sql.format("delivery", "etl_alerts")),
    ]


@pytest.mark.parametrize("is_sandbox", [False, True], ids=["of the real one", "of the sandbox"])
def test_what_was_kept_waits_for_the_warehouse_it_was_meant_for(
    connect: Connect, sandbox: Sandbox, tmp_path: Path, is_sandbox: bool
) -> None:
    """The first one has no tables yet, so all that fails there is kept on disk; then another one is set."""
    first = connect(is_sandbox=is_sandbox, **embedded(tmp_path / "first"))
    fail(first, "of the first")
    assert len(on_disk()) == 4
    second = connect(is_sandbox=not is_sandbox, **embedded(tmp_path / "second"))
    migrate(second)
    fail(second, "of the second")
    sweep(second)
    assert known(second) == [("error", "of the second"), ("sent", "of the second")], "no repeat of the other's either"
    assert len(on_disk()) == 4
    first = connect(is_sandbox=is_sandbox, **embedded(tmp_path / "first"))
    migrate(first)
    sweep(first)
    assert known(first) == [("error", "of the first"), ("sent", "of the first")]
    assert on_disk() == []


@pytest.mark.parametrize("by", ["1.0", "no connection", "no readable connection"])
def test_what_was_kept_for_no_known_warehouse_goes_into_the_next_real_one(
    connect: Connect, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str
) -> None:
    if by == "1.0":
        fail(connect(), "of 1.0")
        for file in on_disk():
            file.rename(state_dir() / "spool" / file.name)
    elif by == "no connection":
        nowhere = connect()
        monkeypatch.delenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT")
        fail(nowhere, "of 1.0")
    else:
        fail(connect(extra={"embedded_path": "not/absolute"}), "of 1.0")
    made_up = connect(is_sandbox=True, extra={"embedded_path": "not/absolute either"})
    fail(made_up, "of the sandbox")
    made_up = connect(is_sandbox=True, **embedded(tmp_path / "made-up"))
    migrate(made_up)
    sweep(made_up)
    assert {run for _, run in known(made_up)} == {"of the sandbox"}
    assert len(on_disk()) == 4
    real = connect(**embedded(tmp_path / "real"))
    migrate(real)
    sweep(real)
    assert {run for _, run in known(real)} == {"of 1.0"}
    assert on_disk() == []


def test_a_warehouse_is_its_address_whoever_connects(connect: Connect, tmp_path: Path, unused_port: int) -> None:
    server = connect(host="CH.example.com", login="etl", password="pass-word").identity
    assert server.startswith("ch.example.com-9000-")
    assert connect(host="ch.example.com", port=9000, login="bi", extra={"http_port": 1}).identity == server
    assert connect(host="ch.example.com", extra={"secure": True}).identity.startswith("ch.example.com-9440-")
    others = ({"host": "ch.example.com", "port": unused_port}, {"host": "ch-example.com"}, {})
    folders = [embedded(tmp_path / name) for name in ("a-b", "a b", "a/b", "ё" * 100)]
    found = [connect(**other).identity for other in (*others, *folders)]
    assert len({*found, server, ""}) == len(found) + 2
    assert max(len(name.encode()) for name in found) < 255


def test_an_installation_that_was_moved_finds_what_it_kept(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = connect(**embedded(tmp_path / "warehouse")).identity
    monkeypatch.setenv("ZAKAZ_STATE_DIR", str(tmp_path / "elsewhere"))
    assert connect(**embedded(tmp_path / "elsewhere" / "warehouse")).identity == before
    assert connect(**embedded(tmp_path / "warehouse")).identity != before


def test_two_warehouses_are_swept_side_by_side(connect: Connect, tmp_path: Path, sandbox: Sandbox) -> None:
    busy = connect(host="ch.example.com")
    assert busy.identity
    free = connect(**embedded(tmp_path / "free"))
    migrate(free)
    outbox.keep(free, "meta.etl_runs", {"job": "vk_fetch"})
    with held(busy, SWEEP, 0):
        sweep(free)
    assert on_disk() == []
