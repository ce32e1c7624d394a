"""Ctrl-C and SIGTERM for a program that works through many tasks: the one under way ends, and no further one begins."""

import contextlib
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zakaz.errors import TaskTerminated

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether this program was told to end; known whatever handlers a task puts in place meanwhile."""

    def __init__(self, wakeups: socket.socket) -> None:
        self._wakeups = wakeups
        self._is_requested = False
        self._is_in_task = False

    @property
    def is_requested(self) -> bool:
        """Whether one of the signals has come."""
        with contextlib.suppress(OSError):  # nothing has come, or it is over
            while received := self._wakeups.recv(64):
                self._is_requested |= any(number in SIGNALS for number in received)
        return self._is_requested

    @contextmanager
    def in_task(self) -> Iterator[None]:
        """A block that the signals end by an exception, so that the attempt is recorded."""
        self._install()  # Airflow leaves a handler of its own behind after each task
        self._is_in_task = True
        try:
            yield
        finally:
            self._is_in_task = False
            self._install()

    def _install(self) -> None:
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def _handle(self, number: int, _: Any) -> None:
        if self._is_in_task:
            self._is_in_task = False  # the first one is enough: what ends is not ended again
            raise TaskTerminated(f"the task was told to end ({signal.Signals(number).name})")


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Take SIGINT and SIGTERM until the end of the block."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        stop = Stop(reader)
        stop._install()  # noqa: SLF001 - nobody else does
        try:
            yield stop
        finally:
            stop.is_requested  # noqa: B018 - asked once more, since it can't be afterwards
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
