"""Whatever an order or event holds, it is read right or refused by name, and no value of it is ever told."""

import copy
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zakaz.errors import SourceInconsistent
from zakaz.sources.fields import NO_DATES
from zakaz.sources.qtickets_events import Show, read_event
from zakaz.sources.qtickets_rows import Order, Ticket, read_order

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
SECRET = "Иванова-Секретная"
BASKET: dict[str, Any] = {
    "id": 9001,
    "show_id": 88,
    "price": 1500,
    "quantity": 1,
    "deleted_at": None,
    "refunded_at": "2026-11-21T12:00:00+03:00",
    "refunded_amount": 1350,
    "client_name": SECRET,
}
ORDER: dict[str, Any] = {
    "id": 501,
    "payed": True,
    "payed_at": "2026-11-20T12:00:00+03:00",
    "updated_at": "2026-11-20T12:00:00+03:00",
    "deleted_at": None,
    "event_id": 77,
    "currency_id": "RUB",
    "utm": {"utm_source": "vk_ads"},
    "client": {"name": SECRET},
    "baskets": [BASKET, {**BASKET, "id": 9002, "price": 100}],
}
EVENT: dict[str, Any] = {
    "id": 77,
    "name": "Щелкунчик",
    "city": {"name": "Казань", "timezone": "Europe/Moscow"},
    "shows": [{"id": 88, "start_date": "2026-12-24T19:00:00+03:00"}, {"id": 89, "start_date": None}],
}
# Surrogates and NUL among them: JSON may hold any.
texts = st.text(st.characters())
numbers = st.integers() | st.decimals() | st.floats() | st.integers(-3, 3)
anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        numbers,
        numbers.map(str),
        texts,
        st.just(SECRET),
        st.datetimes().map(lambda one: f"{one.isoformat()}+03:00"),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts | st.just("id"), inner, max_size=3)),
    max_leaves=6,
)
OF_ORDER = (
    [(name,) for name in ORDER] + [("baskets", 0, name) for name in BASKET] + [("baskets", 0), ("utm", "utm_source")]
)
OF_EVENT = [(name,) for name in EVENT] + [("city", "name"), ("shows", 0), ("shows", 0, "start_date")]


def changed(row: dict[str, Any], place: tuple[Any, ...], value: Any) -> Any:
    row = copy.deepcopy(row)
    inside: Any = row
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    return row


def is_sound(ticket: Ticket) -> bool:
    """Whether a ticket fits its columns, and what counts can be."""
    (ticket.utm_source + ticket.utm_campaign + ticket.currency).encode()
    fits = ticket.quantity <= 10**6 and max(ticket.order_id, ticket.basket_id, ticket.event_id, ticket.show_id) < 2**64
    money = (ticket.price, ticket.refunded_amount, ticket.quantity)
    counts = ticket.revenue < 10**12 and min(money) >= 0 and len(ticket.currency) == 3
    return fits and all(one == round(one, 2) and abs(one) < 10**12 for one in money) and (counts or ticket.cancelled)


@given(place=st.sampled_from(OF_ORDER), value=anything)
def test_any_value_anywhere_in_an_order_is_read_or_refused(place: tuple[Any, ...], value: Any) -> None:
    row = changed(ORDER, place, value)
    try:
        order = read_order(row, SINCE, UNTIL)
    except SourceInconsistent as error:
        assert place[0] in ("payed", "payed_at"), "only an ignored filter stops the others"
        order = Order(0, None, None, (), ())
        said = str(error)
    else:
        said = str(order.refused) + "".join(ticket.note for ticket in order.tickets)
        assert all(map(is_sound, order.tickets))
        if place[:2] == ("baskets", 0):
            assert order.tickets[-1] == read_order(ORDER, SINCE, UNTIL).tickets[1], "whatever the other one is"
            assert len(order.tickets) + len(order.refused) == 2
    assert SECRET not in said
    assert "\n" not in said
    tags = place in (("currency_id",), ("utm",), ("utm", "utm_source"))
    assert tags or SECRET not in repr([ticket._replace(note="") for ticket in order.tickets])


@given(value=anything)
def test_any_row_is_read_or_refused(value: Any) -> None:
    order = read_order(value, SINCE, UNTIL)
    assert order.tickets or order.refused
    assert SECRET not in str(order.refused)
    assert read_event(value) == (0, []) or "id" in value


@given(place=st.sampled_from(OF_EVENT), value=anything)
def test_any_event_is_read_as_far_as_it_can_be(place: tuple[Any, ...], value: Any) -> None:
    event_id, shows = read_event(changed(EVENT, place, value))
    for show in shows:
        assert show.event_id == event_id > 0
        (show.event_name + show.city + show.time_zone).encode()
        assert show.starts_at is None or show.starts_at.tzinfo
    if place == ("name",):
        assert [show.show_id for show in shows] == [0, 88, 89]
    assert shows == [] or shows[0] == Show(0, event_id, shows[0].event_name, shows[0].city, shows[0].time_zone, None)


@given(name=texts, source=texts)
def test_any_text_is_kept_but_for_half_characters(name: str, source: str) -> None:
    row = json.loads(json.dumps(changed(ORDER, ("utm", "utm_source"), source)))
    found = read_order(row, SINCE, UNTIL).tickets[0].utm_source
    _, (event, *_) = read_event(changed(EVENT, ("name",), name))
    for text, read in ((source, found), (name, event.event_name)):
        is_nothing = not text.strip() or text.startswith(NO_DATES)
        kept = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        assert read == ("" if is_nothing else kept)
        assert read.encode("utf-8").decode() == read


instants = st.datetimes(SINCE.replace(tzinfo=None), UNTIL.replace(tzinfo=None) - timedelta(days=2))


@given(
    paid=instants,
    offset=st.integers(-12, 14),
    price=st.decimals(0, 10**8, places=2),
    quantity=st.integers(0, 1000),
    refund=st.none() | st.decimals(0, 10**6, places=2),
    as_text=st.booleans(),
)
def test_what_is_right_is_read_exactly(
    paid: datetime, offset: int, price: Decimal, quantity: int, refund: Decimal | None, as_text: bool
) -> None:
    sign, hours = "-" if offset < 0 else "+", abs(offset)
    at = f"{(paid + timedelta(days=1)).isoformat(timespec='seconds')}{sign}{hours:02d}:00"
    instant = datetime.fromisoformat(at)
    if not SINCE <= instant < UNTIL:
        return
    form: Any = str if as_text else lambda value: value
    given_back = {"refunded_at": None, "refunded_amount": None}
    if refund is not None:
        given_back = {"refunded_at": at, "refunded_amount": form(refund)}
    basket = {**BASKET, **given_back, "price": form(price), "quantity": form(quantity)}
    order = read_order({**ORDER, "payed_at": at, "baskets": [basket]}, SINCE, UNTIL)
    (ticket,) = order.tickets
    assert order.refused == ()
    assert (ticket.payed_at, ticket.price, ticket.quantity) == (instant, price, quantity)
    assert ticket.refunded_amount == (refund or 0)
    assert (ticket.refunded_at is None) == (refund is None)
