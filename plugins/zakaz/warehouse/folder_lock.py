"""The lock of the embedded warehouse's folder."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from zakaz.deadline import Deadline
from zakaz.errors import InvalidInput, WarehouseLocked

POLL_SECONDS = 0.02


class FolderLock:
    """Lets one process at a time into a warehouse folder; within the process, any number of engines.

    chDB itself refuses a second process, but neither names the first one nor waits for it. The lock is the file
    `<folder>.lock`, which names its holder; a process that waits for it holds `<folder>.wanted`.

    :param folder: the warehouse folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder.with_name(folder.name + ".lock")
        # One lock for all engines of the process, whichever thread opens or closes them.
        self._lock = FileLock(self._file, is_singleton=True, thread_local=False, on_acquired=_name_holder)
        self._queue = FileLock(folder.with_name(folder.name + ".wanted"), thread_local=False)

    def acquire(self, wait_seconds: float) -> None:
        """Take the lock.

        :raises WarehouseLocked: another process held it for longer than `wait_seconds`.
        :raises InvalidInput: the folder can't be created or written.
        """
        deadline = Deadline(wait_seconds)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                with self._queue.acquire(timeout=deadline.left(), poll_interval=POLL_SECONDS):
                    self._lock.acquire(timeout=deadline.left(), poll_interval=POLL_SECONDS)
        except Timeout:
            raise WarehouseLocked(
                f"the embedded warehouse {self._folder} is in use by {self._holder()} and was not free within "
                f"{wait_seconds:g} s: wait for that process or stop it"
            ) from None
        except OSError as error:
            raise InvalidInput(
                f"the embedded warehouse {self._folder} can't be used: {error.strerror}: {error.filename}. Check "
                "embedded_path of the connection"
            ) from error

    def release(self) -> None:
        """Release the lock; other processes get it once every engine of this process has released it."""
        self._lock.release()

    def is_wanted(self) -> bool:
        """Whether a process is waiting for the folder."""
        try:
            with self._queue.acquire(timeout=0):
                return False
        except Timeout:
            return True

    def _holder(self) -> str:
        try:
            holder = json.loads(self._file.read_text(encoding="utf-8"))
            return f"process {holder['pid']} ({holder['program']}, since {holder['since']})"
        except (OSError, ValueError, KeyError):
            return "another process"


def _name_holder(descriptor: int) -> None:
    """Write the holder into the lock file that was just locked."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = json.dumps({"pid": os.getpid(), "program": " ".join(sys.argv)[:200], "since": since})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, holder.encode(), 0)
