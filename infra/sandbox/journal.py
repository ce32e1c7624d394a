"""Which calls arrived: counts, and the last of them without secrets."""

from __future__ import annotations

import re
import threading
from collections import Counter, deque
from typing import Any

from werkzeug import Request

_KEPT = 200
_SECRET = re.compile("token|secret|password", re.IGNORECASE)
_BOT = re.compile("^/bot[^/]*")


def public_path(path: str) -> str:
    """Return a path with the token of the Bot API masked."""
    return _BOT.sub("/bot***", path)


class Journal:
    """The calls of the services; the control endpoints are not counted."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._counts: Counter[str] = Counter()
        self._last: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def note(self, service: str, request: Request) -> dict[str, Any]:
        """Write a call down as it arrives.

        :returns: its entry, into which the caller puts the ``status`` of the reply.
        """
        query = {name: ",".join(request.args.getlist(name)) for name in request.args if not _SECRET.search(name)}
        entry = {
            "service": service,
            "method": request.method,
            "path": public_path(request.path),
            "query": query,
            "status": None,
        }
        with self._lock:
            self._counts[service] += 1
            self._last.append(entry)
        return entry

    def count(self, service: str) -> int:
        """Return how many calls a service had."""
        with self._lock:
            return self._counts[service]

    def told(self) -> dict[str, Any]:
        """Return the counts by service and the last calls, the oldest first."""
        with self._lock:
            return {"counts": dict(self._counts), "requests": [dict(entry) for entry in self._last]}

    def forget(self) -> None:
        """Start again with nothing."""
        with self._lock:
            self._counts.clear()
            self._last.clear()
