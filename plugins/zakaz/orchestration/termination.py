"""How a task that is told to end gets to say so."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def terminated(signal_name: str) -> BaseException:
    """The exception that ends the work of a task which is told to end."""
    from airflow.sdk.exceptions import AirflowTaskTerminated

    return AirflowTaskTerminated(f"the task was told to end ({signal_name})")


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the work of a task by an exception, so that its attempt is recorded.

    Airflow by itself only calls `on_kill`, and kills the process five seconds later without a word.

    :raises AirflowTaskTerminated: in the block, when the signal arrives.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise terminated("SIGTERM")

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
