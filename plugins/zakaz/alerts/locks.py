"""Locks between the processes of this machine that raise and deliver alerts of one warehouse."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from filelock import FileLock, Timeout

from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
SWEEP = "sweep"


@contextmanager
def held(warehouse: WarehouseHook, name: str, seconds: float) -> Iterator[bool]:
    """Hold a lock until the end of the block; yields False if another process of this machine kept it for so long.

    A folder that can't be written delays no alert: nobody else can lock there either.
    """
    is_ours = True
    with ExitStack() as stack:
        try:
            folder = state_dir() / "alerts" / warehouse.identity
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / f"{name}.lock", timeout=seconds))
        except Timeout:
            is_ours = False
        except OSError as error:
            log.warning("alerts can't be locked: %s", error)
        yield is_ours
