"""A read-only client of QTickets: paid orders, events and their shows (https://qtickets.help/article/rest-api).

Order replies are full of personal data. Only the fields of `Ticket` are read from them; the reply itself is dropped
immediately and never quoted in a message.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar

from zakaz.days import MOSCOW, DayRange
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable, ZakazError
from zakaz.sources.fields import Fields
from zakaz.sources.http import Answer, JsonApi

Condition = Mapping[str, Any]
EVENTS_ASKED_TOGETHER = 50
PAID: Condition = {"column": "payed", "value": 1}

Item = TypeVar("Item")


class Ticket(NamedTuple):
    """A ticket of a paid order ("basket"), without the buyer's data.

    :param payed_at: instant of the sale. :param cancelled: the ticket or its whole order was cancelled.
    :param price: rubles per unit. :param refunded_amount: rubles refunded at `refunded_at`.
    """

    order_id: int
    basket_id: int
    event_id: int
    show_id: int
    payed_at: datetime
    cancelled: bool
    price: Decimal
    quantity: int
    refunded_at: datetime | None
    refunded_amount: Decimal
    utm_source: str
    utm_campaign: str
    currency: str


class Show(NamedTuple):
    """A show of an event.

    :param time_zone: IANA name of the city's time zone, empty if QTickets gives none.
    :param starts_at: instant, None if QTickets gives none.
    """

    show_id: int
    event_id: int
    event_name: str
    city: str
    time_zone: str
    starts_at: datetime | None


@dataclass(frozen=True)
class _Page(Generic[Item]):
    """One page of a list; `rows` pairs each id with what was read from the row."""

    size: int
    number: int
    total: int
    rows: list[tuple[int, Item]]


class QTicketsClient:
    """A client for the organiser that the token belongs to.

    :param api: the API; make it with `refuse=refused`.
    :param token: API token.
    """

    def __init__(self, api: JsonApi, token: str) -> None:
        self._api = api
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Cache-Control": "no-cache",
        }

    def orders(self, days: DayRange) -> Iterator[list[Ticket]]:
        """The tickets of all orders paid on Moscow days, including cancelled and refunded ones, page by page.

        :raises SourceInconsistent: a reply ignores the filter or the page, is truncated, or has an unreadable value.
        :raises SourceRefused: QTickets refused. :raises SourceUnavailable: no usable answer.
        """
        since, until = _midnight(days.first), _midnight(days.last + timedelta(days=1))
        where = [PAID, _paid(">=", since), _paid("<", until)]
        for tickets in self._list("orders", where, lambda row: _tickets(row, since, until)):
            yield [ticket for of_order in tickets for ticket in of_order]

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        """The instants of the newest payments: one page.

        :param until: only those up to this Moscow day, inclusive; by default there is no filter on `payed_at`.
        :raises SourceInconsistent, SourceRefused, SourceUnavailable: as for `orders`.
        """
        where = [PAID] if until is None else [PAID, _paid("<", _midnight(until + timedelta(days=1)))]
        page = self._page("orders", {"where": where, "orderBy": {"id": "desc"}, "page": 1}, _payment)
        return [payed_at for _, payed_at in page.rows]

    def shows(self, event_ids: Sequence[int]) -> Iterator[list[Show]]:
        """All shows of events, page by page, including deleted and inactive ones, which old orders refer to.

        Events unknown to QTickets are left out.

        :raises SourceInconsistent, SourceRefused, SourceUnavailable: as for `orders`.
        """
        for start in range(0, len(event_ids), EVENTS_ASKED_TOGETHER):
            asked = event_ids[start : start + EVENTS_ASKED_TOGETHER]
            where = [{"column": "id", "operator": "in", "value": list(asked)}]
            for shows in self._list("events", where, partial(_shows, asked=frozenset(asked))):
                yield [show for of_event in shows for show in of_event]

    def _list(
        self, resource: str, where: Sequence[Condition], read: Callable[[Any], tuple[int, Item]]
    ) -> Iterator[list[Item]]:
        """The rows of a list, without repetitions, page by page."""
        seen, total = set[int](), 0
        for number in count(1):
            page = self._page(resource, {"where": where, "orderBy": {"id": "asc"}, "page": number}, read)
            new = dict(row for row in page.rows if row[0] not in seen)
            seen.update(new)
            is_last = page.number * page.size >= page.total
            wrong = ""
            if page.total < total:
                wrong = f"its total fell from {total} to {page.total}"
            elif is_last and len(seen) != page.total:
                wrong = f"{len(seen)} came, though its total is {page.total}"
            elif not is_last and not new:
                wrong = f"page {number} brings nothing new, though only {len(seen)} of {page.total} came"
            if wrong:
                raise SourceInconsistent(
                    f"QTickets: {resource}: {wrong}: the list is cut, repeats itself, or changed while it was read. "
                    "Run the day again"
                )
            yield list(new.values())
            if is_last:
                return
            total = page.total

    def _page(self, resource: str, query: Mapping[str, Any], read: Callable[[Any], tuple[int, Item]]) -> _Page[Item]:
        try:
            page = _read(self._ask(resource, query), read)
        except ZakazError as error:
            # Drop the traceback: its frames hold the reply.
            failed = error.with_traceback(None)
            failed.__context__ = None
        else:
            if page.number != query["page"]:
                raise SourceInconsistent(
                    f"QTickets: {resource}: page {query['page']} was asked for and page {page.number} came: the body "
                    "of the request was not read. Something between here and QTickets (a proxy) may drop it"
                )
            return page
        raise failed

    def _ask(self, resource: str, query: Mapping[str, Any]) -> Any:
        return self._api.call(
            "GET",
            f"/api/rest/v1/{resource}",
            document=query,
            headers=self._headers,
            check=_paging,
            secret=resource == "orders",
        ).body


def _read(body: Any, read: Callable[[Any], tuple[int, Item]]) -> _Page[Item]:
    return _Page(*_paging(body), [read(row) for row in body["data"]])


def _paging(body: Any) -> tuple[int, int, int]:
    """Rows per page, page number, total rows."""
    if not isinstance(body["data"], list):
        raise TypeError
    size, number, total = (body["paging"][name] for name in ("perPage", "currentPage", "total"))
    if not (type(size) is type(number) is type(total) is int and size > 0 and number > 0 and total >= 0):
        raise ValueError
    return size, number, total


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), MOSCOW)


def _paid(operator: str, instant: datetime) -> Condition:
    return {"column": "payed_at", "operator": operator, "value": instant.isoformat()}


# Readers of a row; each also checks that the row was requested.


def _tickets(row: Any, since: datetime, until: datetime) -> tuple[int, list[Ticket]]:
    order = Fields(row, "order")
    _, payed_at = _payment(row)
    if not since <= payed_at < until:
        raise SourceInconsistent(
            f"QTickets: order {order.id}: paid {payed_at.isoformat()}, but only those from {since.isoformat()} to "
            f"{until.isoformat()} were requested: the filter was ignored. Nothing is loaded"
        )
    order_cancelled = order.instant_or_none("deleted_at") is not None
    return order.id, [
        Ticket(
            order_id=order.id,
            basket_id=basket.id,
            event_id=order.identifier("event_id"),
            show_id=basket.identifier("show_id"),
            payed_at=payed_at,
            cancelled=basket.instant_or_none("deleted_at") is not None or order_cancelled,
            price=basket.rubles("price"),
            quantity=basket.quantity("quantity"),
            refunded_at=(refunded_at := basket.instant_or_none("refunded_at")),
            refunded_amount=basket.rubles("refunded_amount", or_zero=refunded_at is None),
            utm_source=order.inner_text("utm", "utm_source"),
            utm_campaign=order.inner_text("utm", "utm_campaign"),
            currency=order.text("currency_id"),
        )
        for basket in order.objects("baskets", "basket")
    ]


def _payment(row: Any) -> tuple[int, datetime]:
    order = Fields(row, "order")
    if not order.flag("payed"):
        raise SourceInconsistent(
            f"QTickets: order {order.id} is not paid, but only paid ones were requested: the filter was ignored. "
            "Nothing is loaded"
        )
    return order.id, order.instant("payed_at")


def _shows(row: Any, asked: frozenset[int]) -> tuple[int, list[Show]]:
    event = Fields(row, "event")
    if event.id not in asked:
        raise SourceInconsistent(
            f"QTickets: event {event.id} was not requested: the filter was ignored. Nothing is loaded"
        )
    return event.id, [
        Show(
            show_id=show.id,
            event_id=event.id,
            event_name=event.text("name"),
            city=event.inner_text("city", "name"),
            time_zone=event.inner_text("city", "timezone"),
            starts_at=show.instant_or_none("start_date"),
        )
        for show in event.objects("shows", "show")
    ]


def refused(what: str, answer: Answer, headers: Mapping[str, str]) -> None:
    """Raise the error for a status of 400 to 499.

    :param what: the request, for the message.
    :raises SourceUnavailable: too many requests, with the pause that QTickets asks for.
    :raises SourceRefused: anything else; its code is the HTTP status.
    """
    if answer.status == 429:
        pause = headers.get("Retry-After", "")
        raise SourceUnavailable(
            f"{what}: HTTP 429: too many requests: {answer.excerpt}", float(pause) if pause.isdecimal() else None
        )
    advice = {
        401: ": QTickets doesn't take the token. Put one from its cabinet (Settings, Main, at the bottom) into the "
        "password of the connection",
        403: ": QTickets doesn't take the token. Put one from its cabinet (Settings, Main, at the bottom) into the "
        "password of the connection",
        404: ": there is no such address. Correct the host of the connection",
    }.get(answer.status, "")
    raise SourceRefused(f"{what}: HTTP {answer.status}{advice}: {answer.excerpt}", str(answer.status))
