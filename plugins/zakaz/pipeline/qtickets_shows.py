"""Which event each ticket belongs to: that of its show, whatever event its order names."""

from collections.abc import Iterable
from datetime import date
from itertools import islice
from zoneinfo import ZoneInfo

from zakaz.days import moscow_day
from zakaz.errors import SourceInconsistent
from zakaz.sources.qtickets import QTicketsClient
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket
from zakaz.texts import can_be_no_city

# Pages of the list of all events, ten events each and megabytes long, that are read for a show that no order's event
# has. Such a show is on sale, so its event is among the newest.
MOST_PAGES = 100


def place(client: QTicketsClient, tickets: Iterable[Ticket]) -> tuple[list[Ticket], list[Show], list[Show]]:
    """Put each ticket under the event of its show.

    :returns: the tickets in their order, each of their shows once, and all shows that QTickets told on the way. A show
        that QTickets doesn't know has name and city of the event of its order; of an event that it doesn't know either,
        nothing is known. A city that can be none is empty.
    :raises SourceRefused, SourceUnavailable, SourceInconsistent: as for `QTicketsClient.shows`; or it knows none of
        several events.
    """
    tickets = list(tickets)
    known, by_id = dict[tuple[int, int], Show](), dict[int, Show]()
    event_ids = sorted({ticket.event_id for ticket in tickets} - {0})
    for shows in client.shows(event_ids):
        for show in shows:
            known[show.event_id, show.show_id] = by_id[show.show_id] = show
    if not known and len(event_ids) > 1:
        raise SourceInconsistent(
            f"QTickets knows none of the {len(event_ids)} events of these tickets, e.g. event {event_ids[0]}: are they "
            "those of another organiser? The staging keeps its old rows"
        )
    missing = {ticket.show_id for ticket in tickets} - by_id.keys() - {0}
    if missing:
        for shows in islice(client.all_shows(), MOST_PAGES):
            by_id.update((show.show_id, show) for show in shows if show.show_id in missing)
            if missing <= by_id.keys():
                break
    by_id.pop(0, None)  # events themselves

    def show_of(ticket: Ticket) -> Show:
        own = known.get((ticket.event_id, ticket.show_id)) or by_id.get(ticket.show_id)
        if own:
            return own
        nothing = Show(0, ticket.event_id, "", "", "", None)
        return known.get((ticket.event_id, 0), nothing)._replace(show_id=ticket.show_id)

    shows_of = [with_city(show_of(ticket)) for ticket in tickets]
    placed = [ticket._replace(event_id=show.event_id) for ticket, show in zip(tickets, shows_of, strict=True)]
    told = [with_city(show) for show in (*known.values(), *by_id.values()) if show.show_id]
    return placed, _each_once(shows_of), _each_once(told)


def _each_once(shows: Iterable[Show]) -> list[Show]:
    return list({(show.event_id, show.show_id): show for show in shows}.values())


def with_city(show: Show) -> Show:
    """The show with an empty city if its city can be none."""
    return show._replace(city="") if can_be_no_city(show.city) else show


def event_date(show: Show) -> date | None:
    """The local day of a show, that of Moscow if its time zone is not known; None without a start."""
    if show.starts_at is None:
        return None
    zone = _zone(show)
    return show.starts_at.astimezone(zone).date() if zone else moscow_day(show.starts_at)


def lacks(show: Show) -> list[str]:
    """What is not known of a show."""
    known = {
        "a name": show.event_name.strip(),
        "a city": show.city,
        "a start": show.starts_at,
        "a known time zone": not show.starts_at or _zone(show),
    }
    return [name for name, value in known.items() if not value]


def _zone(show: Show) -> ZoneInfo | None:
    try:
        return ZoneInfo(show.time_zone)
    except (LookupError, ValueError, OSError):  # unknown zone; malformed name; name of a folder
        return None
