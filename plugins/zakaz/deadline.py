"""A deadline shared by all steps of a time-critical caller."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Deadline:
    """A moment after which no step may keep waiting.

    :param seconds: from now.
    """

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, at_most: float = math.inf) -> float:
        """Seconds left, or `at_most` if that is less; 0 once the deadline has passed."""
        return min(max(self._at - time.monotonic(), 0.0), at_most)


def call_within(seconds: float, call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a daemon thread, for calls without a timeout of their own, such as DNS lookups.

    :raises TimeoutError: no result in time; the thread is abandoned, not stopped.
    """
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(call(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result(timeout=seconds)
