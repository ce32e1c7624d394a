"""Whether an attempt on this machine still has its process: the system itself ends a lock with its holder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from filelock import FileLock, Timeout

from zakaz.settings import state_dir


@contextmanager
def alive(run_id: UUID) -> Iterator[None]:
    """Hold the lock of an attempt while it works.

    A process that is killed, or a machine that loses its power, lets go of it without a word.
    """
    file = _file(run_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file):
        yield
    file.unlink(missing_ok=True)


def is_alive(run_id: UUID) -> bool:
    """Whether a process of this machine holds the lock of an attempt."""
    file = _file(run_id)
    if not file.exists():
        return False
    try:
        with FileLock(file, timeout=0):
            file.unlink(missing_ok=True)
            return False
    except Timeout:
        return True


def _file(run_id: UUID) -> Path:
    return state_dir() / "running" / f"{run_id}.lock"
