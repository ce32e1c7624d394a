"""Loads QTickets into the sales staging: tickets are landed without personal data, checked in SQL, then built."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from zakaz.days import DayRange, moscow_day
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.buffered_insert import BufferedInsert
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.marts import STG_SALES, count_live, rebuild
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, SUSPECT_ZERO
from zakaz.registry.restatements import restated
from zakaz.sources.qtickets import QTicketsClient, Show, Ticket
from zakaz.warehouse.engine import Row
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import next_version

SOURCE = "qtickets"
TICKETS_TABLE, SHOWS_TABLE = "zakaz.raw_qtickets_tickets", "zakaz.raw_qtickets_shows"
SHOW_COLUMNS = (*Show._fields, "event_date", "fetch_id", "fetched_at")
TICKET_COLUMNS = (*Ticket._fields, "ticket_no", "fetch_id", "fetched_at")
# A trade-off between memory and how often the warehouse is opened.
BUFFER_ROWS = 5000


@dataclass
class Fetch:
    """One fetch.

    :param days: Moscow days to replace.
    :param reach: Moscow days whose orders are read: longer, since a refund counts on its own day, after the sale.
    :param tickets: the number of tickets received, whatever their days.
    """

    days: DayRange
    reach: DayRange
    fetch_id: UUID = field(default_factory=uuid4)
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    tickets: int = 0


def load_qtickets(client: QTicketsClient, warehouse: WarehouseHook, days: DayRange, refund_days: int) -> LoadResult:
    """Fetch days of ticket sales and rebuild them in the staging, which changes only if all checks pass.

    QTickets filters orders by time of payment, not of refund. A refund more than `refund_days` after the sale is
    missed.

    :param days: Moscow days, each replaced as a whole, whatever loaded its rows.
    :param refund_days: how many days before them to read as well, for refunds on these days.
    :returns: tickets read, rows written, and the sums that changed.
    :raises SourceRefused: QTickets refused a call; the staging is unchanged.
    :raises SourceUnavailable: QTickets gave no usable answer; the staging is unchanged.
    :raises SourceInconsistent: the replies contradict each other or the request; the staging is unchanged.
    """
    fetch = Fetch(days, DayRange(days.first - timedelta(days=refund_days), days.last))
    tickets = BufferedInsert(warehouse, TICKETS_TABLE, TICKET_COLUMNS, BUFFER_ROWS)
    for row in _ticket_rows(client, fetch):
        tickets.add(row)
    if not fetch.tickets:
        require_true_zero(client, warehouse, fetch)
    with warehouse.session():
        tickets.flush()
        events = warehouse.execute(statement("sales/qtickets_events.sql"), {"fetch_id": fetch.fetch_id})
    shows = BufferedInsert(warehouse, SHOWS_TABLE, SHOW_COLUMNS, BUFFER_ROWS)
    for row in _show_rows(client, fetch, [event_id for (event_id,) in events]):
        shows.add(row)
    with warehouse.session():
        shows.flush()
        require_sound(warehouse, fetch)
        with restated(warehouse, SOURCE, days) as restatements:
            written = rebuild(
                warehouse, STG_SALES, statement("sales/stg_from_qtickets.sql"), days, fetch_id=fetch.fetch_id
            )
            record_days(warehouse, fetch, CONFIRMED_ZERO)
    return LoadResult(fetch.tickets, written, restatements=tuple(restatements.found))


def require_true_zero(client: QTicketsClient, warehouse: WarehouseHook, fetch: Fetch) -> None:
    """Cross-check a reply without any tickets, which may be true or come from a wrong token.

    :raises SourceInconsistent: QTickets does have sales on these days; or the staging has some, and QTickets has none
        from before either.
    """
    before = client.newest_paid(fetch.reach.last)
    inside = [payed_at for payed_at in client.newest_paid() + before if _is_in(fetch.reach, payed_at)]
    if inside:
        contradiction = f"but among the newest ones is one paid {max(inside).isoformat()}"
    elif not before and count_live(warehouse, STG_SALES, fetch.days):
        contradiction = (
            "nor any before, though the staging has sales of these days: is the token that of another organiser?"
        )
    else:
        return
    record_days(warehouse, fetch, SUSPECT_ZERO)
    raise SourceInconsistent(
        f"QTickets, {fetch.days}: {SUSPECT_ZERO}: no order was paid from {fetch.reach.first} to {fetch.reach.last}, "
        f"{contradiction}. The staging keeps its old rows"
    )


def require_sound(warehouse: WarehouseHook, fetch: Fetch) -> None:
    """Check what was landed.

    :raises SourceInconsistent: there are problems; the message names the first.
    """
    problems = warehouse.execute(statement("sales/qtickets_problems.sql"), {"fetch_id": fetch.fetch_id})
    if problems:
        problem, expected, found = problems[0]
        raise SourceInconsistent(
            f"QTickets, {fetch.days}: {problem}: expected {expected}, found {found} (fetch {fetch.fetch_id} in "
            f"{TICKETS_TABLE}; {len(problems)} such in all). The staging keeps its old rows"
        )


def record_days(warehouse: WarehouseHook, fetch: Fetch, state_of_nothing: str) -> None:
    """Record QTickets' total of each day.

    :param state_of_nothing: the state of a day without sales and refunds.
    """
    version = next_version(warehouse, fetch.days)
    params = {"fetch_id": fetch.fetch_id, "ver": version, "state_of_nothing": state_of_nothing}
    warehouse.execute(statement("sales/qtickets_totals.sql"), {**fetch.days.bounds, **params})


def _ticket_rows(client: QTicketsClient, fetch: Fetch) -> Iterator[Row]:
    """The tickets that were paid or refunded on one of the days."""
    numbers = count(1)
    for tickets in client.orders(fetch.reach):
        fetch.tickets += len(tickets)
        for ticket in tickets:
            if _is_in(fetch.days, ticket.payed_at) or (ticket.refunded_at and _is_in(fetch.days, ticket.refunded_at)):
                yield (*ticket, next(numbers), fetch.fetch_id, fetch.fetched_at)


def _show_rows(client: QTicketsClient, fetch: Fetch, event_ids: list[int]) -> Iterator[Row]:
    for shows in client.shows(event_ids):
        for show in shows:
            yield (*show, event_date(show), fetch.fetch_id, fetch.fetched_at)


def event_date(show: Show) -> date | None:
    """The local day of a show; None without a start or a known time zone."""
    try:
        return show.starts_at.astimezone(ZoneInfo(show.time_zone)).date() if show.starts_at else None
    except (LookupError, ValueError, OSError):  # unknown zone; malformed name; name of a folder
        return None


def _is_in(days: DayRange, instant: datetime) -> bool:
    return days.first <= moscow_day(instant) <= days.last
