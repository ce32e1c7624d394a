"""Rate limits of the VK Ads API. They are told, not enforced: a 429 comes from a fault."""

from __future__ import annotations

from werkzeug import Response

from sandbox.replies import json_reply

# By window in seconds.
LIMITS = {"1": 50, "3600": 20_000, "86400": 200_000}
_HEADERS = {"1": "RPS", "3600": "Hourly", "86400": "Daily"}
_RESOURCES = ("AdPlans", "AdGroups", "Banners", "Statistics", "User")


def remaining(used_up: str | None = None) -> dict[str, int]:
    """Return how many calls each window has left.

    :param used_up: the window that has none left.
    """
    return {window: 0 if window == used_up else limit - 1 for window, limit in LIMITS.items()}


def headers(used_up: str | None = None) -> dict[str, str]:
    """Return the headers that tell the limits."""
    left = remaining(used_up)
    told = {}
    for window, name in _HEADERS.items():
        told[f"X-RateLimit-{name}-Limit"] = str(LIMITS[window])
        told[f"X-RateLimit-{name}-Remaining"] = str(left[window])
    return told


def rate_limited(window: str, retry_after: float | None) -> Response:
    """Return the 429 of a used-up window.

    :param window: ``1``, ``3600`` or ``86400``.
    :param retry_after: seconds for the ``Retry-After`` header, which the API may leave out.
    """
    more = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return json_reply({"limits": LIMITS, "remaining": remaining(window)}, 429, {**headers(window), **more})


def throttling() -> dict[str, object]:
    """Return the body of ``throttling.json``."""
    return {name: {"v2": {"READ": {"limits": LIMITS, "remaining": remaining()}}} for name in _RESOURCES}
