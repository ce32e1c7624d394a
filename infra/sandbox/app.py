"""The WSGI application: which call goes where, and which fault meets it on the way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from sandbox import qtickets_faults, telegram
from sandbox.control import Control
from sandbox.core import Core
from sandbox.fault_replies import damaged, html_page, refused, refused_by_request
from sandbox.faults import TOKEN_KINDS, Fault
from sandbox.journal import public_path
from sandbox.qtickets import ORGANISERS, QTickets, QTicketsError
from sandbox.replies import VkError, json_reply, nested_error
from sandbox.source import NoSuchAdError
from sandbox.ticket_office import NoSuchOrderError
from sandbox.tokens import STRANGER
from sandbox.vk_ads import MISTAKEN_FOR, VkAds, bearer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MAX_BODY = 1_000_000  # bytes
_TIMEOUT = 60.0  # seconds, when the fault names none


class Application:
    """The services and the control endpoints."""

    def __init__(self, core: Core) -> None:
        """Route to this state."""
        self._core = core
        self._stopping = threading.Event()
        self._routes = _routes(core)

    def stop(self) -> None:
        """Let go of the calls that a timeout holds."""
        self._stopping.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call."""
        request = Request(environ)
        request.max_content_length = _MAX_BODY
        return self._reply(request)(environ, start_response)

    def _reply(self, request: Request) -> Response:
        service = _service(request.path)
        if service == "control":
            return self._routed(service, request)
        entry = self._core.journal.note(service, request)
        reply = self._within_limits(request) if service == "vk_ads" else self._answer(service, request)
        entry["status"] = reply.status_code
        return reply

    def _within_limits(self, request: Request) -> Response:
        limits = self._core.limits
        # Counted as it arrives: a client that counts by the same clock sees the same seconds, whatever the latency.
        left = limits.take(self._core.tokens.login(bearer(request) or ""), request.path)
        if left is None:
            self._stopping.wait(self._core.latency)
            return limits.refusal()
        reply = self._answer("vk_ads", request)
        for name, value in limits.headers(left).items():
            reply.headers.setdefault(name, value)
        return reply

    def _answer(self, service: str, request: Request) -> Response:
        if service != "telegram":
            self._stopping.wait(self._core.latency)
        token = bearer(request)
        login = None if token is None else self._login(service, token)
        fault = self._core.fault_book.take(service, public_path(request.path), login=login)
        if fault is not None and fault.kind in TOKEN_KINDS and token is not None:
            self._core.tokens.spoil(token, fault.kind)
            fault = None
        return self._spoilt(fault, service, request) if fault else self._routed(service, request)

    def _login(self, service: str, token: str) -> str | None:
        if service == "qtickets":
            return next((name for name, of_name in ORGANISERS.items() if of_name == token), None)
        return self._core.tokens.login(token)

    def _spoilt(self, fault: Fault, service: str, request: Request) -> Response:
        if fault.kind == "timeout":
            self._stopping.wait(_TIMEOUT if fault.seconds is None else fault.seconds)
            return html_page("504 Gateway Time-out", 504)
        if fault.kind == "disconnect":
            _hang_up(request)
            return html_page("Nobody reads this", 500)
        if fault.kind == "stall":
            return self._stalled(fault, self._routed(service, request))
        if fault.kind == "other_account" and service == "vk_ads":
            return self._routed(service, Request({**request.environ, MISTAKEN_FOR: STRANGER}))
        if fault.kind in qtickets_faults.DEAF:
            return self._routed(service, qtickets_faults.deafened(request, fault.kind))
        refusal = refused(fault, self._core.limits) or refused_by_request(fault, request, self._core.first_ad)
        return refusal or damaged(fault, self._routed(service, request))

    def _stalled(self, fault: Fault, reply: Response) -> Response:
        """Send half of a reply, and nothing more for a while."""
        body = reply.get_data()

        def halves() -> Iterator[bytes]:
            yield body[: len(body) // 2]
            self._stopping.wait(_TIMEOUT if fault.seconds is None else fault.seconds)

        headers = {"Content-Length": str(len(body)), "Content-Type": reply.content_type or ""}
        return Response(halves(), reply.status_code, headers, direct_passthrough=True)

    def _routed(self, service: str, request: Request) -> Response:
        try:
            handler, values = self._routes.bind_to_environ(request.environ).match()
            reply: Response = handler(request, **values)
        except (VkError, QTicketsError) as error:
            return error.reply()
        except HTTPException as error:
            return _http_error(service, error)
        except (NoSuchAdError, NoSuchOrderError) as error:
            return json_reply({"error": str(error)}, 404)
        except ValueError as error:
            if service != "control":  # a mistake of ours, not of the caller
                raise
            return json_reply({"error": str(error)}, 400)
        return reply


def _service(path: str) -> str:
    if path.startswith("/api/rest/"):
        return "qtickets"
    if path.startswith("/api/"):
        return "vk_ads"
    return "telegram" if path.startswith("/bot") else "control"


def _routes(core: Core) -> Map:
    vk, qtickets, control = VkAds(core.sources, core.tokens, core.limits), QTickets(core.offices), Control(core)

    def bot(request: Request, token: str, method: str) -> Response:
        return core.telegram.call(token, method, request)

    def rule(path: str, methods: str, endpoint: Callable[..., Response]) -> Rule:
        return Rule(path, methods=methods.split(), endpoint=endpoint)

    return Map(
        [
            rule("/api/v2/oauth2/token.json", "POST", vk.token),
            rule("/api/v2/oauth2/token/delete.json", "POST", vk.delete_tokens),
            rule("/api/v2/user.json", "GET", vk.user),
            rule("/api/v2/regions.json", "GET", vk.regions),
            rule("/api/v2/throttling.json", "GET", vk.throttling),
            rule("/api/v2/<any(ad_plans, ad_groups, banners):resource>.json", "GET", vk.page),
            rule("/api/v2/statistics/<resource>/<period>.json", "GET", vk.statistics),
            rule("/api/rest/v1/orders", "GET POST", qtickets.orders),
            rule("/api/rest/v1/orders/<int:order_id>", "GET", qtickets.order),
            rule("/api/rest/v1/events", "GET", qtickets.events),
            rule("/api/rest/v1/events/<int:event_id>", "GET", qtickets.event),
            rule("/bot<token>/<method>", "GET POST", bot),
            rule("/sandbox/health", "GET", control.health),
            rule("/sandbox/requests", "GET", control.requests),
            rule("/sandbox/messages", "GET", control.messages),
            rule("/sandbox/reset", "POST", control.reset),
            rule("/sandbox/faults", "GET POST DELETE", control.faults),
            rule("/sandbox/sales.csv", "GET", control.sales),
            rule("/sandbox/vk_ads/ads", "GET DELETE", control.ads),
            rule("/sandbox/vk_ads/ads/<int:ad_id>", "POST", control.ad),
            rule("/sandbox/vk_ads/truth", "GET", control.truth),
            rule("/sandbox/qtickets/truth", "GET", control.sales_truth),
            rule("/sandbox/qtickets/tags_truth", "GET", control.tags_truth),
            rule("/sandbox/qtickets/orders", "GET", control.orders),
            rule("/sandbox/qtickets/orders/<int:order_id>", "POST", control.order),
        ]
    )


def _http_error(service: str, error: HTTPException) -> Response:
    status = error.code or 500
    if service == "vk_ads":
        codes = {404: "ERR_WRONG_RESOURCE", 405: "ERR_METHOD_NOT_ALLOWED"}
        reply = nested_error(status, codes.get(status, "ERR_WRONG_PARAMETER"), error.name).reply()
    elif service == "qtickets":
        reply = html_page(f"{status} {error.name}", status)
    elif service == "telegram":
        reply = telegram.refusal(status, error.name)
    else:
        reply = json_reply({"error": error.name}, status)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        reply.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return reply


def _hang_up(request: Request) -> None:
    """Close the connection under the server, so that the caller gets no answer at all."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.shutdown(socket.SHUT_RDWR)
