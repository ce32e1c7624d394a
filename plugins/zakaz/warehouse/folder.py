"""The way into the folder of the embedded warehouse: for oneself, or through the process that shares it."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zakaz.warehouse.embedded import EmbeddedEngine
from zakaz.warehouse.engine import Engine
from zakaz.warehouse.folder_lock import FolderLock
from zakaz.warehouse.shared_engine import SharedEngine

POLL_SECONDS = 0.02


def open_folder(folder: Path, settings: Mapping[str, Any], wait_seconds: float, answer_seconds: float) -> Engine:
    """Open the embedded warehouse.

    :param folder: where the data lie.
    :param settings: ClickHouse settings for every statement.
    :param wait_seconds: how long to wait while another process has the folder for itself.
    :param answer_seconds: how long an answer of a process that shares it may take.
    :raises WarehouseLocked: another process has it for longer than that.
    :raises InvalidInput: there can be no such folder.
    """

    def reopen() -> Engine:
        return open_folder(folder, settings, wait_seconds, answer_seconds)

    deadline = time.monotonic() + wait_seconds
    lock = FolderLock(folder)
    while not lock.try_acquire():
        with contextlib.suppress(OSError, EOFError):  # nobody shares it
            return SharedEngine(folder, settings, answer_seconds, reopen)
        if time.monotonic() >= deadline:
            raise lock.in_use(wait_seconds)
        time.sleep(POLL_SECONDS)
    return EmbeddedEngine(folder, lock, settings, max(deadline - time.monotonic(), 0))
