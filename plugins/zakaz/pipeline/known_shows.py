"""What is known of the shows of QTickets, beyond their sales: names, places and dates, also of those without a sale."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice

from zakaz.deadline import Deadline, call_within
from zakaz.errors import ZakazError, one_line
from zakaz.pipeline.qtickets_shows import MOST_PAGES, event_date, with_city
from zakaz.sources.qtickets import QTicketsClient
from zakaz.sources.qtickets_events import Show
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
TABLE = "zakaz.dim_show"
COLUMNS = (*Show._fields, "event_date", "read_at", "source")
# All that the reading of the coming shows may take: the sales are loaded by then, and the next stage waits.
MOST_SECONDS = 60


def keep_shows(warehouse: WarehouseHook, shows: Iterable[Show], read_at: datetime, source: str) -> None:
    """Put what QTickets told of an organiser's shows into `zakaz.dim_show`.

    :param read_at: UTC instant.
    :param source: whose they are: qtickets, or qtickets:NAME.
    """
    warehouse.insert(TABLE, COLUMNS, [(*show, event_date(show), read_at, source) for show in shows])


def keep_coming_shows(clients: Sequence[QTicketsClient], warehouse: WarehouseHook) -> None:
    """Put the shows of all active events into `zakaz.dim_show`, and what became of those that were active.

    Never fails, since sales don't hang on it: what can't be read stays as it is known, and the log says why.

    :param clients: one per organiser.
    """
    deadline = Deadline(MOST_SECONDS)
    for client in clients:
        try:
            _keep_coming(client, warehouse, deadline)
        except TimeoutError:
            log.warning(
                "%s: the lists of events took more than %d s: new shows may lack in bi.v_shows",
                client.source,
                MOST_SECONDS,
            )
            return
        except ZakazError as error:
            log.warning(
                "%s: the list of events can't be read, new shows may lack in bi.v_shows: %s",
                client.source,
                one_line(error),
            )


def _keep_coming(client: QTicketsClient, warehouse: WarehouseHook, deadline: Deadline) -> None:
    """Keep those of one organiser.

    :raises TimeoutError: the time is over; what was read by then is kept.
    """
    read_at, read = datetime.now(UTC), list[Show]()
    coming = warehouse.execute(statement("sales/coming_events.sql"), {"sales_source": client.source})

    def read_all() -> None:
        for shows in islice(client.active_shows(), MOST_PAGES):
            read.extend(shows)
            if not deadline.left():
                raise TimeoutError  # nobody waits any more
        gone = {event_id for (event_id,) in coming} - {show.event_id for show in read}
        for shows in client.shows(sorted(gone)):
            read.extend(shows)

    try:
        call_within(deadline.left(), read_all)
    finally:
        keep_shows(warehouse, [with_city(show) for show in list(read) if show.show_id], read_at, client.source)
