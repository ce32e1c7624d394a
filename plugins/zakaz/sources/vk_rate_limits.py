"""The rate limits of one API user, shared by all of a process that call in its name."""

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
# Header of the calls that are left, by the length of its window in seconds (VK Ads; reference/vk_ads_api.md, 4).
LEFT = {HOUR: "X-RateLimit-Hourly-Remaining", DAY: "X-RateLimit-Daily-Remaining"}
PER_SECOND = "X-RateLimit-RPS-Limit"


def until_open(window: str, now: datetime) -> float:
    """Seconds until a used-up window opens again. The day's reset at Moscow midnight is what VK's users report.

    :param window: 1, 3600 or 86400.
    :param now: an instant.
    """
    here = now.astimezone(MOSCOW)
    if window == DAY:
        midnight = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - here).total_seconds()
    if window == HOUR:
        return 3600 - here.minute * 60 - here.second - here.microsecond / 1e6
    return 1 - here.microsecond / 1e6


def opening(seconds: float, now: datetime) -> str:
    """When a pause is over, as people read it; rounded up, so that at the minute named it is over."""
    return f"{now.astimezone(MOSCOW) + timedelta(seconds=seconds + 59):%d.%m %H:%M} MSK ({seconds:.0f} s)"


@dataclass
class _Method:
    """What is known of one method: VK counts each by itself."""

    known: bool = False
    per_second: int | None = None
    second: int = 0
    sent: int = 0
    asking: int = 0
    closed_until: float = 0.0


class RateBudget:
    """Lets calls through as the API's own headers allow; no figures are published, so the first call finds them out.

    :param now: seconds since 1970, for tests.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._methods: dict[str, _Method] = defaultdict(_Method)
        self._changed = threading.Condition()

    @contextmanager
    def call(self, path: str) -> Iterator[Callable[[Mapping[str, str]], None]]:
        """Wait for a place, and give what is to be told the headers of the answer.

        :param path: the method.
        :raises SourceUnavailable: the next place is more than a minute off; the message says when it is.
        """
        self._wait(path)
        try:
            yield lambda headers: self._heard(path, headers)
        finally:
            with self._changed:
                self._methods[path].asking -= 1
                self._changed.notify_all()

    def closed(self, path: str, seconds: float) -> None:
        """Let no call through for so long: the API said so."""
        with self._changed:
            method = self._methods[path]
            method.closed_until = max(method.closed_until, self._now() + seconds)

    def _wait(self, path: str) -> None:
        with self._changed:
            method = self._methods[path]
            while (pause := self._pause(path, method)) != 0:
                self._changed.wait(pause)
            method.sent += 1
            method.asking += 1

    def _pause(self, path: str, method: _Method) -> float | None:
        """Seconds to wait, None until something changes."""
        now = self._now()
        if (closed := method.closed_until - now) > 0:
            if closed > LONGEST_PAUSE_SECONDS:
                opens = opening(closed, datetime.fromtimestamp(now, MOSCOW))
                raise SourceUnavailable(f"{path}: the rate limit is used up until {opens}", closed)
            return closed
        if not method.known and method.asking:
            return None
        if method.second != int(now):
            method.second, method.sent = int(now), 0
        return 1 - now % 1 if method.per_second and method.sent >= method.per_second else 0

    def _heard(self, path: str, headers: Mapping[str, str]) -> None:
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
