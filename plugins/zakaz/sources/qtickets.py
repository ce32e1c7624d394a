"""A read-only client of QTickets: paid orders, events and their shows (https://qtickets.help/article/rest-api).

Order replies are full of personal data. Only the fields of `Ticket` are read from them; the reply itself is dropped
immediately and never quoted in a message.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any, Generic, TypeVar

from zakaz.days import MOSCOW, DayRange
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable, ZakazError
from zakaz.sources.fields import Fields, if_clear, items_of, kind_of
from zakaz.sources.http import Answer, JsonApi
from zakaz.sources.json_reply import Odd, Unreadable
from zakaz.sources.qtickets_events import Show, read_event
from zakaz.sources.qtickets_rows import Order, read_order, read_payment

Condition = Mapping[str, Any]
# Whose the sales are in the warehouse; of an organiser with a name, followed by a colon and the name.
SOURCE = "qtickets"
PASSWORD = "password"  # noqa: S105 - where it is written
EVENTS_ASKED_TOGETHER = 50
PAID: Condition = {"column": "payed", "value": 1}
ACTIVE: Condition = {"column": "is_active", "value": 1}
OLDEST_FIRST, NEWEST_FIRST = {"id": "asc"}, {"id": "desc"}
ABSENT = Odd("none")
DIGITS = re.compile(r"\d{1,18}", re.ASCII)
# The code of an error; of what else it says, nothing is sure to be free of personal data.
ERROR_CODE = re.compile(r"(?=.{2,40}\Z)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", re.ASCII)

Item = TypeVar("Item")
# Reads a row: its id (or something unique, if that can't be read) and what was read.
ReadRow = Callable[[Any], tuple[Hashable, Item]]


@dataclass(frozen=True)
class _Page(Generic[Item]):
    """One page of a list; `rows` pairs each id with what was read from the row."""

    size: int
    number: int
    total: int
    rows: list[tuple[Hashable, Item]]


class QTicketsClient:
    """A client for the organiser that the token belongs to.

    :param api: the API; make it with `refuse=refused`.
    :param token: API token.
    :param organiser: the organiser's name, if there may be several.
    """

    def __init__(self, api: JsonApi, token: str, organiser: str = "") -> None:
        self._api = api
        self.organiser = organiser
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Cache-Control": "no-cache",
        }

    @property
    def source(self) -> str:
        """Whose the sales are in the warehouse."""
        return f"{SOURCE}:{self.organiser}" if self.organiser else SOURCE

    def orders(
        self, days: DayRange, *, updated_since: datetime | None = None, attempts: int | None = None
    ) -> Iterator[list[Order]]:
        """All orders paid on Moscow days, cancelled and refunded ones included, page by page.

        :param updated_since: only those that changed since; the caller checks that QTickets looked at it.
        :param attempts: fewer tries of each call.
        :raises SourceInconsistent: a reply ignores the filter or the page, or is truncated.
        :raises SourceRefused: QTickets refused. :raises SourceUnavailable: no usable answer.
        """
        since, until = midnight(days.first), midnight(days.last + timedelta(days=1))
        where = [PAID, _at("payed_at", ">=", since), _at("payed_at", "<", until)]
        if updated_since:
            where.append(_at("updated_at", ">=", updated_since))

        def read(row: Any) -> tuple[Hashable, Order]:
            order = read_order(row, since, until)
            return order.order_id or object(), order

        yield from self._list("orders", where, read, attempts=attempts)

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        """The instants of the newest payments: one page.

        :param until: only those up to this Moscow day, inclusive; by default there is no filter on `payed_at`.
        :raises SourceInconsistent, SourceRefused, SourceUnavailable: as for `orders`; or no instant can be read.
        """
        where = [PAID] if until is None else [PAID, _at("payed_at", "<", midnight(until + timedelta(days=1)))]
        page = self._page("orders", {"where": where, "orderBy": NEWEST_FIRST, "page": 1}, _payment)
        instants = [payed_at for _, payed_at in page.rows if payed_at]
        if page.rows and not instants:
            raise SourceInconsistent(
                f"QTickets: the newest {len(page.rows)} orders are all without a readable payed_at. Nothing is loaded"
            )
        return instants

    def shows(self, event_ids: Sequence[int]) -> Iterator[list[Show]]:
        """Events with all their shows, page by page, deleted and inactive ones included, which old orders refer to.

        Events unknown to QTickets are left out.

        :raises SourceInconsistent, SourceRefused, SourceUnavailable: as for `orders`.
        """
        for start in range(0, len(event_ids), EVENTS_ASKED_TOGETHER):
            asked = event_ids[start : start + EVENTS_ASKED_TOGETHER]
            where = [{"column": "id", "operator": "in", "value": list(asked)}]
            yield from _together(self._list("events", where, partial(_shows, asked=frozenset(asked))))

    def all_shows(self) -> Iterator[list[Show]]:
        """The same of all events, the newest first.

        :raises SourceInconsistent, SourceRefused, SourceUnavailable: as for `orders`.
        """
        yield from _together(self._list("events", [], _shows, order_by=NEWEST_FIRST))

    def active_shows(self) -> Iterator[list[Show]]:
        """The same of the events that are active; of all events, if QTickets doesn't filter by that.

        :raises SourceInconsistent, SourceRefused, SourceUnavailable: as for `orders`.
        """
        try:
            yield from _together(self._list("events", [ACTIVE], _shows, order_by=NEWEST_FIRST))
        except SourceRefused:
            yield from self.all_shows()

    def abandon(self) -> None:
        """Make calls in other threads give up after their current try."""
        self._api.abandon()

    def _list(
        self,
        resource: str,
        where: Sequence[Condition],
        read: ReadRow[Item],
        *,
        order_by: Mapping[str, str] = OLDEST_FIRST,
        attempts: int | None = None,
    ) -> Iterator[list[Item]]:
        """The rows of a list, without repetitions, page by page."""
        seen, total = set[Hashable](), 0
        for number in count(1):
            page = self._page(resource, {"where": where, "orderBy": order_by, "page": number}, read, attempts)
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

    def _page(
        self, resource: str, query: Mapping[str, Any], read: ReadRow[Item], attempts: int | None = None
    ) -> _Page[Item]:
        try:
            page = _read(self._ask(resource, query, attempts), read)
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

    def _ask(self, resource: str, query: Mapping[str, Any], attempts: int | None) -> Any:
        return self._api.call(
            "GET",
            f"/api/rest/v1/{resource}",
            document=query,
            headers=self._headers,
            check=_envelope,
            attempts=attempts,
            secret=resource == "orders",
        ).body


def _read(body: Any, read: ReadRow[Item]) -> _Page[Item]:
    rows, size, number, total = _envelope(body)
    return _Page(size, number, total, [read(row) for row in rows])


def _envelope(body: Any) -> tuple[list[Any], int, int, int]:
    """Rows, rows per page, page number, total rows."""
    reply = _object(body, "the reply")
    rows = items_of(data := reply.get("data", ABSENT))
    if rows is None:
        raise _wrong("data", "a list", data)
    paging = _object(reply.get("paging", ABSENT), "paging")
    return rows, _whole(paging, "perPage", 1), _whole(paging, "currentPage", 1), _whole(paging, "total", 0)


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    return value


def _whole(paging: Mapping[str, Any], name: str, lowest: int) -> int:
    """A number of the paging, which PHP may write as text."""
    value = paging.get(name, ABSENT)
    text = "" if isinstance(value, bool) else str(value)
    if not (DIGITS.fullmatch(text) and int(text) >= lowest):
        raise _wrong(f"paging.{name}", f"a whole number from {lowest}", value)
    return int(text)


def _wrong(place: str, expected: str, found: Any) -> Unreadable:
    return Unreadable(f"{place}: expected {expected}, found {kind_of(found)}")


def midnight(day: date) -> datetime:
    """The instant when a Moscow day begins."""
    return datetime.combine(day, time(), MOSCOW)


def _at(column: str, operator: str, instant: datetime) -> Condition:
    return {"column": column, "operator": operator, "value": instant.isoformat()}


def _payment(row: Any) -> tuple[Hashable, datetime | None]:
    return object(), if_clear(lambda: read_payment(Fields(row, "order")), None)


def _shows(row: Any, asked: frozenset[int] | None = None) -> tuple[Hashable, list[Show]]:
    event_id, shows = read_event(row)
    if asked is not None and event_id and event_id not in asked:
        raise SourceInconsistent(
            f"QTickets: event {event_id} was not requested: the filter was ignored. Nothing is loaded"
        )
    return event_id or object(), shows


def _together(pages: Iterator[list[list[Show]]]) -> Iterator[list[Show]]:
    for page in pages:
        yield [show for of_event in page for show in of_event]


def refused(what: str, answer: Answer, headers: Mapping[str, str], place: str = PASSWORD) -> None:
    """Raise the error for a status of 400 to 499.

    :param what: the request, for the message.
    :param place: the field of the connection with the token.
    :raises SourceUnavailable: too many requests, with the pause that QTickets asks for.
    :raises SourceRefused: anything else; its code is the HTTP status.
    """
    if answer.status == 429:
        pause = headers.get("Retry-After", "")
        raise SourceUnavailable(
            f"{what}: HTTP 429: too many requests: {answer.excerpt}", float(pause) if pause.isdecimal() else None
        )
    advice = {
        **dict.fromkeys(
            (401, 403),
            f": QTickets doesn't take the token. Put one from its cabinet (Settings, Main, at the bottom) into the "
            f"{place} of the connection",
        ),
        404: ": there is no such address. Correct the host of the connection",
    }.get(answer.status, "")
    code = answer.body.get("code") if isinstance(answer.body, dict) else None
    said = f"{code}: " if isinstance(code, str) and ERROR_CODE.fullmatch(code) else ""
    raise SourceRefused(f"{what}: HTTP {answer.status}{advice}: {said}{answer.excerpt}", str(answer.status))
