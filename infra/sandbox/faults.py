"""Faults on request: what goes wrong, for which calls, and how often."""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass
from typing import Any

from sandbox import qtickets_faults, vk_faults
from sandbox.telegram import PART_REFUSALS

# Kinds that spoil the token a call presents, and let the call go on to find that out.
TOKEN_KINDS = ("expired_token", "invalid_token", "revoked_token")
_ALL = ("400", "403", "429", "500", "503", "timeout", "stall", "disconnect", "cut_json", "html", "replace")
# Refusals that depend on what is asked for.
VK_REFUSALS = ("bad_id", "limit_exceeded", "token_limit", "invalid_user")
_QTICKETS = (*qtickets_faults.DAMAGES, *qtickets_faults.DEAF, *qtickets_faults.UPDATED, *qtickets_faults.ACTIVE)
KINDS = {
    "vk_ads": (*_ALL, "404", *vk_faults.DAMAGES, *VK_REFUSALS, "other_account", *TOKEN_KINDS),
    "qtickets": (*_ALL, "401", "404", *_QTICKETS),
    "telegram": (*_ALL, "401", "502", *PART_REFUSALS),
}
WINDOWS = ("1", "3600", "86400")  # of the VK Ads rate limits, in seconds
# Without a path of their own, faults wait for the calls that they can damage.
_PATHS = {
    "vk_ads": {
        **dict.fromkeys(vk_faults.STATISTICS_DAMAGES, "statistics/banners"),
        **dict.fromkeys(vk_faults.LIST_DAMAGES, "banners.json"),
        "bad_id": "statistics/banners",
        "limit_exceeded": "statistics/banners",
        "token_limit": "oauth2/token",
        "other_account": "user.json|ad_plans.json|ad_groups.json|banners.json",
    },
    "qtickets": {**dict.fromkeys(_QTICKETS, "/orders"), **dict.fromkeys(qtickets_faults.ACTIVE, "/events")},
}
_MAX_SECONDS = 3600.0


@dataclass
class Fault:
    r"""One fault.

    :param service: ``vk_ads``, ``qtickets`` or ``telegram``.
    :param kind: one of :data:`KINDS`.
    :param path: only calls with this in their path, or with one of several, ``a|b``; empty is all of them.
    :param times: how many more calls it spoils; ``None`` is "until cleared".
    :param seconds: how long a timeout or a stall lasts, or what a 429 asks the client to wait.
    :param window: which rate limit of VK Ads is used up by a 429.
    :param account: only calls with a token of this login of VK Ads, or of this organiser of QTickets; empty is all of
        them.
    :param find: for ``replace``: a regular expression; what it finds in the true answer is replaced,
    :param put: by this, with ``\1`` for a group. A lone surrogate U+DC80 to U+DCFF stands for a byte that is no UTF-8.
    """

    service: str
    kind: str
    path: str
    times: int | None
    seconds: float | None
    window: str
    account: str = ""
    find: str = ""
    put: str = ""

    def hits(self, service: str, path: str, *, login: str | None) -> bool:
        """Tell whether a call is spoilt by it.

        :param login: whose token it presents, if it presents one.
        """
        if (self.kind in TOKEN_KINDS and login is None) or self.account not in ("", login):
            return False
        here = any(part in path for part in self.path.split("|"))
        return self.service == service and self.times != 0 and here


class Faults:
    """The faults in force. Safe to use from several threads."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        service: str,
        kind: str,
        *,
        path: str = "",
        times: int | None = None,
        seconds: float | None = None,
        window: str = "1",
        account: str = "",
        find: str = "",
        put: str = "",
    ) -> Fault:
        """Put a fault in force, after those that already are. The parameters are those of :class:`Fault`.

        Without ``times`` it lasts until cleared, except for the token kinds, which spoil one token: otherwise each new
        token would be spoilt as well and no client could recover.

        :raises ValueError: an unknown value; the message lists what is allowed.
        """
        if service not in KINDS:
            msg = f"unknown service {service!r}, allowed: {', '.join(KINDS)}"
            raise ValueError(msg)
        if kind not in KINDS[service]:
            msg = f"unknown kind {kind!r} for {service}, allowed: {', '.join(KINDS[service])}"
            raise ValueError(msg)
        if times is not None and times < 1:
            msg = f"times {times} is too small, allowed: 1 and more"
            raise ValueError(msg)
        if seconds is not None and not 0 <= seconds <= _MAX_SECONDS:
            msg = f"seconds {seconds:g} is out of range, allowed: 0 to {_MAX_SECONDS:g}"
            raise ValueError(msg)
        if window not in WINDOWS:
            msg = f"unknown window {window!r}, allowed: {', '.join(WINDOWS)}"
            raise ValueError(msg)
        if (kind == "replace") != bool(find):
            msg = f"find {find!r} belongs to the kind replace, which needs it"
            raise ValueError(msg)
        try:
            re.compile(find)
        except re.error as error:
            msg = f"find {find!r} is no regular expression: {error}"
            raise ValueError(msg) from None
        if times is None and kind in TOKEN_KINDS:
            times = 1
        path = path or _PATHS.get(service, {}).get(kind, "")
        fault = Fault(service, kind, path, times, seconds, window, account, find, put)
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, service: str, path: str, *, login: str | None) -> Fault | None:
        """Return the first fault that spoils a call, and count the call.

        :param login: whose bearer token the call presents, if it presents one.
        """
        with self._lock:
            for fault in self._faults:
                if fault.hits(service, path, login=login):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults in force; a used-up one is not."""
        with self._lock:
            return [asdict(fault) for fault in self._faults if fault.times != 0]

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()
