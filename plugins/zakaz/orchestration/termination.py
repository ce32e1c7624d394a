"""How a task that is told to end gets to say so."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zakaz import airflow_internals
from zakaz.errors import TERMINATED, TaskTerminated


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the work of a task by an exception, so that its attempt is recorded.

    Airflow by itself only calls `on_kill`, and kills the process five seconds later without a word; and what it raises
    for such an end is never tried again.

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
    """Whether the task of this process has a supervisor of Airflow's, and so somebody to start it again."""
    return not isinstance(airflow_internals.supervisor_comms(), airflow_internals.InProcessSupervisorComms)
