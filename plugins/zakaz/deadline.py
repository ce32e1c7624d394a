"""One deadline for all the steps of a caller that must not be held up."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Deadline:
    """A moment that none of the steps it is handed to may wait past.

    :param seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, at_most: float = math.inf) -> float:
        """Seconds until then, or `at_most` if that is less; 0 once it has passed."""
        return min(max(self._at - time.monotonic(), 0.0), at_most)


def call_within(seconds: float, call: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a daemon thread: a slow DNS look-up, for one, ends by no time-out of a socket.

    :raises TimeoutError: no result within so many seconds; the call goes on unwatched.
    """
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(call(*arguments))
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result(timeout=seconds)
