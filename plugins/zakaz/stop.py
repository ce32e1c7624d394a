"""Ctrl-C and SIGTERM for a program that runs many tasks: the current task is ended, and no further one starts."""

import contextlib
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zakaz.errors import TaskTerminated

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether this program was asked to stop; known even if a task installs signal handlers of its own."""

    def __init__(self, wakeups: socket.socket) -> None:
        self._wakeups = wakeups
        self._is_requested = False
        self._is_in_task = False

    @property
    def is_requested(self) -> bool:
        """Whether one of the signals has arrived."""
        with contextlib.suppress(OSError):  # nothing to read, or the socket is closed
            while received := self._wakeups.recv(64):
                self._is_requested |= any(number in SIGNALS for number in received)
        return self._is_requested

    @contextmanager
    def in_task(self) -> Iterator[None]:
        """A block in which the signals raise TaskTerminated, so that the attempt is recorded."""
        self._install()  # each task leaves a handler of Airflow's behind
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
            self._is_in_task = False  # a second signal must not interrupt the cleanup
            raise TaskTerminated(f"the task was told to end ({signal.Signals(number).name})")


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Handle SIGINT and SIGTERM until the end of the block."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        stop = Stop(reader)
        stop._install()  # noqa: SLF001 - private to this module
        try:
            yield stop
        finally:
            stop.is_requested  # noqa: B018 - read the socket before it is closed
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
