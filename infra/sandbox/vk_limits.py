"""Rate limits of the VK Ads API, by user and method. Always told; enforced only if a number of calls is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from werkzeug import Response

from sandbox.replies import json_reply

TOLD_RPS = 50  # where none is enforced
_HOURLY, _DAILY = 20_000, 200_000
_HEADERS = {"1": "RPS", "3600": "Hourly", "86400": "Daily"}
_RESOURCES = ("AdPlans", "AdGroups", "Banners", "Statistics", "User", "Regions")


class RateLimits:
    """The limits, and the calls of the present calendar second. Safe to use from several threads."""

    def __init__(self, rps: int | None, clock: Callable[[], float] = time.time) -> None:
        """Start with nothing counted.

        :param rps: calls of one method in one calendar second; ``None`` lets every call pass.
        :param clock: seconds since 1970.
        """
        # By window in seconds.
        self.limits = {"1": rps or TOLD_RPS, "3600": _HOURLY, "86400": _DAILY}
        self._enforced = rps is not None
        self._clock = clock
        self._calls: dict[tuple[str, str], tuple[int, int]] = {}
        self._lock = threading.Lock()

    def take(self, user: str, method: str) -> int | None:
        """Count a call, and return how many more its second has room for; ``None`` if it had none for this one."""
        second = int(self._clock())
        with self._lock:
            counted_in, calls = self._calls.get((user, method), (second, 0))
            calls = calls + 1 if counted_in == second else 1
            self._calls[user, method] = second, calls
        left = self.limits["1"] - calls
        return None if left < 0 and self._enforced else max(left, 0)

    def headers(self, left: int) -> dict[str, str]:
        """Return the headers that tell the limits.

        :param left: how many calls the present second has room for.
        """
        return self._told(self._remaining() | {"1": left})

    def refusal(self, window: str = "1", retry_after: float | None = None) -> Response:
        """Return the 429 of a used-up window.

        :param window: ``1``, ``3600`` or ``86400``.
        :param retry_after: seconds for the ``Retry-After`` header, which the API may leave out.
        """
        left = self._remaining() | {window: 0}
        more = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        return json_reply({"limits": self.limits, "remaining": left}, 429, {**self._told(left), **more})

    def throttling(self) -> dict[str, object]:
        """Return the body of ``throttling.json``."""
        told = {"limits": self.limits, "remaining": self._remaining()}
        return {name: {"v2": {"READ": told}} for name in _RESOURCES}

    def _remaining(self) -> dict[str, int]:
        return {window: limit - 1 for window, limit in self.limits.items()}

    def _told(self, left: dict[str, int]) -> dict[str, str]:
        told = {}
        for window, name in _HEADERS.items():
            told[f"X-RateLimit-{name}-Limit"] = str(self.limits[window])
            told[f"X-RateLimit-{name}-Remaining"] = str(left[window])
        return told
