"""Whether an attempt on this machine still has its process: the system releases a lock when its holder dies."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import UUID

from filelock import FileLock

from zakaz.settings import state_dir

log = logging.getLogger(__name__)


@contextmanager
def alive(run_id: UUID) -> Iterator[bool]:
    """Hold the lock of an attempt while it works; yields whether it is held.

    A killed process or a power failure releases it. A full disk or a folder that can't be written fails no attempt.
    """
    file = _file(run_id)
    has_lock = False
    with ExitStack() as held:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(file))
        except OSError:
            log.warning("%s can't be locked: if this process is killed, that is noticed later", file, exc_info=True)
        else:
            held.callback(_remove, file)
            has_lock = True
        yield has_lock


def is_alive(run_id: UUID) -> bool:
    """Whether a process of this machine holds the lock of an attempt; a lock that can't be tried counts as held."""
    file = _file(run_id)
    if not file.exists():
        return False
    try:
        with FileLock(file, timeout=0):
            _remove(file)
            return False
    except OSError:  # a Timeout is one: it is held
        return True


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink()


def _file(run_id: UUID) -> Path:
    return state_dir() / "running" / f"{run_id}.lock"
