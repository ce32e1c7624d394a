"""A process that keeps the embedded warehouse open for all others of this machine.

The many tasks of a backfill use its engine, instead of loading chDB and opening the folder in each of them. So does
whoever else finds the folder taken meanwhile: the daily run, the status page, bin/zakaz.
"""

import argparse
import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from zakaz.errors import ZakazError
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.embedded import EmbeddedEngine
from zakaz.warehouse.folder_lock import FolderLock
from zakaz.warehouse.shared import socket_of

log = logging.getLogger(__name__)
POLL_SECONDS = 0.05
STOP_SECONDS = 10
BACKLOG = 128
# Of the address of a socket: 108 on Linux, 104 on macOS.
LONGEST_ADDRESS = 100


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Have a process share the folder, from when it is free until the end of the block.

    It goes on for those who still use it then, and it ends with this process, however that ends. If it can't be had,
    everybody opens the folder for himself, as without it.
    """
    process = _start(folder, "--with", str(os.getpid()))
    try:
        yield
    finally:
        if process is not None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)


def share(folder: Path, unused_seconds: float) -> None:
    """Have a process share the folder until nobody used it for so long; this process may end before."""
    _start(folder, "--unused", str(unused_seconds), start_new_session=True, stdout=subprocess.DEVNULL)


def _start(folder: Path, *until: str, **how: Any) -> "subprocess.Popen[bytes] | None":
    if len(os.fsencode(socket_of(folder))) > LONGEST_ADDRESS:
        log.info("%s: too long a path for a socket, each task opens the warehouse for itself", folder)
        return None
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR / "plugins")}
    command = [sys.executable, "-m", __name__, str(folder), *until]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, **how)


def serve(folder: Path, parent: int | None, unused_seconds: float) -> None:
    """Share the folder until it is wanted no more and nobody uses it.

    :param parent: the process that wants it as long as it lives.
    :param unused_seconds: without one, how long it may be unused.
    :raises ZakazError: it can't be opened.
    """
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us, and still has tasks to end
    users = _Users(folder)

    def is_wanted() -> bool:
        if stopped.is_set():
            return False
        return os.getppid() == parent if parent else time.monotonic() - users.last_seen() < unused_seconds

    lock = FolderLock(folder)
    while not lock.try_acquire():
        if not is_wanted():
            return
        time.sleep(POLL_SECONDS)
    with _open(folder, lock), users.admitted():
        opened = _identity(folder)
        while is_wanted() or users.are_there():
            if _identity(folder) != opened:
                return  # it was removed or put in another's place: what comes next is not for this engine
            time.sleep(POLL_SECONDS)


def _identity(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _open(folder: Path, lock: FolderLock, settings: dict[str, object] | None = None) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(folder, lock, settings or {}, 0)
    try:
        yield engine
    finally:
        engine.disconnect()


class _Users:
    """Who is connected: a thread and an engine for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads: list[threading.Thread] = []
        self._last_seen = time.monotonic()

    def are_there(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def last_seen(self) -> float:
        """When there was one; at the beginning, when we were."""
        if self.are_there():
            self._last_seen = time.monotonic()
        return self._last_seen

    @contextlib.contextmanager
    def admitted(self) -> Iterator[None]:
        """Let them in, and wait for the last of them."""
        address = socket_of(self._folder)
        address.unlink(missing_ok=True)  # of a process that was killed; the lock is ours
        usual = os.umask(0o077)
        listener = Listener(str(address), "AF_UNIX", BACKLOG)
        os.umask(usual)
        with listener:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield
        for thread in self._threads:  # who came at the last moment
            thread.join()

    def _accept(self, listener: Listener) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                thread = threading.Thread(target=self._serve, args=(listener.accept(),), daemon=True)
                thread.start()
                self._threads = [*(one for one in self._threads if one.is_alive()), thread]

    def _serve(self, connection: Connection) -> None:
        with connection, contextlib.suppress(EOFError, OSError):
            settings = connection.recv()
            lock = FolderLock(self._folder)
            lock.try_acquire()  # once more: the process has it
            with _open(self._folder, lock, settings) as engine:
                while True:
                    method, arguments, options = connection.recv()
                    connection.send(_answer(engine, method, arguments, options))


def _answer(
    engine: EmbeddedEngine, method: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> tuple[Any, Exception | None]:
    try:
        return getattr(engine, method)(*arguments, **options), None
    except Exception as error:  # noqa: BLE001 - it is raised at the caller, as if it had happened there
        return None, _portable(error)


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - anything may be wrong with what others raise
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(prog="zakaz.warehouse.sharing", description=__doc__)
    parser.add_argument("folder", type=Path)
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("--with", dest="parent", type=int, metavar="PID")
    until.add_argument("--unused", type=float, default=0.0, metavar="SECONDS")
    given = parser.parse_args()
    try:
        serve(given.folder, given.parent, given.unused)
    except (ZakazError, OSError) as failure:
        sys.exit(f"the warehouse is not shared, each task opens it for itself: {failure}")


if __name__ == "__main__":
    main()
