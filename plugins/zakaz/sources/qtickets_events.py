"""Reads events of QTickets and their shows: what can't be read is left empty, since no money hangs on it."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from zakaz.sources.fields import Fields, Unreadable, if_clear, items_of


class Show(NamedTuple):
    """A show of an event, or with `show_id` 0 the event itself.

    :param time_zone: IANA name of the city's time zone, empty if QTickets gives none.
    :param starts_at: instant, None if QTickets gives none. :param sale_start, sale_finish: the same.
    :param is_active: both it and its event; None if QTickets doesn't say. :param is_deleted: it or its event.
    :param min_price, max_price: rubles for a ticket, None if QTickets gives none.
    """

    show_id: int
    event_id: int
    event_name: str
    city: str
    time_zone: str
    starts_at: datetime | None
    place_name: str = ""
    is_active: bool | None = None
    is_deleted: bool = False
    sale_start: datetime | None = None
    sale_finish: datetime | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None


def read_event(row: Any) -> tuple[int, list[Show]]:
    """Read an event and its shows, the event itself first; what can't be read is left empty.

    :returns: its id, 0 if that can't be read, and the shows.
    """
    try:
        event = Fields(row, "event")
    except Unreadable:
        return 0, []
    itself = Show(
        show_id=0,
        event_id=event.id,
        event_name=if_clear(lambda: event.text("name"), ""),
        city=if_clear(lambda: event.inner_texts("city", "name")[0], ""),
        time_zone=if_clear(lambda: event.inner_texts("city", "timezone")[0], ""),
        starts_at=None,
        place_name=if_clear(lambda: event.text("place_name"), ""),
        is_active=if_clear(lambda: event.flag("is_active"), None),
        is_deleted=if_clear(lambda: event.instant_or_none("deleted_at"), None) is not None,
    )
    shows = [if_clear(partial(_show, event, itself, value), None) for value in items_of(row.get("shows")) or []]
    return event.id, [itself, *filter(None, shows)]


def _show(event: Fields, itself: Show, value: Any) -> Show | None:
    show = event.inner(value, "show")

    def instant(field: str) -> datetime | None:
        return if_clear(lambda: show.instant_or_none(field), None)

    def price(field: str) -> Decimal | None:
        return if_clear(lambda: show.rubles(field), None)

    return itself._replace(
        show_id=show.id,
        starts_at=instant("start_date"),
        is_active=itself.is_active and if_clear(lambda: show.flag("is_active"), None),
        is_deleted=itself.is_deleted or instant("deleted_at") is not None,
        sale_start=instant("sale_start_date"),
        sale_finish=instant("sale_finish_date"),
        min_price=price("min_price"),
        max_price=price("max_price"),
    )
