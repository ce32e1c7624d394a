"""Reads what QTickets has of some Moscow days, without landing it.

A refund counts on its own day, up to REFUND_DAYS after the sale, so older orders are read for their refunds. QTickets
is not known to filter by `updated_at`, nor to move it with a refund. Where both are seen, only older orders that
changed since are asked for; otherwise all of them.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from zakaz.days import DayRange, moscow_day
from zakaz.errors import SourceInconsistent, SourceUnavailable, ZakazError, one_line
from zakaz.pipeline.qtickets_sales import Sales
from zakaz.sources.parallel import in_order
from zakaz.sources.qtickets import QTicketsClient, midnight
from zakaz.sources.qtickets_rows import Order

log = logging.getLogger(__name__)
# Months of older orders that are read side by side.
PARALLEL_MONTHS = 4
# A filter that QTickets can't serve may be answered by an error of the server, which repeating doesn't heal.
TRIES_OF_FILTER = 2


class _NotHonoured(Exception):
    """A filter by `updated_at` is not seen to give all refunds; the text says why."""


@dataclass
class Evidence:
    """Whether refunds move `updated_at` of their orders.

    :param is_seen: one did. :param contradiction: one that did not, empty if none.
    """

    is_seen: bool = False
    contradiction: str = ""

    def add(self, order: Order) -> None:
        """Look at the refunds of an order."""
        for ticket in order.tickets:
            if ticket.refunded_at and not ticket.cancelled:
                if order.updated_at and order.updated_at >= ticket.refunded_at.replace(microsecond=0):
                    self.is_seen = True
                else:
                    self.contradiction = str(ticket)

    def require(self) -> None:
        """Require that all refunds moved it, and that there is one.

        :raises _NotHonoured: otherwise.
        """
        if self.contradiction:
            raise _NotHonoured(f"the refund of {self.contradiction} did not move updated_at")
        if not self.is_seen:
            raise _NotHonoured("no refund is known that moved updated_at")


def read_sales(
    client: QTicketsClient, days: DayRange, refund_days: int, evidence: Evidence, *, deep: bool = False
) -> Sales:
    """Read the tickets sold or refunded on Moscow days.

    :param refund_days: how many days after its sale a refund counts at most.
    :param evidence: what is known of `updated_at` from earlier fetches; what is seen now is added.
    :param deep: read all older orders, whatever `updated_at` says, and twice as far back, for late refunds.
    :raises SourceRefused, SourceUnavailable, SourceInconsistent: as for `QTicketsClient.orders`.
    """
    sales = Sales(days, refund_days)
    changed = defaultdict[date, set[int]](set)  # on each day, the orders that a filter by `updated_at` must give
    for orders in client.orders(days):
        for order in orders:
            sales.orders += 1
            sales.read += len(order.tickets)
            sales.add(order)
            evidence.add(order)
            if order.payed_at:
                is_due = _changed(order, midnight(days.first))
                changed[moscow_day(order.payed_at)].update([order.order_id] if is_due else [])
    older: list[Order] = []
    try:
        evidence.require()
        older += _changed_since(client, sales, changed, evidence)
        evidence.require()
        sales.knows_late = True
    except _NotHonoured as why:
        log.info("QTickets, %s: older orders are read in full, not only those that changed since: %s", days, why)
        older.clear()
    if deep or not sales.knows_late:
        reach = timedelta(days=refund_days * (2 if deep else 1))
        months = DayRange(days.first - reach, days.first - timedelta(days=1)).months()
        for orders, read in in_order(partial(_month, client, sales), months, PARALLEL_MONTHS, client.abandon):
            sales.read += read
            older += orders
        sales.knows_late = deep
    for order in older:
        sales.add(order)
    return sales


def _changed(order: Order, since: datetime) -> bool:
    return order.updated_at is not None and order.updated_at >= since


def _changed_since(
    client: QTicketsClient, sales: Sales, changed: dict[date, set[int]], evidence: Evidence
) -> Iterator[Order]:
    """The orders that changed since the days began, of those paid up to twice the days of a refund before.

    The first of the days with orders is asked for as well: what is known of it proves that the filter loses nothing.

    :raises _NotHonoured: that is not proven.
    """
    since, first = midnight(sales.days.first), min(changed, default=sales.days.first)
    due = changed[first]
    if not due:
        raise _NotHonoured("these days have no order that could prove it")
    reach = DayRange(sales.days.first - timedelta(days=2 * sales.refund_days), first)
    try:
        for orders in client.orders(reach, updated_since=since, attempts=TRIES_OF_FILTER):
            for order in orders:
                if not _changed(order, since):
                    raise _NotHonoured(f"order {order.order_id} came, which is not known to have changed since")
                due.discard(order.order_id)
                if order.payed_at is None or order.payed_at < since:
                    sales.read += len(order.tickets)
                    evidence.add(order)
                    if sales.concerned_by(order):
                        yield order
    except ZakazError as error:
        if isinstance(error, SourceUnavailable) and error.retry_after:
            raise  # it asked for a pause, not for more calls
        raise _NotHonoured(one_line(error)) from None
    if due:
        raise _NotHonoured(f"{len(due)} orders of {first} that changed since did not come, e.g. order {min(due)}")


def _month(client: QTicketsClient, sales: Sales, month: DayRange) -> tuple[list[Order], int]:
    """The orders paid in a month with something that concerns the days, and the number of tickets read."""
    found, has_orders, tickets = list[Order](), False, 0
    for page in client.orders(month):
        for order in page:
            has_orders = True
            tickets += len(order.tickets)
            if sales.concerned_by(order):
                found.append(order)
    if not has_orders and (hidden := [at for at in client.newest_paid(month.last) if moscow_day(at) in month]):
        raise SourceInconsistent(
            f"QTickets, {month}: no order was paid, but among the newest ones is one paid {max(hidden).isoformat()}. "
            "Nothing is loaded"
        )
    return found, tickets
