"""SIGTERM in a task, as an exception, so that the attempt is recorded."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zakaz import airflow_internals
from zakaz.errors import TERMINATED, TaskTerminated


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that the attempt is recorded.

    Airflow itself only calls `on_kill` and silently kills the process five seconds later, and it never retries a task
    after the exception that it raises for this.

    :raises TaskTerminated: in the block, when the signal arrives.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise TaskTerminated(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def is_supervised() -> bool:
    """Whether Airflow supervises the task of this process, and so can restart it."""
    return not isinstance(airflow_internals.supervisor_comms(), airflow_internals.InProcessSupervisorComms)
