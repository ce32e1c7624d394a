"""What is wrong with a reply of QTickets that a fault damages."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from typing import Any

from werkzeug import Request

# In the environment of a call: refunds leave `updated_at` of their order alone.
STILL = "sandbox.still_updated"
# Calls that are answered as if they asked for something else.
DEAF = ("ignore_filter", "page_one", "ignore_updated", "still_updated")
# What becomes of calls that filter by `updated_at`, and of no others.
UPDATED = ("refuse_updated", "empty_updated")
# The same of calls that filter by `is_active`.
ACTIVE = ("refuse_active", "fail_active")
Payload = dict[str, Any]
_ELSEWHERE = 1_000_000_000  # added to the ids of another organiser
_UNKNOWN_SHOW = 1


def _empty(payload: Payload) -> None:
    payload["data"] = []
    payload["paging"]["total"] = 0


def _wrong_types(payload: Payload) -> None:
    for basket in _baskets(payload)[:1]:
        basket["price"] = "n/a"


def _duplicate_rows(payload: Payload) -> None:
    payload["data"].append(copy.deepcopy(payload["data"][0]))


def _repeated_page(payload: Payload) -> None:
    payload["data"][-1] = copy.deepcopy(payload["data"][0])


def _cut_list(payload: Payload) -> None:
    payload["data"].pop()


def _missing_show(payload: Payload) -> None:
    for basket in _baskets(payload)[:1]:
        basket["show_id"] = _UNKNOWN_SHOW


def _no_offset(payload: Payload) -> None:
    for order in [row for row in payload["data"] if row.get("payed_at")][:1]:
        order["payed_at"] = order["payed_at"][:19]


def _other_account(payload: Payload) -> None:
    for row in (*payload["data"], *_baskets(payload)):
        for name in ("id", "event_id", "show_id", "client_id"):
            if name in row:
                row[name] += _ELSEWHERE


def _baskets(payload: Payload) -> list[dict[str, Any]]:
    return [basket for row in payload["data"] for basket in row.get("baskets", [])]


DAMAGES: dict[str, Callable[[Payload], None]] = {
    "empty": _empty,
    "wrong_types": _wrong_types,
    "duplicate_rows": _duplicate_rows,
    "repeated_page": _repeated_page,
    "cut_list": _cut_list,
    "missing_show": _missing_show,
    "no_offset": _no_offset,
    "other_account": _other_account,
}


def deafened(request: Request, kind: str) -> Request:
    """Return the call as a server reads it that does not look at the body, or not at a part of it."""
    if kind == "still_updated":
        return Request({**request.environ, STILL: True})
    asked = json.loads(request.get_data() or b"{}")
    if kind == "ignore_filter":
        asked = {}
    elif kind == "page_one":
        asked = {**asked, "page": 1}
    else:
        asked = {**asked, "where": [one for one in asked.get("where", []) if one["column"] != "updated_at"]}
    body = json.dumps(asked).encode()
    return Request({**request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def filters_by_update(request: Request) -> bool:
    """Tell whether a call filters by `updated_at`."""
    return b'"updated_at"' in request.get_data()


def filters_by_activity(request: Request) -> bool:
    """Tell whether a call filters by `is_active`."""
    return b'"is_active"' in request.get_data()
