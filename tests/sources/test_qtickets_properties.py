"""Whatever a field of an order holds, it is read or refused, and no value of it is ever told."""

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zakaz.errors import SourceInconsistent
from zakaz.sources.qtickets import Ticket, _tickets

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
SECRET = "Иванова-Секретная"
ORDER: dict[str, Any] = {
    "id": 501,
    "payed": True,
    "payed_at": "2026-11-20T12:00:00+03:00",
    "deleted_at": None,
    "event_id": 77,
    "currency_id": "RUB",
    "utm": [],
    "client": {"name": SECRET},
    "baskets": [
        {
            "id": 9001,
            "show_id": 88,
            "price": 1500,
            "quantity": 1,
            "deleted_at": None,
            "refunded_at": None,
            "refunded_amount": None,
            "client_name": SECRET,
        }
    ],
}
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(), st.text(), st.just(SECRET)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


@given(place=st.sampled_from([*ORDER, *(("baskets", name) for name in ORDER["baskets"][0])]), value=anything)
def test_any_value_in_any_field_is_read_or_refused(place: Any, value: Any) -> None:
    order = copy.deepcopy(ORDER)
    if isinstance(place, tuple):
        order["baskets"][0][place[1]] = value
    else:
        order[place] = value
    said = ""
    try:
        _, tickets = _tickets(order, SINCE, UNTIL)
    except SourceInconsistent as error:
        said, tickets = str(error), []
    assert SECRET not in said
    assert "\n" not in said
    assert all(isinstance(ticket, Ticket) and ticket.quantity >= 0 for ticket in tickets)
    assert place == "currency_id" or SECRET not in repr(tickets)


instants = st.datetimes(SINCE.replace(tzinfo=None), UNTIL.replace(tzinfo=None) - timedelta(days=2))
offsets = st.integers(-12, 14)


@given(
    paid=instants,
    offset=offsets,
    price=st.decimals(0, 10**9, places=2),
    quantity=st.integers(0, 1000),
    refund=st.none() | st.decimals(0, 10**6, places=2),
)
def test_what_is_right_is_read_exactly(
    paid: datetime, offset: int, price: Decimal, quantity: int, refund: Decimal | None
) -> None:
    sign, hours = "-" if offset < 0 else "+", abs(offset)
    at = f"{(paid + timedelta(days=1)).isoformat(timespec='seconds')}{sign}{hours:02d}:00"
    instant = datetime.fromisoformat(at)
    order = copy.deepcopy(ORDER) | {"payed_at": at}
    given_back = {"refunded_at": at if refund is not None else None, "refunded_amount": refund}
    order["baskets"][0] |= {"price": price, "quantity": quantity, **given_back}
    if not SINCE <= instant < UNTIL:
        return
    _, (ticket,) = _tickets(order, SINCE, UNTIL)
    assert (ticket.payed_at, ticket.price, ticket.quantity) == (instant, price, quantity)
    assert ticket.refunded_amount == (refund or 0)
    assert (ticket.refunded_at is None) == (refund is None)
