"""A process keeps the embedded warehouse open for all others, and is missed by nobody when it ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from held_warehouse import held
from zakaz.errors import InvalidInput, WarehouseRefused, WarehouseUnavailable
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.folder_lock import FolderLock
from zakaz.warehouse.hook import WarehouseHook

ASK = """
import sys
from zakaz.warehouse.hook import WarehouseHook
print(WarehouseHook("w").execute(sys.argv[1]), "chdb" in sys.modules)
"""
SHARE = """
import sys
from zakaz.warehouse.hook import WarehouseHook
with WarehouseHook("w").shared():
    print("begun", flush=True)
    sys.stdin.read()
"""
SHARE_WHILE_USED = """
from unittest import mock
from zakaz.warehouse import hook
with mock.patch.object(hook, "UNUSED_SECONDS", 3):
    hook.WarehouseHook("w").share_while_used()
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the connection `w`; its path is short enough for a socket."""
    path = tmp_path_factory.mktemp("shared") / "w"
    monkeypatch.setenv("AIRFLOW_CONN_W", json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(path)}}))
    return path


@contextmanager
def shared() -> Iterator[psutil.Process]:
    """Share the folder, and wait until it is: the process that does."""
    with WarehouseHook("w").shared():
        yield until(sharing_process)


def until(found: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return value


def sharing_process(of: int | None = None) -> psutil.Process | None:
    """The child of a process that shares the folder, once it is there to be asked."""
    for child in psutil.Process(of).children():
        if "zakaz.warehouse.sharing_process" in child.cmdline():
            folder = Path(child.cmdline()[4])
            return child if folder.with_name("w.socket").exists() else None
    return None


def other_process(program: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR / "plugins")}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def is_free(folder: Path) -> bool:
    """Whether no process has it; seen from one that has nothing of it itself."""
    lock = FolderLock(folder)
    if not lock.try_acquire():
        return False
    lock.release()
    return True


def test_others_use_its_engine_and_load_none(folder: Path) -> None:
    with shared():
        WarehouseHook("w").execute(["CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n", "INSERT INTO t SELECT 7"])
        asking = [other_process(ASK, "SELECT n FROM t") for _ in range(3)]
        assert [one.communicate()[0].splitlines()[-1] for one in asking] == ["[(7,)] False"] * 3
        assert not is_free(folder)
    assert is_free(folder)
    assert not folder.with_name("w.socket").exists()
    assert WarehouseHook("w").execute("SELECT n FROM t") == [(7,)]


def test_what_the_hook_can_do_it_can_do_there(folder: Path) -> None:
    asked = WarehouseHook("w", origin={"dag": "d"})
    with shared(), asked.session():
        asked.execute("CREATE TABLE t (n UInt8, s String) ENGINE = MergeTree ORDER BY n")
        asked.insert("t", ["n", "s"], [[1, "Ё"], [2, b"\t"]])
        assert asked.execute("SELECT * FROM t WHERE n >= {n:UInt8} ORDER BY n", {"n": 1}) == [(1, "Ё"), (2, "\t")]
        assert asked.text("SELECT s FROM t WHERE n = 1", "JSONEachRow") == '{"s":"Ё"}\n'
        assert json.loads(asked.execute("SELECT getSetting('log_comment')")[0][0])["dag"] == "d"
        with pytest.raises(WarehouseRefused) as caught:
            asked.execute("SELEC 1")
        assert caught.value.code == 62
        assert asked.execute("SELECT 1") == [(1,)]
    assert is_free(folder)


def test_it_waits_for_the_folder(folder: Path) -> None:
    folder.mkdir()
    with ExitStack() as other:
        other.enter_context(held(folder))
        with WarehouseHook("w").shared():
            time.sleep(1)
            assert sharing_process() is None
            other.close()
            assert until(sharing_process)
            assert WarehouseHook("w").execute("SELECT 1") == [(1,)]


def test_a_folder_that_is_not_free_before_the_end_stops_nobody(folder: Path) -> None:
    folder.mkdir()
    with held(folder):
        before = time.monotonic()
        with WarehouseHook("w").shared(), pytest.raises(WarehouseUnavailable, match="is in use by"):
            WarehouseHook("w", within_seconds=1.5).execute("SELECT 1")
        assert time.monotonic() - before < 5
    assert is_free(folder)


def test_who_still_uses_it_is_waited_for(folder: Path) -> None:
    user = WarehouseHook("w")
    sharing = shared()
    process = sharing.__enter__()
    with user.session():
        process.terminate()
        time.sleep(1)
        assert user.execute("SELECT 1") == [(1,)]
        assert WarehouseHook("w").execute("SELECT 2") == [(2,)], "meanwhile it serves whoever comes"
        assert process.is_running()
        assert not is_free(folder)
    until(lambda: is_free(folder))
    sharing.__exit__(None, None, None)


def test_it_ends_with_the_process_that_wanted_it(folder: Path) -> None:
    with other_process(SHARE) as parent:
        until(lambda: sharing_process(parent.pid))
        parent.kill()
    until(lambda: is_free(folder))


def test_ctrl_c_and_ctrl_z_are_not_for_it(folder: Path) -> None:
    with shared() as process:
        assert os.getpgid(process.pid) == process.pid


def test_killed_in_the_middle_it_costs_no_call(folder: Path) -> None:
    user = WarehouseHook("w")
    with shared() as process, user.session():
        user.execute("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
        os.kill(process.pid, signal.SIGKILL)
        assert user.execute("SELECT count() FROM t") == [(0,)]
        user.insert("t", ["n"], [[1]])
    assert is_free(folder)
    with shared():  # its socket still lies there
        until(lambda: not is_free(folder))
        assert other_process(ASK, "SELECT n FROM t").communicate()[0].splitlines()[-1] == "[(1,)] False"


def test_no_answer_is_not_waited_for_any_longer_than_allowed(folder: Path) -> None:
    with shared() as process:
        process.suspend()
        before = time.monotonic()
        gave_up = pytest.raises(WarehouseUnavailable, match=rf"by process {process.pid} .* gave no answer within 0.5 s")
        with gave_up as kept:  # with all that it holds
            WarehouseHook("w", within_seconds=0.5).execute("SELECT 1")
        assert time.monotonic() - before < 5
        process.resume()
        assert WarehouseHook("w", within_seconds=20).execute("SELECT 1") == [(1,)]
    assert not process.is_running(), f"who gave up is not waited for: {kept}"


def test_a_time_out_in_the_middle_of_a_call_leaves_no_answer_for_the_next(folder: Path) -> None:
    def ended(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ended)
    try:
        with shared(), WarehouseHook("w").session() as user:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            with pytest.raises(KeyboardInterrupt):
                user.execute("SELECT 'late', sleepEachRow(1) FROM numbers(2)")
            assert user.execute("SELECT 2") == [(2,)]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_an_error_of_no_family_stays_what_it_is(folder: Path) -> None:
    with shared(), WarehouseHook("w").session() as user:
        with pytest.raises(ValueError, match="argument 2 is longer"):
            user.insert("t", ["a"], [[1, 2]])
        with pytest.raises(InvalidInput, match="has no typed text"):
            user.insert("t", ["a"], [[0.5]])
        assert user.execute("SELECT 1") == [(1,)]


def ask(answers: list[Any]) -> None:
    """With one try."""
    try:
        answers.append(WarehouseHook("w", within_seconds=20).execute("SELECT 1"))
    except WarehouseUnavailable as error:
        answers.append(error)


def sharer_of(folder: Path) -> psutil.Process | None:
    """The process that nobody waits for, wherever it is."""
    for process in psutil.process_iter(["cmdline"]):
        if str(folder) in (process.info["cmdline"] or []) and folder.with_name("w.socket").exists():
            return process
    return None


def test_it_outlives_who_wanted_it_as_long_as_it_is_used(folder: Path) -> None:
    with other_process(SHARE_WHILE_USED) as parent:
        parent.wait()
    process = until(lambda: sharer_of(folder))
    with WarehouseHook("w").session() as user:
        time.sleep(4)
        assert user.execute("SELECT 1") == [(1,)]
        assert process.is_running()
    time.sleep(1)
    assert not is_free(folder), "somebody may come back"
    until(lambda: is_free(folder))


def test_a_folder_that_is_removed_is_shared_no_more(folder: Path) -> None:
    with shared():
        WarehouseHook("w").execute("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n")
        shutil.rmtree(folder)
        until(lambda: is_free(folder))
        assert WarehouseHook("w").execute("EXISTS TABLE t") == [(0,)]


def test_a_large_message_is_not_waited_with_for_ever(folder: Path) -> None:
    with shared() as process, WarehouseHook("w", within_seconds=1).session() as user:
        user.execute("CREATE TABLE t (s String) ENGINE = MergeTree ORDER BY s")
        process.suspend()
        before = time.monotonic()
        try:
            with pytest.raises(WarehouseUnavailable, match="gave no answer"):
                user.insert("t", ["s"], [["s" * 5_000_000]])
        finally:
            process.resume()
        assert time.monotonic() - before < 5


def test_whoever_is_at_the_door_when_it_ends_is_served(folder: Path) -> None:
    answers: list[Any] = []
    asking = [threading.Thread(target=ask, args=(answers,)) for _ in range(3)]
    with shared() as process:
        process.suspend()
        process.terminate()
        try:
            for one in asking:
                one.start()
            time.sleep(0.5)
        finally:
            process.resume()
        for one in asking:
            one.join()
    assert answers == [[(1,)]] * 3


@pytest.mark.parametrize("is_heard", [True, False])
def test_who_comes_too_late_opens_the_folder_for_himself(folder: Path, is_heard: bool) -> None:
    """He connected, and the process ended before it let him in."""
    answers: list[Any] = []
    asking = threading.Thread(target=ask, args=(answers,))
    with ExitStack() as ending, socket.socket(socket.AF_UNIX) as door:
        ending.enter_context(held(folder))
        door.bind(str(folder.with_name("w.socket")))
        door.listen()
        asking.start()
        link, _ = door.accept()
        if is_heard:
            link.recv(4)
        link.close()
        ending.close()
    asking.join()
    assert answers == [[(1,)]]


def test_what_was_asked_by_one_who_is_gone_is_ended(folder: Path) -> None:
    with shared():
        user = WarehouseHook("w")
        user.execute("CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n")
        slow = "INSERT INTO t SELECT number + sleepEachRow(0.5) FROM numbers(6) SETTINGS max_block_size = 1"
        with other_process(ASK, slow) as gone:
            until(lambda: user.execute("SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO t%'")[0][0])
            gone.kill()
        time.sleep(4)
        assert user.execute("SELECT count() FROM t") == [(0,)]


def test_what_another_user_listens_at_is_not_trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shared():
        monkeypatch.setattr("zakaz.warehouse.shared_engine.os.geteuid", lambda: 12345)
        with pytest.raises(WarehouseUnavailable, match="is in use by process"):
            WarehouseHook("w", within_seconds=0.5).execute("SELECT 1")


def test_only_its_own_user_may_connect(folder: Path) -> None:
    with shared():
        assert folder.with_name("w.socket").stat().st_mode & 0o077 == 0


def test_a_path_too_long_for_a_socket_is_not_shared_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ("w" * 90)
    monkeypatch.setenv("AIRFLOW_CONN_W", json.dumps({"conn_type": "clickhouse", "extra": {"embedded_path": str(path)}}))
    with caplog.at_level("INFO"), WarehouseHook("w").shared():
        assert WarehouseHook("w").execute("SELECT 1") == [(1,)]
    assert "too long a path for a socket" in caplog.text


def test_a_server_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_W", "clickhouse://default:@127.0.0.1:9/")
    before = psutil.Process().children()
    with WarehouseHook("w").shared():
        assert psutil.Process().children() == before
