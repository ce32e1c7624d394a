"""QTickets into the sales staging: its tickets are landed without their buyers, checked in SQL, and become rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from zakaz.days import DayRange, moscow_day
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.landing import Landing
from zakaz.pipeline.loaded import Loaded
from zakaz.pipeline.marts import STG_SALES, count_live, rebuild
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, SUSPECT_ZERO
from zakaz.registry.restatements import restated
from zakaz.sources.qtickets import QTicketsClient, Show, Ticket
from zakaz.warehouse.engine import Row
from zakaz.warehouse.hook import WarehouseHook, new_version
from zakaz.warehouse.sql import statement

SOURCE = "qtickets"
TICKETS_TABLE, SHOWS_TABLE = "zakaz.raw_qtickets_tickets", "zakaz.raw_qtickets_shows"
SHOW_COLUMNS = (*Show._fields, "event_date", "fetch_id", "fetched_at")
TICKET_COLUMNS = (*Ticket._fields, "ticket_no", "fetch_id", "fetched_at")
# Rows written at once: what is held in memory, and how often the warehouse is opened.
LANDED_TOGETHER = 5000


@dataclass
class Fetch:
    """What was fetched.

    :param days: Moscow days to be replaced.
    :param reach: Moscow days whose orders are read for them: a refund counts on its own day, and comes later.
    :param tickets: tickets that came, whatever their days.
    """

    days: DayRange
    reach: DayRange
    fetch_id: UUID = field(default_factory=uuid4)
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    tickets: int = 0


def load_qtickets(client: QTicketsClient, warehouse: WarehouseHook, days: DayRange, refund_days: int) -> Loaded:
    """Read days of ticket sales and rebuild them in the staging; it changes only when they were found sound.

    QTickets can be asked for orders by the time of payment, not by that of a refund. A refund that comes more than
    `refund_days` after the sale is not seen on its day.

    :param days: Moscow days, each replaced as a whole, whoever brought its rows.
    :param refund_days: days before them whose orders are read as well, for refunds on these days.
    :returns: tickets read, rows written, and the sums that changed.
    :raises SourceRefused: QTickets refused a call; the staging is as it was.
    :raises SourceUnavailable: QTickets gave no usable answer; the staging is as it was.
    :raises SourceInconsistent: the replies contradict themselves or the question; the staging is as it was.
    """
    fetch = Fetch(days, DayRange(days.first - timedelta(days=refund_days), days.last))
    tickets = Landing(warehouse, TICKETS_TABLE, TICKET_COLUMNS, LANDED_TOGETHER)
    for row in _ticket_rows(client, fetch):
        tickets.add(row)
    if not fetch.tickets:
        require_true_zero(client, warehouse, fetch)
    with warehouse.session():
        tickets.write()
        events = warehouse.execute(statement("sales/qtickets_events.sql"), {"fetch_id": fetch.fetch_id})
    shows = Landing(warehouse, SHOWS_TABLE, SHOW_COLUMNS, LANDED_TOGETHER)
    for row in _show_rows(client, fetch, [event_id for (event_id,) in events]):
        shows.add(row)
    with warehouse.session():
        shows.write()
        require_sound(warehouse, fetch)
        with restated(warehouse, SOURCE, days) as restatements:
            written = rebuild(
                warehouse, STG_SALES, statement("sales/stg_from_qtickets.sql"), days, fetch_id=fetch.fetch_id
            )
            record_days(warehouse, fetch, CONFIRMED_ZERO)
    return Loaded(fetch.tickets, written, restatements=tuple(restatements.found))


def require_true_zero(client: QTicketsClient, warehouse: WarehouseHook, fetch: Fetch) -> None:
    """No ticket at all may be true, and may be a wrong token's empty answer: two other questions decide.

    :raises SourceInconsistent: QTickets has sales on these days all the same, or the staging has them and QTickets
        has none from before either.
    """
    before = client.newest_paid(fetch.reach.last)
    inside = [payed_at for payed_at in client.newest_paid() + before if _is_in(fetch.reach, payed_at)]
    if inside:
        said = f"but among the newest ones is one paid {max(inside).isoformat()}"
    elif not before and count_live(warehouse, STG_SALES, fetch.days):
        said = "nor any before, though the staging has sales of these days: is it the token of another organiser?"
    else:
        return
    record_days(warehouse, fetch, SUSPECT_ZERO)
    raise SourceInconsistent(
        f"QTickets, {fetch.days}: {SUSPECT_ZERO}: no order was paid from {fetch.reach.first} to {fetch.reach.last}, "
        f"{said}. The staging keeps its old rows"
    )


def require_sound(warehouse: WarehouseHook, fetch: Fetch) -> None:
    """Look for what is wrong with what was landed.

    :raises SourceInconsistent: something is; the message names the first finding.
    """
    problems = warehouse.execute(statement("sales/qtickets_problems.sql"), {"fetch_id": fetch.fetch_id})
    if problems:
        problem, expected, found = problems[0]
        raise SourceInconsistent(
            f"QTickets, {fetch.days}: {problem}: expected {expected}, found {found} (fetch {fetch.fetch_id} in "
            f"{TICKETS_TABLE}; {len(problems)} such in all). The staging keeps its old rows"
        )


def record_days(warehouse: WarehouseHook, fetch: Fetch, state_of_nothing: str) -> None:
    """Keep what QTickets says of each day.

    :param state_of_nothing: what a day is called on which nothing was sold and nothing given back.
    """
    params = {"fetch_id": fetch.fetch_id, "ver": new_version(), "state_of_nothing": state_of_nothing}
    warehouse.execute(statement("sales/qtickets_totals.sql"), {**fetch.days.bounds, **params})


def _ticket_rows(client: QTicketsClient, fetch: Fetch) -> Iterator[Row]:
    """The tickets that concern the days: paid or given back on one of them."""
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
    """The day of a show where it is held; None without a start or a time zone that is known."""
    try:
        return show.starts_at.astimezone(ZoneInfo(show.time_zone)).date() if show.starts_at else None
    except (LookupError, ValueError, OSError):  # no such zone; a text that is no name; the name of a folder
        return None


def _is_in(days: DayRange, instant: datetime) -> bool:
    return days.first <= moscow_day(instant) <= days.last
