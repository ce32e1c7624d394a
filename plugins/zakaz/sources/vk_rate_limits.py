"""The rate limits of one API user, shared by all callers within a process."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from zakaz.days import MOSCOW
from zakaz.errors import SourceUnavailable

LONGEST_PAUSE_SECONDS = 60.0
SECOND, HOUR, DAY = "1", "3600", "86400"
# Headers with the remaining calls, by length of the window in seconds (VK Ads; reference/vk_ads_api.md, 4).
LEFT = {HOUR: "X-RateLimit-Hourly-Remaining", DAY: "X-RateLimit-Daily-Remaining"}
PER_SECOND = "X-RateLimit-RPS-Limit"


def until_open(window: str, now: datetime) -> float:
    """Seconds until an exhausted window resets. The daily reset at Moscow midnight is from reports of VK's users.

    :param window: 1, 3600 or 86400 seconds.
    :param now: an aware instant.
    """
    here = now.astimezone(MOSCOW)
    if window == DAY:
        midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - here).total_seconds()
    if window == HOUR:
        return 3600 - here.minute * 60 - here.second - here.microsecond / 1e6
    return 1 - here.microsecond / 1e6


def opening(seconds: float, now: datetime) -> str:
    """The end of a pause as readable Moscow time, rounded up to the minute."""
    return f"{now.astimezone(MOSCOW) + timedelta(seconds=seconds + 59):%d.%m %H:%M} MSK ({seconds:.0f} s)"


@dataclass
class _Method:
    """The state of one method: VK counts each separately."""

    known: bool = False
    per_second: int | None = None
    second: int = 0
    sent: int = 0
    in_flight: int = 0
    closed_until: float = 0.0


class RateBudget:
    """Lets calls through as the API's headers allow; VK publishes no limits, so the first call of a method runs alone.

    :param now: seconds since 1970, for tests.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._methods: dict[str, _Method] = defaultdict(_Method)
        self._changed = threading.Condition()

    @contextmanager
    def call(self, path: str) -> Iterator[Callable[[Mapping[str, str]], None]]:
        """Wait for a slot; yield a callback that takes the response headers.

        :param path: the method.
        :raises SourceUnavailable: the next slot is more than a minute away; the message says when it opens.
        """
        self._wait(path)
        try:
            yield lambda headers: self._learn(path, headers)
        finally:
            with self._changed:
                self._methods[path].in_flight -= 1
                self._changed.notify_all()

    def closed(self, path: str, seconds: float) -> None:
        """Block a method for some seconds, as the API asked."""
        with self._changed:
            method = self._methods[path]
            method.closed_until = max(method.closed_until, self._now() + seconds)

    def _wait(self, path: str) -> None:
        with self._changed:
            method = self._methods[path]
            while (pause := self._pause(path, method)) != 0:
                self._changed.wait(pause)
            method.sent += 1
            method.in_flight += 1

    def _pause(self, path: str, method: _Method) -> float | None:
        """Seconds to wait; None means until something changes."""
        now = self._now()
        if (closed := method.closed_until - now) > 0:
            if closed > LONGEST_PAUSE_SECONDS:
                opens = opening(closed, datetime.fromtimestamp(now, MOSCOW))
                raise SourceUnavailable(f"{path}: the rate limit is used up until {opens}", closed)
            return closed
        if not method.known and method.in_flight:
            return None
        if method.second != int(now):
            method.second, method.sent = int(now), 0
        return 1 - now % 1 if method.per_second and method.sent >= method.per_second else 0

    def _learn(self, path: str, headers: Mapping[str, str]) -> None:
        with self._changed:
            method, now = self._methods[path], self._now()
            method.known = True
            if (limit := headers.get(PER_SECOND, "")).isdecimal() and int(limit):
                method.per_second = int(limit)
            for window, name in LEFT.items():
                if headers.get(name) == "0":
                    opens = now + until_open(window, datetime.fromtimestamp(now, MOSCOW))
                    method.closed_until = max(method.closed_until, opens)
            self._changed.notify_all()
