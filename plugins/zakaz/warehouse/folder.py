"""The way into the folder of the embedded warehouse."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zakaz.warehouse.embedded import EmbeddedEngine
from zakaz.warehouse.folder_lock import FolderLock

POLL_SECONDS = 0.02


def open_folder(folder: Path, settings: Mapping[str, Any], wait_seconds: float) -> EmbeddedEngine:
    """Open the embedded warehouse.

    :param folder: where the data lie.
    :param settings: ClickHouse settings for every statement.
    :param wait_seconds: how long to wait while another process has the folder.
    :raises WarehouseLocked: another process has it for longer than that.
    :raises InvalidInput: there can be no such folder.
    """
    deadline = time.monotonic() + wait_seconds
    lock = FolderLock(folder)
    if not lock.try_acquire():
        with lock.waiting():
            while not lock.try_acquire():
                if time.monotonic() >= deadline:
                    raise lock.in_use(wait_seconds)
                time.sleep(POLL_SECONDS)
    return EmbeddedEngine(folder, lock, settings, max(deadline - time.monotonic(), 0))
