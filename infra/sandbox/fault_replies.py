"""What a spoilt call is answered with."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from werkzeug import Response

from sandbox.faults import Fault
from sandbox.replies import json_reply, nested_error
from sandbox.telegram import refusal
from sandbox.vk_limits import rate_limited

_TELEGRAM_RETRY_AFTER = 3  # seconds, when the fault names none
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_VK = {
    "400": ("ERR_WRONG_PARAMETER", "Wrong parameter"),
    "403": ("ERR_ACCESS_DENIED", "Access denied"),
    "404": ("ERR_WRONG_RESOURCE", "Wrong resource"),
    "500": ("ERR_INTERNAL", "Internal error"),
    "503": ("ERR_INTERNAL", "Service is temporarily unavailable"),
}
_TELEGRAM = {
    "400": "Bad Request: chat not found",
    "401": "Unauthorized",
    "403": "Forbidden: bot was kicked from the supergroup chat",
    "500": "Internal Server Error",
    "502": "Bad Gateway",
    "503": "Service Unavailable",
}


def html_page(title: str, status: int) -> Response:
    """Return the kind of page that a proxy puts in place of an answer."""
    return Response(_PAGE.format(title=title), status=status, content_type="text/html; charset=utf-8")


def refused(fault: Fault) -> Response | None:
    """Return the answer of a fault that leaves the call undone; ``None`` for the other faults."""
    if fault.kind == "html":
        return html_page("Technical works", 200)
    if fault.kind == "429":
        return rate_limited(fault.window, fault.seconds) if fault.service == "vk_ads" else _flood(fault.seconds)
    if fault.service == "vk_ads" and fault.kind in _VK:
        return nested_error(int(fault.kind), *_VK[fault.kind]).reply()
    if fault.service == "telegram" and fault.kind in _TELEGRAM:
        return refusal(int(fault.kind), _TELEGRAM[fault.kind])
    return None


def damaged(fault: Fault, reply: Response) -> Response:
    """Return the true answer with the damage of a fault; untouched if there is nothing to damage."""
    if fault.kind == "cut_json":
        # Setting the data sets Content-Length too: only reading the JSON shows that the end is missing.
        body = reply.get_data()
        reply.set_data(body[: len(body) // 2])
        return reply
    payload = json.loads(reply.get_data()) if reply.status_code == 200 else {}
    if "items" not in payload:
        return reply
    if fault.kind == "empty":
        payload["items"] = []
        if "count" in payload:
            payload["count"] = 0
        _clear(payload.get("total", {}))
    elif fault.kind == "bad_total":
        base = payload["total"]["base"]
        base["spent"] = str(Decimal(base["spent"]) + 1)
    elif fault.kind == "bad_figure":
        for row in [row for item in payload["items"] for row in item.get("rows", [])][:1]:
            row["base"]["spent"] = "n/a"
    return json_reply(payload)


def _flood(seconds: float | None) -> Response:
    wait = _TELEGRAM_RETRY_AFTER if seconds is None else int(seconds)
    return refusal(
        429,
        f"Too Many Requests: retry after {wait}",
        {"Retry-After": str(wait)},
        parameters={"retry_after": wait},
    )


def _clear(block: dict[str, Any]) -> None:
    for name, value in block.items():
        if isinstance(value, dict):
            _clear(value)
        else:
            block[name] = "0" if isinstance(value, str) else 0
