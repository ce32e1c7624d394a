"""The embedded warehouse: one process at a time in its folder, and whoever waits is told for whom."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zakaz.errors import InvalidInput, WarehouseLocked, WarehouseRefused
from zakaz.warehouse.hook import WarehouseHook

PLUGINS = Path(__file__).parents[2] / "plugins"
HOLD = """
import sys
from pathlib import Path
from zakaz.warehouse.folder_lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.acquire(0)
print("held", flush=True)
sys.stdin.read()
lock.release()
"""
HOLD_WITHOUT_THE_LOCK = """
import sys, chdb
engine = chdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""
Holder = subprocess.Popen[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the connection `w`."""
    path = tmp_path / "warehouse"
    monkeypatch.setenv("AIRFLOW_CONN_W", json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(path)}}))
    return path


@pytest.fixture
def other_process(folder: Path) -> Iterator[Callable[[str], Holder]]:
    """Starts a process that has the folder until its standard input ends."""
    started: list[Holder] = []

    def start(program: str) -> Holder:
        environment = {**os.environ, "PYTHONPATH": str(PLUGINS)}
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def is_free(folder: Path) -> bool:
    """Whether another process could take the folder now."""
    environment = {**os.environ, "PYTHONPATH": str(PLUGINS)}
    command = [sys.executable, "-c", HOLD, str(folder)]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def test_whoever_waits_too_long_is_told_for_whom(folder: Path, other_process: Callable[[str], Holder]) -> None:
    holder = other_process(HOLD)
    begun = time.monotonic()
    with pytest.raises(WarehouseLocked) as caught:
        WarehouseHook("w", within_seconds=0.5).execute("SELECT 1")
    assert 0.5 <= time.monotonic() - begun < 5
    assert f"in use by process {holder.pid} (-c {folder}, since 20" in str(caught.value)
    assert "not free within 0.5 s" in str(caught.value)


def test_whoever_waits_goes_on_when_the_folder_is_free(folder: Path, other_process: Callable[[str], Holder]) -> None:
    holder = other_process(HOLD)
    assert holder.stdin
    freed = threading.Timer(0.7, holder.stdin.close)
    freed.start()
    begun = time.monotonic()
    assert WarehouseHook("w", within_seconds=60).execute("SELECT 1") == [(1,)]
    assert time.monotonic() - begun >= 0.7
    freed.join()


def test_a_killed_process_leaves_no_lock(folder: Path, other_process: Callable[[str], Holder]) -> None:
    holder = other_process(HOLD)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert WarehouseHook("w", within_seconds=1).execute("SELECT 1") == [(1,)]


def test_a_program_that_does_not_know_the_lock_is_waited_for_too(
    folder: Path, other_process: Callable[[str], Holder]
) -> None:
    holder = other_process(HOLD_WITHOUT_THE_LOCK)
    with pytest.raises(WarehouseLocked, match="Another program that uses chDB") as caught:
        WarehouseHook("w", within_seconds=1).execute("SELECT 1")
    assert "\n" not in str(caught.value)
    assert "@ 0x" not in str(caught.value)
    assert is_free(folder)
    holder.kill()
    holder.wait()
    assert WarehouseHook("w", within_seconds=30).execute("SELECT 1") == [(1,)]


def test_the_lock_goes_with_the_last_hook_of_the_process(folder: Path) -> None:
    first, second = WarehouseHook("w", within_seconds=1), WarehouseHook("w", within_seconds=1)
    with first.session():
        first.execute("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
        with second.session():
            second.insert("t", ["n"], [[5]])
            assert first.execute("SELECT n FROM t") == second.execute("SELECT n FROM t") == [(5,)]
        assert not is_free(folder)
        assert first.execute("SELECT n FROM t") == [(5,)]
    assert is_free(folder)
    assert second.execute("SELECT n FROM t") == [(5,)]


def test_an_error_gives_the_lock_back(folder: Path) -> None:
    warehouse = WarehouseHook("w", within_seconds=1)
    with pytest.raises(WarehouseRefused):
        warehouse.execute("SELEC 1")
    assert is_free(folder)
    with pytest.raises(KeyboardInterrupt), warehouse.session():
        raise KeyboardInterrupt
    assert is_free(folder)


def test_a_folder_that_can_not_be_is_refused_at_once(folder: Path) -> None:
    folder.write_text("no folder")
    begun = time.monotonic()
    with pytest.raises(InvalidInput, match=r"embedded warehouse .*/warehouse can't be used: .* Check embedded_path"):
        WarehouseHook("w", within_seconds=60).execute("SELECT 1")
    assert time.monotonic() - begun < 5


def test_what_is_at_hand_stays_open_between_the_calls_of_other_hooks(folder: Path) -> None:
    with WarehouseHook("w").at_hand():
        assert WarehouseHook("w").execute("SELECT 1") == [(1,)]
        assert not is_free(folder)
    assert is_free(folder)


def test_what_is_at_hand_is_given_to_a_process_that_waits(folder: Path) -> None:
    """A backfill waits for a source for hours; the status page and the daily run need the warehouse meanwhile."""
    ask = "from zakaz.warehouse.hook import WarehouseHook; print(WarehouseHook('w').execute('SELECT 2'))"
    with WarehouseHook("w").at_hand():
        environment = {**os.environ, "PYTHONPATH": str(PLUGINS), "WAREHOUSE_WAIT_SECONDS": "30"}
        other = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True)
        assert other.stdout.endswith("[(2,)]\n"), other.stderr
        assert is_free(folder)
        assert WarehouseHook("w").execute("SELECT 1") == [(1,)]


def test_what_can_not_be_had_at_hand_stops_nobody(folder: Path, other_process: Callable[[str], Holder]) -> None:
    holder = other_process(HOLD)
    with WarehouseHook("w", within_seconds=0.2).at_hand():
        holder.kill()
        assert WarehouseHook("w", within_seconds=30).execute("SELECT 1") == [(1,)]
