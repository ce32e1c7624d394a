"""What a spoilt call is answered with."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from werkzeug import Request, Response

from sandbox import qtickets_faults, vk_faults
from sandbox.faults import Fault
from sandbox.qtickets import QTicketsError
from sandbox.replies import auth_error, json_reply, nested_error, oauth_error
from sandbox.telegram import PART_REFUSALS, parameters, refusal
from sandbox.vk_limits import RateLimits

_TELEGRAM_RETRY_AFTER = 3  # seconds, when the fault names none
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_VK = {
    "400": ("ERR_WRONG_PARAMETER", "Wrong parameter"),
    "403": ("ERR_ACCESS_DENIED", "Access denied"),
    "404": ("ERR_WRONG_RESOURCE", "Wrong resource"),
    "500": ("ERR_INTERNAL", "Internal error"),
    "503": ("ERR_INTERNAL", "Service is temporarily unavailable"),
}
_QTICKETS = {
    "400": ("VALIDATION_ERROR", "Wrong filter"),
    "401": ("WRONG_AUTHORIZATION", "Access denied"),
    "403": ("WRONG_AUTHORIZATION", "Access denied"),
    "500": ("UNKNOWN_ERROR", "Unknown error"),
    "503": ("UNKNOWN_ERROR", "Unknown error"),
}
_LONGEST_WINDOW = timedelta(days=7)  # for ``limit_exceeded``
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


def refused(fault: Fault, limits: RateLimits) -> Response | None:
    """Return the answer of a fault that leaves the call undone; ``None`` for the other faults.

    :param limits: those of VK Ads.
    """
    if fault.kind == "html":
        return html_page("Technical works", 200)
    if fault.service == "vk_ads":
        return _refused_by_vk(fault, limits)
    if fault.service == "qtickets":
        return _refused_by_qtickets(fault)
    if fault.kind == "429":
        return _flood(fault.seconds)
    if fault.kind in _TELEGRAM:
        return refusal(int(fault.kind), _TELEGRAM[fault.kind])
    return None


def _refused_by_vk(fault: Fault, limits: RateLimits) -> Response | None:
    if fault.kind == "429":
        return limits.refusal(fault.window, fault.seconds)
    if fault.kind == "token_limit":
        return oauth_error(403, "token_limit_exceeded", "Only 5 active tokens are allowed").reply()
    if fault.kind == "invalid_user":
        return auth_error(fault.kind, "User is blocked").reply()
    if fault.kind in _VK:
        return nested_error(int(fault.kind), *_VK[fault.kind]).reply()
    return None


def _refused_by_qtickets(fault: Fault) -> Response | None:
    if fault.kind == "404":
        return html_page("404 Not Found", 404)
    if fault.kind == "429":
        after = {} if fault.seconds is None else {"Retry-After": f"{fault.seconds:g}"}
        return Response("Too Many Requests\n", 429, after, content_type="text/plain; charset=utf-8")
    if fault.kind in _QTICKETS:
        return QTicketsError(int(fault.kind), *_QTICKETS[fault.kind]).reply()
    return None


def refused_by_request(fault: Fault, request: Request, first_ad: int) -> Response | None:
    """Return the answer of a fault that depends on what a call asks for, if it asks for that.

    :param first_ad: the ad that ``bad_id`` makes unknown.
    """
    if fault.kind == "bad_id" and str(first_ad) in ",".join(request.args.getlist("id")).split(","):
        return nested_error(400, "ERR_WRONG_BANNERS", "Some of the objects are not available").reply()
    if fault.kind == "limit_exceeded":
        first, last = (request.args.get(name, type=date.fromisoformat) for name in ("date_from", "date_to"))
        if first and last and last - first >= _LONGEST_WINDOW:
            return nested_error(400, "ERR_LIMIT_EXCEEDED", "Too many days").reply()
    if fault.service == "telegram" and fault.kind in PART_REFUSALS:
        part, said = PART_REFUSALS[fault.kind]
        if part in parameters(request) or part in request.files:
            return refusal(400, f"Bad Request: {said}")
    if fault.kind in qtickets_faults.UPDATED and qtickets_faults.filters_by_update(request):
        if fault.kind == "refuse_updated":
            return QTicketsError(400, "VALIDATION_ERROR", "Unknown column updated_at").reply()
        return json_reply({"data": [], "paging": {"perPage": 50, "currentPage": 1, "total": 0}})
    if fault.kind in qtickets_faults.ACTIVE and qtickets_faults.filters_by_activity(request):
        if fault.kind == "refuse_active":
            return QTicketsError(400, "VALIDATION_ERROR", "Unknown column is_active").reply()
        return QTicketsError(503, *_QTICKETS["503"]).reply()
    return None


def damaged(fault: Fault, reply: Response) -> Response:
    """Return the true answer with the damage of a fault; untouched if there is nothing to damage."""
    if fault.kind == "cut_json":
        # Setting the data sets Content-Length too: only reading the JSON shows that the end is missing.
        body = reply.get_data()
        reply.set_data(body[: len(body) // 2])
        return reply
    if fault.kind == "replace":
        reply.set_data(re.sub(fault.find, fault.put, reply.get_data(as_text=True)).encode(errors="surrogateescape"))
        return reply
    damage = (vk_faults.DAMAGES if fault.service == "vk_ads" else qtickets_faults.DAMAGES).get(fault.kind)
    payload = json.loads(reply.get_data()) if reply.status_code == 200 and damage else {}
    rows = payload.get("items") or payload.get("data")
    without_sums = fault.kind in vk_faults.STATISTICS_DAMAGES and fault.service == "vk_ads" and not payload.get("total")
    if damage is None or not isinstance(rows, list) or not rows or without_sums:
        return reply
    damage(payload)
    return json_reply(payload)


def _flood(seconds: float | None) -> Response:
    wait = _TELEGRAM_RETRY_AFTER if seconds is None else int(seconds)
    return refusal(
        429,
        f"Too Many Requests: retry after {wait}",
        {"Retry-After": str(wait)},
        parameters={"retry_after": wait},
    )
