"""Who has the folder of the embedded warehouse."""

import fcntl
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, ClassVar

from zakaz.errors import InvalidInput, WarehouseLocked


class FolderLock:
    """One process at a time in a warehouse folder; within the process, as many as like.

    chDB itself refuses a second process, but without a word on who has the folder and without waiting.

    :param folder: the warehouse folder; the lock is the file `<folder>.lock` beside it, which names its holder.
    """

    _guard = threading.Lock()
    _held: ClassVar[dict[Path, tuple[IO[str], int]]] = {}

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder.with_name(folder.name + ".lock")
        self._queue = folder.with_name(folder.name + ".wanted")

    def try_acquire(self) -> bool:
        """Take the lock if no other process has it.

        :raises InvalidInput: there can be no such folder.
        """
        with self._guard:
            if self._file in self._held:
                handle, count = self._held[self._file]
                self._held[self._file] = (handle, count + 1)
                return True
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                handle = self._file.open("a+", encoding="utf-8")
            except OSError as error:
                raise InvalidInput(
                    f"the embedded warehouse {self._folder} can't be used: {error.strerror}: {error.filename}. Check "
                    "embedded_path of the connection"
                ) from error
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.close()
                return False
            handle.truncate(0)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            json.dump({"pid": os.getpid(), "program": " ".join(sys.argv)[:200], "since": since}, handle)
            handle.flush()
            self._held[self._file] = (handle, 1)
            return True

    def release(self) -> None:
        """Give the lock back."""
        with self._guard:
            handle, count = self._held[self._file]
            if count > 1:
                self._held[self._file] = (handle, count - 1)
            else:
                del self._held[self._file]
                handle.close()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let the holder know that this process waits, until the end of the block."""
        with self._queue.open("a", encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield

    def is_wanted(self) -> bool:
        """Whether a process waits for the folder."""
        with self._queue.open("a", encoding="utf-8") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def in_use(self, wait_seconds: float) -> WarehouseLocked:
        """The error of whoever waited in vain."""
        return WarehouseLocked(
            f"the embedded warehouse {self._folder} is in use by {self.holder()} and was not free within "
            f"{wait_seconds:g} s: wait for that process or stop it"
        )

    def holder(self) -> str:
        """Which process has it, in words."""
        try:
            holder = json.loads(self._file.read_text(encoding="utf-8"))
            return f"process {holder['pid']} ({holder['program']}, since {holder['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"
