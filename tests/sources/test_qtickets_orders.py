"""What is read of one order, to the last field, and the whole of what is said where it can't be."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_replies import AT, DAY, basket, order
from zakaz.errors import SourceInconsistent
from zakaz.sources.fields import HIGHEST_RUBLES
from zakaz.sources.qtickets_rows import Order, Refused, read_order

PAID = datetime.fromisoformat(AT)
SINCE, UNTIL = PAID - timedelta(hours=12), PAID + timedelta(hours=12)
BACK = {"refunded_at": AT, "refunded_amount": 10}
OF_ORDER, OF_TICKET = "order 501", "order 501, ticket 9001"
NO_TICKET = "order 501, ticket without a readable id"


def reading(row: Any) -> Order:
    return read_order(row, SINCE, UNTIL)


def notes(*baskets: dict[str, Any], **given: Any) -> set[str]:
    """What is noted of the tickets of an order that can be read."""
    found = reading(order(501, *baskets, **given))
    assert (len(found.tickets), found.refused) == (len(baskets), ())
    return {ticket.note for ticket in found.tickets}


def test_an_order_has_its_instants_and_none_of_what_can_not_be_read() -> None:
    found = reading(order(updated_at="2026-11-21T00:00:00+03:00"))
    assert (found.order_id, found.payed_at, found.updated_at) == (501, PAID, UNTIL)
    assert [ticket.updated_at for ticket in found.tickets] == [UNTIL]
    said = "order 501, payed_at: expected an ISO timestamp, found text"
    assert reading(order(payed_at="x", updated_at=AT)) == Order(501, None, PAID, (), (Refused(said, None),))
    said = "order without a readable id, (all of it): expected an object, found a list"
    assert reading([]) == Order(0, None, None, (), (Refused(said, None),))


def test_an_order_of_another_time_or_unpaid_was_not_asked_for() -> None:
    assert reading(order(payed_at=SINCE.isoformat())).payed_at == SINCE
    with pytest.raises(SourceInconsistent) as caught:
        reading(order(payed_at=UNTIL.isoformat()))
    assert str(caught.value) == (
        "QTickets: order 501: paid 2026-11-21T00:00:00+03:00, but only those from 2026-11-20T00:00:00+03:00 to "
        "2026-11-21T00:00:00+03:00 were requested: the filter was ignored. Nothing is loaded"
    )
    with pytest.raises(SourceInconsistent) as caught:
        reading(order(payed=0))
    assert str(caught.value) == (
        "QTickets: order 501 is not paid, but only paid ones were requested: the filter was ignored. Nothing is loaded"
    )


MORE = "order 501, price: expected that of its tickets, found more"
NO_FEE = "order 501, ticket 9001, service_fee_amount: expected rubles as a number, found text"
LOST = "order 501, refunds: expected a refunded_at in one of its tickets, found none"
TWO = (basket(price=100, quantity=2, service_fee_amount=5), basket(id=9002, price=50, service_fee_amount="1.5"))


@pytest.mark.parametrize(
    ("baskets", "given", "expected"),
    [
        (TWO, {}, {""}),
        (TWO, {"price": "261.50"}, {""}),
        (TWO, {"price": "261.51"}, {MORE}),
        ((basket(service_fee_amount="?"),), {"price": "1500.01"}, {f"{NO_FEE}; {MORE}"}),
        ((basket(price=0),), {"price": "?"}, {""}),
        ((basket(),), {"refunds": [{"amount": 10}]}, {LOST}),
        ((basket(), basket(id=9002, **BACK)), {"refunds": [{"amount": 10}]}, {""}),
        ((basket(),), {"refunds": "?"}, {""}),
        ((basket(),), {"refunds": [{"amount": 10}], "price": 2000}, {f"{MORE}; {LOST}"}),
        (
            (basket(refunds=[{"id": 1}]),),
            {"price": 2000, "utm": "x"},
            {
                "order 501, utm: expected an object, found text; "
                f"{OF_TICKET}, refunds: expected the refunded_at of these, found none; {MORE}"
            },
        ),
        ((basket(refunds=[{"id": 1}], **BACK),), {}, {""}),
    ],
)
def test_money_of_an_order_that_no_ticket_has_is_noted_with_each(
    baskets: tuple[dict[str, Any], ...], given: dict[str, Any], expected: set[str]
) -> None:
    assert notes(*baskets, **given) == expected


def test_of_an_order_that_is_read_in_part_no_sum_is_made() -> None:
    found = reading(order(501, basket(), basket(id=9002, price="?"), price=9000))
    assert [ticket.note for ticket in found.tickets] == [""]


NO_CURRENCY = f"{OF_ORDER}, currency_id: expected three letters such as RUB, found something else"
REFUSED: list[tuple[Any, str, Any]] = [
    # the order, what is said, the days of its money
    (order(baskets=[], price=1), f"{OF_ORDER}, baskets: expected the tickets of its price, found none", None),
    (
        order(baskets=[], price=0, refunds=[{"id": 1}]),
        f"{OF_ORDER}, baskets: expected the tickets of its price, found none",
        None,
    ),
    (order(baskets="x"), f"{OF_ORDER}, baskets: expected a list, found text", None),
    (order(501, basket(id=None)), f"{NO_TICKET}, id: expected a whole number, found null", None),
    (order(baskets=[5]), f"{NO_TICKET}, (all of it): expected an object, found a number", None),
    *((order(currency_id=value), NO_CURRENCY, {DAY}) for value in ("рубли", "RUBB", [], ["RUB"])),
    (order(501, basket(price=-1)), f"{OF_TICKET}, price: expected 0 rubles or more, found less", {DAY}),
    (
        order(501, basket(price=HIGHEST_RUBLES // 2, quantity=2)),
        f"{OF_TICKET}, quantity: expected a price below 1,000,000,000,000 rubles for all, found more",
        {DAY},
    ),
    (
        order(501, basket(refunded_at=AT, refunded_amount=-1)),
        f"{OF_TICKET}, refunded_amount: expected 0 rubles or more, found less",
        {DAY},
    ),
    (
        order(501, basket(refunded_amount=5)),
        f"{OF_TICKET}, refunded_at: expected the time of its refunded_amount, found none",
        None,
    ),
    (
        order(501, basket(refunded_at=AT)),
        f"{OF_TICKET}, refunded_amount: expected the field, found none",
        {DAY},
    ),
    (
        order(501, basket(refunded_at="2026-11-19T23:59:59+03:00", refunded_amount=5)),
        f"{OF_TICKET}, refunded_at: expected the day of the sale or a later one, found an earlier one",
        {DAY, DAY - timedelta(days=1)},
    ),
    (order(501, basket(deleted_at="x")), f"{OF_TICKET}, deleted_at: expected an ISO timestamp, found text", {DAY}),
    (order(501, basket(refunded_at="x")), f"{OF_TICKET}, refunded_at: expected an ISO timestamp, found text", None),
    (
        order(501, basket(refunded_amount="x")),
        f"{OF_TICKET}, refunded_amount: expected rubles as a number, found text",
        None,
    ),
    (order(501, basket(quantity="x")), f"{OF_TICKET}, quantity: expected a whole number, found text", {DAY}),
]


@pytest.mark.parametrize(("row", "said", "days"), REFUSED)
def test_what_can_not_be_is_refused_with_the_days_of_its_money(row: Any, said: str, days: Any) -> None:
    found = reading(row)
    assert found.tickets == ()
    assert found.refused == (Refused(said, days and frozenset(days)),)


@pytest.mark.parametrize(
    "given",
    [
        {"price": 0},
        {"quantity": 0},
        {"price": HIGHEST_RUBLES - 1},
        {"refunded_at": "2026-11-20T00:00:00+03:00", "refunded_amount": 0},
        {"refunded_at": "", "refunded_amount": None},
    ],
)
def test_what_is_odd_and_can_be_is_read(given: dict[str, Any]) -> None:
    (ticket,) = reading(order(501, basket(**given))).tickets
    assert ticket.refunded_amount == 0
    assert ticket.revenue == Decimal(given.get("price", 1500)) * given.get("quantity", 1)


def test_of_what_is_cancelled_nothing_has_to_be_right() -> None:
    """It counts nowhere; what can be read of it is kept, so that a day that still counts it can be named."""
    odd = basket(price=-5, refunded_amount=7)
    for row in (
        order(501, odd, currency_id="?", deleted_at=AT),
        order(501, {**odd, "deleted_at": AT}, currency_id="?"),
    ):
        ((ticket,), refused) = reading(row)[3:]
        assert (ticket.cancelled, ticket.price, ticket.currency, refused) == (True, Decimal(-5), "", ())
    unreadable = [basket(price="?"), 5, basket(id=None)]
    assert reading(order(501, *unreadable, deleted_at=AT))[3:] == ((), ())
    assert reading(order(baskets="?", deleted_at=AT))[3:] == ((), ())
    assert reading(order(baskets=[], price=5, deleted_at=AT))[3:] == ((), ())
    assert reading(order(baskets=[], price=0))[3:] == ((), ())
