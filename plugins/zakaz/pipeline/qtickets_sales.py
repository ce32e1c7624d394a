"""The tickets that were sold or refunded on some Moscow days, what can't be read of them, and their sums by day."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from zakaz.days import DayRange
from zakaz.sources.currency import RUBLES
from zakaz.sources.qtickets_rows import Order, Refused, Ticket


@dataclass
class DaySums:
    """What counts on a day: tickets and rubles sold, rubles refunded; `is_empty` if no ticket counts."""

    tickets: int = 0
    revenue: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    is_empty: bool = True


@dataclass
class Sales:
    """The tickets that were sold or refunded on Moscow days.

    :param refund_days: how many days after its sale a refund counts at most.
    :param read: tickets read, whatever their days. :param orders: orders paid on the days.
    :param tickets: by id. :param cancelled: of any day, since a day that was built earlier may still count them.
    :param refused: what can't be read, though its money may belong to these days.
    :param knows_late: refunds beyond `refund_days` were looked for.
    """

    days: DayRange
    refund_days: int
    read: int = 0
    orders: int = 0
    tickets: dict[int, Ticket] = field(default_factory=dict)
    cancelled: list[Ticket] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    knows_late: bool = False
    _added: set[int] = field(default_factory=set)
    _doubled: set[int] = field(default_factory=set)

    def concerned_by(self, order: Order) -> bool:
        """Whether something of an order belongs to one of the days, or is cancelled."""
        return any(self._concern(one) for part in (order.tickets, order.refused) for one in part)

    def _concern(self, one: Ticket | Refused) -> bool:
        if isinstance(one, Ticket) and one.cancelled:
            return True
        days = {one.payed_on, one.refunded_on} if isinstance(one, Ticket) else one.days
        return days is None or any(day and day in self.days for day in days)

    def add(self, order: Order) -> None:
        """Add what concerns these days of an order; the first reading of an order counts."""
        if order.order_id in self._added:
            return
        if order.order_id:
            self._added.add(order.order_id)
        self.refused += filter(self._concern, order.refused)
        for ticket in filter(self._concern, order.tickets):
            if ticket.cancelled:
                self.cancelled.append(ticket)
            elif ticket.basket_id not in self._doubled and self.tickets.setdefault(ticket.basket_id, ticket) != ticket:
                self._refuse_double(self.tickets.pop(ticket.basket_id), ticket)

    def is_late(self, ticket: Ticket) -> bool:
        """Whether a refund comes too late to count; `stg_from_qtickets.sql` has the same rule."""
        return ticket.refunded_on is not None and (ticket.refunded_on - ticket.payed_on).days > self.refund_days

    def by_day(self) -> dict[date, DaySums]:
        """The sums of each of the days, in rubles alone."""
        sums = {day: DaySums() for day in self.days}
        for ticket in self.tickets.values():
            if ticket.currency != RUBLES:
                continue
            if sold := sums.get(ticket.payed_on):
                sold.tickets += ticket.quantity
                sold.revenue += ticket.revenue
                sold.is_empty = False
            if ticket.refunded_on and not self.is_late(ticket) and (refunded := sums.get(ticket.refunded_on)):
                refunded.refunds += ticket.refunded_amount
                refunded.is_empty = False
        return sums

    def _refuse_double(self, one: Ticket, other: Ticket) -> None:
        """Refuse two different tickets with one id: which of them is right can't be told."""
        self._doubled.add(one.basket_id)
        days = frozenset(day for ticket in (one, other) for day in (ticket.payed_on, ticket.refunded_on) if day)
        self.refused.append(Refused(f"{one}, {other}: expected each ticket once, found two that differ", days))
