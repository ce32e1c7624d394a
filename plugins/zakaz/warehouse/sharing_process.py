"""The process that shares the embedded warehouse.

python -m zakaz.warehouse.sharing_process FOLDER (--parent PID | --unused SECONDS)
"""

import argparse
import contextlib
import json
import logging
import os
import pickle
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from zakaz.errors import ZakazError
from zakaz.warehouse.embedded import EmbeddedEngine
from zakaz.warehouse.folder_lock import FolderLock
from zakaz.warehouse.shared_engine import socket_of
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
POLL_SECONDS = 0.05
BACKLOG = 128
# However often it is used, it goes at last: after an update it would serve on with the code from before.
LONGEST_SECONDS = 6 * 3600


def serve(folder: Path, is_wanted: Callable[[float], bool]) -> None:
    """Share a folder, once it is free, until it is wanted no more and nobody uses it.

    :param is_wanted: told for how many seconds nobody has used it.
    :raises ZakazError: it can't be opened.
    """
    began = time.monotonic()
    lock = FolderLock(folder)
    while not lock.try_acquire():
        if not is_wanted(time.monotonic() - began):
            return
        time.sleep(POLL_SECONDS)
    with contextlib.closing(_listener(folder)) as listener, _engine(folder, {}, lock) as engine:
        users = _Users(folder, engine)
        opened = os.open(folder, os.O_RDONLY)
        while is_wanted(users.idle_seconds()) or users.are_there():
            if not _is_still(opened, folder):
                os._exit(1)  # nothing that is done in a folder that was removed is worth a proper end
            users.admit(listener)
            users.end_what_nobody_waits_for()
        # Who is at the door already was not greeted, and opens the folder for himself.
        socket_of(folder).unlink(missing_ok=True)


def _listener(folder: Path) -> socket.socket:
    address = socket_of(folder)
    address.unlink(missing_ok=True)  # of a process that was killed; the lock is ours
    listener = socket.socket(socket.AF_UNIX)
    usual = os.umask(0o077)
    try:
        listener.bind(str(address))
    finally:
        os.umask(usual)
    listener.listen(BACKLOG)
    listener.settimeout(POLL_SECONDS)
    return listener


@contextlib.contextmanager
def _engine(folder: Path, settings: dict[str, Any], lock: FolderLock) -> Iterator[EmbeddedEngine]:
    engine = EmbeddedEngine(folder, lock, settings, 0)
    try:
        yield engine
    finally:
        engine.disconnect()


def _is_still(opened: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(opened), folder.stat())
    except FileNotFoundError:
        return False


class _User:
    """Who is connected: a thread, and an engine with the settings that he asked for."""

    def __init__(self, folder: Path, link: "Connection[Any, Any]", number: int) -> None:
        self._folder = folder
        self._link = link
        self._number = number
        self._calls = 0
        self._is_busy = False
        self.log_comment = ""
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def has_gone(self) -> bool:
        """Whether he left in the middle of a call: as long as he waits for its answer, he says nothing."""
        call = self._calls
        with contextlib.suppress(OSError):  # his thread has closed it this moment
            return self._is_busy and self._link.poll(0) and self._is_busy and call == self._calls
        return False

    def _serve(self) -> None:
        with self._link, contextlib.suppress(EOFError, OSError):
            settings = self._link.recv()
            # So that his statements can be told from all others.
            self.log_comment = json.dumps({**json.loads(settings["log_comment"]), "connection": self._number})
            lock = FolderLock(self._folder)
            lock.try_acquire()  # once more: this process has it
            try:
                engine = EmbeddedEngine(self._folder, lock, {**settings, "log_comment": self.log_comment}, 0)
            except Exception as error:  # noqa: BLE001 - it is raised at the caller, as if it had happened there
                self._link.send((None, _portable(error)))
                return
            try:
                self._link.send((None, None))
                while True:
                    self._link.send(self._answer(engine, *self._link.recv()))
            finally:
                engine.disconnect()

    def _answer(
        self, engine: EmbeddedEngine, method: str, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[Any, Exception | None]:
        self._calls += 1
        self._is_busy = True
        try:
            return getattr(engine, method)(*arguments, **options), None
        except Exception as error:  # noqa: BLE001 - as above
            return None, _portable(error)
        finally:
            self._is_busy = False


class _Users:
    """All who are connected."""

    def __init__(self, folder: Path, engine: EmbeddedEngine) -> None:
        self._folder = folder
        self._engine = engine
        self._users: list[_User] = []
        self._number = 0
        self._last_seen = time.monotonic()

    def admit(self, listener: socket.socket) -> None:
        """Let one in, if there is one."""
        try:
            link, _ = listener.accept()
            link.setblocking(True)
            self._number += 1
            user = _User(self._folder, Connection(link.detach()), self._number)
            user.thread.start()
        except TimeoutError:
            return
        except (OSError, RuntimeError):  # no more files or threads: it may be better in a moment
            log.exception("somebody can't be let in")
            time.sleep(POLL_SECONDS)
            return
        self._users = [*(one for one in self._users if one.thread.is_alive()), user]

    def are_there(self) -> bool:
        return any(user.thread.is_alive() for user in self._users)

    def idle_seconds(self) -> float:
        """Since when nobody has been there."""
        if self.are_there():
            self._last_seen = time.monotonic()
        return time.monotonic() - self._last_seen

    def end_what_nobody_waits_for(self) -> None:
        """End the statements of those who are gone: nothing runs on unseen, as if their engine had died with them."""
        for user in self._users:
            if user.thread.is_alive() and user.has_gone():
                self._engine.execute(statement("meta/kill_statement.sql"), {"log_comment": user.log_comment})


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - anything may be wrong with what others raise
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("--parent", type=int, metavar="PID", help="the process that wants it as long as it lives")
    until.add_argument("--unused", type=float, metavar="SECONDS", help="how long it goes on unused")
    given = parser.parse_args()
    began = time.monotonic()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())

    def is_wanted(idle_seconds: float) -> bool:
        if stopped.is_set():
            return False
        if given.parent:
            return bool(os.getppid() == given.parent)
        return idle_seconds < given.unused and time.monotonic() - began < LONGEST_SECONDS

    try:
        serve(given.folder, is_wanted)
    except (ZakazError, OSError) as failure:
        sys.exit(f"the warehouse is not shared, each task opens it for itself: {failure}")


if __name__ == "__main__":
    main()
