"""What of an order concerns some days, that it counts once, and the sums of each day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_qtickets import msk, ticket
from made_rows import DAY
from zakaz.days import DayRange
from zakaz.pipeline.qtickets_sales import DaySums, Sales
from zakaz.sources.qtickets_rows import Order, Refused, Ticket

BEFORE = DAY - timedelta(days=1)
DAYS = DayRange(BEFORE, DAY)
EARLIER, LATER = msk("2026-11-18T23:59:59"), msk("2026-11-21T00:00:00")
INSIDE = msk("2026-11-19T00:00:00")


def order(*parts: Ticket | Refused, order_id: int = 501) -> Order:
    tickets = tuple(one for one in parts if isinstance(one, Ticket))
    return Order(order_id, None, None, tickets, tuple(one for one in parts if isinstance(one, Refused)))


def sales_of(*orders: Order) -> Sales:
    sales = Sales(DAYS, refund_days=21)
    for one in orders:
        sales.add(one)
    return sales


def back(amount: int, at: Any = INSIDE, **given: Any) -> Ticket:
    return ticket(**{"refunded_at": at, "refunded_amount": Decimal(amount), **given})


@pytest.mark.parametrize(
    ("one", "does"),
    [
        (ticket(payed_at=EARLIER), False),
        (ticket(payed_at=INSIDE), True),
        (ticket(payed_at=LATER), False),
        (back(1, payed_at=EARLIER), True),
        (back(1, LATER, payed_at=EARLIER), False),
        (ticket(payed_at=EARLIER, cancelled=True), True),
        (Refused("ticket 1", frozenset([DAY])), True),
        (Refused("ticket 1", frozenset([date(2026, 11, 18), date(2026, 11, 21)])), False),
        (Refused("ticket 1", None), True),
    ],
)
def test_what_concerns_the_days_is_sold_or_refunded_on_them_or_may_be_or_is_cancelled(
    one: Ticket | Refused, does: bool
) -> None:
    """A day that was built earlier may still count what was cancelled since."""
    elsewhere = (ticket(basket_id=2, payed_at=EARLIER), Refused("ticket 2", frozenset()))
    assert sales_of().concerned_by(order(*elsewhere, one)) is does
    sales = sales_of(order(*elsewhere, one))
    kept = [*sales.tickets.values(), *sales.cancelled, *sales.refused]
    assert kept == [one] * does
    assert sales.cancelled == [one for one in kept if isinstance(one, Ticket) and one.cancelled]


def test_the_first_reading_of_an_order_counts_and_what_has_no_number_is_each_one_for_itself() -> None:
    nameless = [order(Refused(what, None), order_id=0) for what in ("order 1 of the list", "order 2 of the list")]
    sales = sales_of(
        order(ticket(), ticket(basket_id=2, cancelled=True), Refused("ticket 3", None)),
        order(ticket(quantity=2), ticket(basket_id=2, cancelled=True), Refused("ticket 3", None)),
        *nameless,
    )
    assert list(sales.tickets.values()) == [ticket()]
    assert [one.basket_id for one in sales.cancelled] == [2]
    assert [one.what for one in sales.refused] == ["ticket 3", "order 1 of the list", "order 2 of the list"]


def test_of_tickets_with_one_number_equal_ones_are_one_and_different_ones_are_refused_with_all_their_days() -> None:
    sales = sales_of(
        order(ticket(), order_id=1),
        order(ticket(), order_id=2),
        order(ticket(basket_id=2), order_id=3),
        order(back(1, LATER, basket_id=2, payed_at=INSIDE), order_id=4),
        order(ticket(basket_id=2), order_id=5),
    )
    assert sales.tickets == {9001: ticket()}
    what = "ticket 2 of order 501, ticket 2 of order 501: expected each ticket once, found two that differ"
    assert sales.refused == [Refused(what, frozenset([DAY, BEFORE, date(2026, 11, 21)]))]


def test_the_sums_of_a_day_are_what_was_sold_and_refunded_on_it_in_rubles() -> None:
    """A refund counts up to so many days after its sale; what counts for nothing leaves a day empty."""
    kzt = ticket(basket_id=1, currency="KZT")
    one, more = ticket(basket_id=2, quantity=2), ticket(basket_id=3)
    counts, too_late = msk("2026-10-29T00:00:00"), msk("2026-10-28T23:59:59")
    refunds = [back(amount, basket_id=amount, payed_at=counts) for amount in (10, 20)]
    late = back(40, basket_id=40, payed_at=too_late)
    sales = sales_of(order(kzt, one, more, *refunds, late))
    assert [sales.is_late(refund) for refund in (one, *refunds, late)] == [False, False, False, True]
    sold = DaySums(tickets=3, revenue=Decimal("4501.50"), is_empty=False)
    assert sales.by_day() == {BEFORE: DaySums(refunds=Decimal(30), is_empty=False), DAY: sold}
    assert sales_of(order(kzt, late)).by_day() == {BEFORE: DaySums(), DAY: DaySums()}
