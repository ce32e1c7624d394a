"""The control endpoints under ``/sandbox/``: the methods of :class:`sandbox.core.Core` over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from werkzeug import Request, Response

from sandbox.core import Core
from sandbox.days import parse_day
from sandbox.patches import parse_patch
from sandbox.replies import json_reply
from sandbox.source import ACCOUNT_ID

_MAX_SALES_DAYS = 1100


class Control:
    """The endpoints. Each returns its reply or raises ``ValueError`` (a 400) or ``NoSuchAdError`` (a 404)."""

    def __init__(self, core: Core) -> None:
        """Serve this state."""
        self._core = core

    def health(self, _request: Request) -> Response:
        """Answer ``GET health``."""
        return json_reply(self._core.health())

    def requests(self, _request: Request) -> Response:
        """Answer ``GET requests``."""
        return json_reply(self._core.requests())

    def messages(self, _request: Request) -> Response:
        """Answer ``GET messages``."""
        return json_reply(self._core.messages())

    def reset(self, _request: Request) -> Response:
        """Answer ``POST reset``."""
        self._core.reset()
        return Response(status=204)

    def faults(self, request: Request) -> Response:
        """Answer ``GET``, ``POST`` and ``DELETE`` of ``faults``."""
        if request.method == "DELETE":
            self._core.clear_faults()
            return Response(status=204)
        if request.method == "POST":
            return json_reply(self._core.fault(**_fault_arguments(_body(request))), 201)
        return json_reply(self._core.faults())

    def sales(self, request: Request) -> Response:
        """Answer ``GET sales.csv``."""
        return Response(self._core.sales_csv(*_sales_days(request)), content_type="text/csv; charset=utf-8")

    def sales_truth(self, request: Request) -> Response:
        """Answer ``GET qtickets/truth``."""
        rows = self._core.sales_truth(*_sales_days(request))
        days = ("report_date", "event_date")
        return json_reply([row | {name: row[name].isoformat() for name in days} for row in rows])

    def tags_truth(self, request: Request) -> Response:
        """Answer ``GET qtickets/tags_truth``."""
        rows = self._core.tags_truth(*_sales_days(request))
        return json_reply([row | {"report_date": row["report_date"].isoformat()} for row in rows])

    def ads(self, request: Request) -> Response:
        """Answer ``GET`` and ``DELETE`` of ``vk_ads/ads``."""
        if request.method == "DELETE":
            self._core.reset_ads()
            return Response(status=204)
        return json_reply(self._core.ads(_account(request)))

    def ad(self, request: Request, ad_id: int) -> Response:
        """Answer ``POST vk_ads/ads/<id>``."""
        self._core.source.patch(ad_id, parse_patch(_body(request)))
        return Response(status=204)

    def truth(self, request: Request) -> Response:
        """Answer ``GET vk_ads/truth``."""
        return json_reply(self._core.truth(_day(request, "day"), _account(request)))

    def orders(self, request: Request) -> Response:
        """Answer ``GET qtickets/orders``."""
        return json_reply(self._core.orders(_day(request, "day")))

    def order(self, request: Request, order_id: int) -> Response:
        """Answer ``POST qtickets/orders/<id>``."""
        body = _body(request)
        refunded_on, cancelled = body.get("refunded_on"), body.get("cancelled")
        if set(body) - {"refunded_on", "cancelled"} or not isinstance(cancelled, bool | None):
            msg = f"{body} is no change of an order, allowed: refunded_on (a day), cancelled (true or false)"
            raise ValueError(msg)
        day = None if refunded_on is None else parse_day(str(refunded_on))
        self._core.patch_order(order_id, refunded_on=day, cancelled=cancelled)
        return Response(status=204)


def _body(request: Request) -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if isinstance(body, dict):
        return body
    msg = "the body is not a JSON object"
    raise ValueError(msg)


def _day(request: Request, name: str) -> date:
    try:
        return parse_day(request.args.get(name, ""))
    except ValueError as error:
        msg = f"{name}: {error}"
        raise ValueError(msg) from None


def _sales_days(request: Request) -> tuple[date, date]:
    first, last = _day(request, "from"), _day(request, "to")
    if first > last:
        msg = f"from {first} is after to {last}"
        raise ValueError(msg)
    if (last - first).days >= _MAX_SALES_DAYS:
        msg = f"from {first} to {last} is too long, allowed: {_MAX_SALES_DAYS} days"
        raise ValueError(msg)
    return first, last


def _account(request: Request) -> str:
    return request.args.get("account_id", str(ACCOUNT_ID))


def _fault_arguments(body: dict[str, Any]) -> dict[str, Any]:
    texts = dict.fromkeys(("service", "kind", "path", "window", "account", "find", "put"), str)
    types = {**texts, "times": int, "seconds": int | float}
    for name, value in body.items():
        allowed = types.get(name)
        if allowed is None:
            msg = f"unknown field {name!r}, allowed: {', '.join(types)}"
            raise ValueError(msg)
        if isinstance(value, bool) or not isinstance(value, allowed):
            msg = f"{name}: {value!r} has the wrong type"
            raise ValueError(msg)  # noqa: TRY004 - a bad value of the caller like any other
    return {"service": "", "kind": "", **body}
