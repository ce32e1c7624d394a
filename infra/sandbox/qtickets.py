"""The QTickets API under ``/api/rest/v1/``, as odd as the real one: it reads filters from the body of a GET."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any

from werkzeug import Request, Response

from sandbox.qtickets_faults import STILL
from sandbox.qtickets_filter import Columns, Filter, Thing
from sandbox.replies import json_body, json_reply, json_text
from sandbox.ticket_events import Event
from sandbox.ticket_office import NoSuchOrderError, TicketOffice
from sandbox.ticket_orders import HISTORY_DAYS, Order
from sandbox.ticket_papers import event_paper, instant_text, order_paper

TOKEN = "sandbox-qtickets-token"  # noqa: S105 - the stand-in's public value
# The token of each organiser; which one it opens, no reply says.
OWN_ORGANISER, OTHER_ORGANISER = "kazan", "ural"
ORGANISERS = {OWN_ORGANISER: TOKEN, OTHER_ORGANISER: "sandbox-ural-token"}
ORDERS_PER_PAGE = 50
EVENTS_PER_PAGE = 10
_ORDER_COLUMNS: Columns[Order] = {
    **{name: attrgetter(name) for name in ("id", "payed", "payed_at", "created_at", "updated_at", "deleted_at")},
    "event_id": attrgetter("event.id"),
    "discount_id": attrgetter("reduction.discount_id"),
}
# Of a seller whose refunds leave `updated_at` alone.
_STILL_COLUMNS: Columns[Order] = {**_ORDER_COLUMNS, "updated_at": attrgetter("sold_at")}
_EVENT_COLUMNS: Columns[Event] = {name: attrgetter(name) for name in ("id", "is_active", "deleted_at")}


class QTicketsError(Exception):
    """A refusal in the shape of the API."""

    def __init__(self, status: int, code: str, message: str, info: object = None) -> None:
        """Keep the parts of the reply; an empty ``info`` is an array."""
        super().__init__(message)
        self.status = status
        self.payload = {"error": message, "status": status, "code": code, "info": info or []}

    def reply(self) -> Response:
        """Return the response that tells it."""
        return json_reply(self.payload, self.status)


class QTickets:
    """The calls. Each returns its reply or raises :class:`QTicketsError`."""

    def __init__(self, offices: Mapping[str, TicketOffice]) -> None:
        """Serve the books of each organiser, by name, to the holder of its token."""
        self._offices = offices
        # The pages of a list are asked for one after the other, those of several lists side by side.
        self._matching = lru_cache(maxsize=16)(self._matching_now)

    def orders(self, request: Request) -> Response:
        """Answer ``GET orders``; a query string is not looked at."""
        office = self._office(request)
        if request.method == "POST":
            raise QTicketsError(503, "UNKNOWN_ERROR", "Unknown error")
        is_still = STILL in request.environ
        wanted = _filter(request, _STILL_COLUMNS if is_still else _ORDER_COLUMNS)
        orders = self._matching(office, replace(wanted, page=1), office.today(), office.version)
        return _page(orders, _still_order_text if is_still else _order_text, wanted.page, ORDERS_PER_PAGE)

    def _matching_now(self, office: TicketOffice, wanted: Filter[Order], today: date, _version: int) -> list[Order]:
        first, last = wanted.days(today - timedelta(days=HISTORY_DAYS), today)
        # An order is paid within minutes, which may be those around midnight.
        days = [first - timedelta(days=1) + timedelta(days=number) for number in range((last - first).days + 2)]
        return wanted.rows(order for day in days for order in office.orders(day))

    def order(self, request: Request, order_id: int) -> Response:
        """Answer ``GET orders/<id>``."""
        office = self._office(request)
        try:
            return json_reply({"data": order_paper(office.order(order_id))})
        except NoSuchOrderError:
            raise _not_found("Order", order_id) from None

    def events(self, request: Request) -> Response:
        """Answer ``GET events``, the inactive and deleted ones included."""
        office = self._office(request)
        wanted = _filter(request, _EVENT_COLUMNS)
        text = partial(_event_text, today=office.today())
        return _page(wanted.rows(office.events), text, wanted.page, EVENTS_PER_PAGE)

    def event(self, request: Request, event_id: int) -> Response:
        """Answer ``GET events/<id>``."""
        office = self._office(request)
        for event in office.events:
            if event.id == event_id:
                return json_reply({"data": _event_paper(event, office.today())})
        raise _not_found("Event", event_id)

    def _office(self, request: Request) -> TicketOffice:
        for name, token in ORGANISERS.items():
            if request.headers.get("Authorization") == f"Bearer {token}":
                return self._offices[name]
        raise QTicketsError(403, "WRONG_AUTHORIZATION", "Access denied")


def _not_found(resource: str, number: int) -> QTicketsError:
    info = {"id": number, "resource": resource}
    return QTicketsError(404, "RESOURCE_NOT_FOUND", f"{resource} not found", info)


def _filter(request: Request, columns: Columns[Thing]) -> Filter[Thing]:
    try:
        return Filter.parse(request.get_data(), columns)
    except ValueError as error:
        raise QTicketsError(400, "VALIDATION_ERROR", str(error)) from None


def _event_paper(event: Event, today: date) -> dict[str, Any]:
    first, last = event.next_show(today - timedelta(days=HISTORY_DAYS)), event.next_show(today) + 1
    return event_paper(event, [event.show(number) for number in range(first, last + 1)])


@lru_cache(maxsize=1000)
def _event_text(event: Event, today: date) -> str:
    return json_text(_event_paper(event, today))


# Who reads day after day asks for the same orders each time, since refunds may come weeks later.
@lru_cache(maxsize=20_000)
def _order_text(order: Order) -> str:
    return json_text(order_paper(order))


def _still_order_text(order: Order) -> str:
    moved, still = (json_text({"updated_at": instant_text(one)})[1:-1] for one in (order.updated_at, order.sold_at))
    return _order_text(order).replace(moved, still, 1)


def _page(found: list[Thing], text: Callable[[Thing], str], page: int, per_page: int) -> Response:
    data = ",".join(text(thing) for thing in found[(page - 1) * per_page : page * per_page])
    paging = json_text({"perPage": per_page, "currentPage": page, "total": len(found)})
    return json_body(f'{{"data":[{data}],"paging":{paging}}}')
