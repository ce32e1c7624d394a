"""The ticket seller's books: the orders of each Moscow day as they stand today."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sandbox.cities import CITIES
from sandbox.days import MOSCOW
from sandbox.ticket_orders import ORDERS_A_DAY, REFUND_DAYS, Market, Order, orders_of


class NoSuchOrderError(LookupError):
    """The seller never had this order."""


class TicketOffice:
    """All orders, a pure function of the seed and the day but for what was changed since. Safe to use from threads."""

    def __init__(
        self,
        seed: int,
        today: Callable[[], date],
        ads: int,
        cities: int = len(CITIES),
        events_a_day: int | None = None,
        organiser: int = 0,
    ) -> None:
        """Open the books.

        :param seed: seed of all orders.
        :param today: the present Moscow day; later days have no orders.
        :param ads: how many ads the account of this seed has, which buyers come from.
        :param cities: how many cities have events.
        :param events_a_day: events that sell on a day; ``None`` picks 10 to 14 of events and channels.
        :param organiser: which of several organisers.
        """
        self._market = Market(seed, cities, events_a_day, ads, organiser)
        self.events = self._market.events
        self.today = today
        self._changed: dict[int, Order] = {}
        self.version = 0  # of the changes
        self._lock = threading.Lock()

    def orders(self, day: date) -> list[Order]:
        """Return the orders made on a Moscow day, the oldest first, as they stand today."""
        if day > self.today():
            return []
        return [self._as_of_today(self._changed.get(order.id, order)) for order in orders_of(self._market, day)]

    def order(self, order_id: int) -> Order:
        """Return an order.

        :raises NoSuchOrderError: there never was one.
        """
        for order in self.orders(self._day_of(order_id)):
            if order.id == order_id:
                return order
        msg = f"no order {order_id}"
        raise NoSuchOrderError(msg)

    def refundable_days(self, first: date, last: date) -> Iterator[date]:
        """Give every day whose orders may have been sold or refunded from ``first`` to ``last``."""
        days = {first + timedelta(days=number) for number in range(-REFUND_DAYS - 1, (last - first).days + 1)}
        changed = {self._day_of(order_id) for order_id in self._changed}
        yield from sorted(days | changed)

    def change(self, order_id: int, *, refunded_on: date | None = None, cancelled: bool | None = None) -> None:
        """Change an order: give the money of its first ticket back on a day, or cancel it.

        :raises NoSuchOrderError: there never was one.
        """
        with self._lock:
            order = self.order(order_id)
            if refunded_on is not None:
                first = order.baskets[0]
                at = datetime.combine(refunded_on, time(12), MOSCOW)
                given_back = replace(first, refunded_at=at, refunded_amount=first.price)
                order = replace(order, baskets=(given_back, *order.baskets[1:]))
            if cancelled is not None:
                order = replace(order, cancelled=cancelled)
            self._changed = {**self._changed, order_id: order}
            self.version += 1

    def forget_changes(self) -> None:
        """Undo every change."""
        with self._lock:
            self._changed = {}
            self.version += 1

    def _day_of(self, order_id: int) -> date:
        """Return the day on which an order of this id would be made."""
        number = (order_id - self._market.first_order) // ORDERS_A_DAY
        return date.fromordinal(number if 0 < number <= date.max.toordinal() else 1)

    def _as_of_today(self, order: Order) -> Order:
        today = self.today()
        if not any(basket.refunded_at and basket.refunded_at.date() > today for basket in order.baskets):
            return order
        baskets = (
            replace(basket, refunded_at=None, refunded_amount=0)
            if basket.refunded_at and basket.refunded_at.date() > today
            else basket
            for basket in order.baskets
        )
        return replace(order, baskets=tuple(baskets))
