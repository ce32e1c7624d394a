"""What is read of an order and an event: what is clear in any form; what is unclear is named, and the rest is read."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from made_replies import AT, DAY, basket, client_of, event, order, orders_of, page, read
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket


def test_what_is_read_of_an_order(scripted: Any) -> None:
    given_back = {"refunded_at": "2026-11-25T02:00:00+05:00", "refunded_amount": 1234.5}
    utm = {"utm_source": "vk_ads", "utm_medium": "cpc", "utm_campaign": "казань", "utm_content": 56, "utm_term": None}
    kept = {"refunded_deduction_amount": "265.50", "discount_value": 150, "service_fee_amount": 0.1}
    baskets = [basket(), basket(id=9002, price=0.1, quantity=2, deleted_at=AT), basket(id=9003, **given_back, **kept)]
    ids = {"promo_code_id": "31", "discount_id": None}
    scripted.says(
        page(order(501, *baskets, utm=utm, updated_at=AT, **ids), order(502, utm={"utm_source": None}, deleted_at=AT))
    )
    usual = Ticket(
        order_id=501,
        basket_id=9001,
        event_id=77,
        show_id=88,
        payed_at=datetime.fromisoformat(AT),
        cancelled=False,
        price=Decimal(1500),
        quantity=1,
        refunded_at=None,
        refunded_amount=Decimal(0),
        utm_source="vk_ads",
        utm_medium="cpc",
        utm_campaign="казань",
        utm_content="56",
        utm_term="",
        promo_code_id=31,
        discount_id=0,
        discount=Decimal(0),
        service_fee=Decimal(0),
        refund_kept=Decimal(0),
        currency="RUB",
        updated_at=datetime.fromisoformat(AT),
        note="",
    )
    untagged = {"utm_source": "", "utm_medium": "", "utm_campaign": "", "utm_content": "", "promo_code_id": 0}
    assert read(scripted.url) == [
        usual,
        usual._replace(basket_id=9002, price=Decimal("0.10"), quantity=2, cancelled=True),
        usual._replace(
            basket_id=9003,
            refunded_at=datetime(2026, 11, 24, 21, tzinfo=UTC),
            refunded_amount=Decimal("1234.50"),
            discount=Decimal(150),
            service_fee=Decimal("0.10"),
            refund_kept=Decimal("265.50"),
        ),
        usual._replace(order_id=502, cancelled=True, updated_at=None, **untagged),
    ]


# What stands in another form, and is clear.
CLEAR: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (order("501"), {}),
    (order(501.0), {}),
    (order(payed=1), {}),
    (order(payed="1"), {}),
    (order(deleted_at=""), {}),
    (order(deleted_at="0000-00-00 00:00:00"), {}),
    (order(501, basket(refunded_at="-0001-11-30T00:00:00+02:30"), deleted_at="-0001-11-30T00:00:00+02:30"), {}),
    (order(currency_id=" rub "), {}),
    (order(currency_id="rur "), {}),
    (order(baskets={"0": basket()}), {}),
    (order(baskets=basket()), {}),
    (order(501, basket(id="9001", show_id="88", price="1500.00", quantity="1")), {}),
    (order(501, basket(price=" 1500 ", refunded_at="", refunded_amount="")), {}),
    (order(501, basket(refunded_at=AT, refunded_amount="10.5")), {"refunded_amount": Decimal("10.50")}),
    (order(501, basket(refunded_amount=1650, refunded_at=AT)), {"refunded_amount": Decimal(1650)}),
    (order(utm=""), {}),
    (order(utm=None), {}),
    (order(utm={"utm_source": 7, "utm_campaign": False}), {"utm_source": "7"}),
    (order(utm={"utm_source": "vk \ud83c"}), {"utm_source": "vk \N{REPLACEMENT CHARACTER}"}),
    (order(utm={"utm_source": "\ud83c\udf89"}), {"utm_source": "\N{PARTY POPPER}"}),
    # No money hangs on these: the ticket is loaded, and what can't be read is left empty.
    (order(event_id=None), {"event_id": 0}),
    (order(501, basket(show_id=[])), {"show_id": 0}),
    (order(utm="vk_ads"), {"note": "order 501, utm: expected an object, found text"}),
    (
        order(utm={"utm_source": ["a"], "utm_medium": {"b": []}, "utm_campaign": "c"}),
        {"utm_campaign": "c", "note": "order 501, utm.utm_source: expected text, found a list"},
    ),
    (order(promo_code_id="SALE", discount_id=-1), {}),
    (
        order(501, basket(discount_value="10 %", service_fee_amount=-1, refunded_deduction_amount=1e6)),
        {
            "note": "order 501, ticket 9001, discount_value: expected rubles as a number, found text; order 501, "
            "ticket 9001, service_fee_amount: expected 0 rubles or more, below 1,000,000, found another number; order "
            "501, ticket 9001, refunded_deduction_amount: expected 0 rubles or more, below 1,000,000, found another "
            "number"
        },
    ),
    (order(updated_at="now"), {}),
]


@pytest.mark.parametrize(("row", "changed"), CLEAR)
def test_what_is_clear_in_another_form_is_read(scripted: Any, row: dict[str, Any], changed: dict[str, Any]) -> None:
    scripted.says(page(order())).says(json.dumps(page(row)).encode())
    (usual,) = read(scripted.url)
    (ticket,) = read(scripted.url)
    back = {"refunded_at": ticket.refunded_at} if "refunded_amount" in changed else {}
    assert ticket == usual._replace(**back, **changed)


SAID = "order 501, ticket 9001"
UNCLEAR: list[tuple[Any, str]] = [
    ([], "order without a readable id, (all of it): expected an object, found a list"),
    (order(True), "order without a readable id, id: expected a whole number, found true or false"),
    (
        order(-1),
        "order without a readable id, id: expected a whole number from 1 to 18446744073709551615, found another",
    ),
    (order(payed="да"), "order 501, payed: expected true or false, found text"),
    (order(payed_at=None), "order 501, payed_at: expected an ISO timestamp, found null"),
    (order(payed_at=1763629200), "order 501, payed_at: expected an ISO timestamp, found a number"),
    (
        order(payed_at="2026-11-20T12:00:00"),
        "order 501, payed_at: expected an ISO timestamp with its UTC offset, found",
    ),
    (order(payed_at="0001-01-01T00:00:00+03:00"), "order 501, payed_at: expected a year from 1971 to 2148, found"),
    (order(deleted_at="yesterday"), "order 501, deleted_at: expected an ISO timestamp, found text"),
    (order(currency_id=643), "order 501, currency_id: expected three letters such as RUB, found something else"),
    (order(currency_id=None), "order 501, currency_id: expected three letters such as RUB, found something else"),
    (order(baskets=None), "order 501, baskets: expected a list, found null"),
    (order(baskets=[], price=3000), "order 501, baskets: expected the tickets of its price, found none"),
    (order(baskets=[], price=0, refunds=[{"id": 1}]), "order 501, baskets: expected the tickets of its price"),
    (order(baskets=[]), "order 501, price: expected the field, found none"),
    (order(501, []), "order 501, ticket without a readable id, (all of it): expected an object, found a list"),
    (order(501, basket(id=None)), "order 501, ticket without a readable id, id: expected a whole number, found null"),
    (order(501, basket(price=True)), f"{SAID}, price: expected rubles as a number, found true or false"),
    (order(501, basket(price="1 500,00")), f"{SAID}, price: expected rubles as a number, found text"),
    (
        order(501, basket(price=10.005)),
        f"{SAID}, price: expected rubles below 1,000,000,000,000 with at most 2 decimals",
    ),
    (
        order(501, basket(price=1e300)),
        f"{SAID}, price: expected rubles below 1,000,000,000,000 with at most 2 decimals",
    ),
    (order(501, basket(price=float("nan"))), f"{SAID}, price: expected rubles as a number, found a number"),
    (order(501, basket(price=-1)), f"{SAID}, price: expected 0 rubles or more, found less"),
    (order(501, basket(price=10**9, quantity=1000)), f"{SAID}, quantity: expected a price below 1,000,000,000,000 rub"),
    (
        order(501, basket(quantity=1.5)),
        f"{SAID}, quantity: expected a whole number from 0 to 1000000, found another one",
    ),
    (order(501, basket(quantity=-1)), f"{SAID}, quantity: expected a whole number from 0"),
    (order(501, basket(refunded_at=AT)), f"{SAID}, refunded_amount: expected the field, found none"),
    (order(501, basket(refunded_at=AT, refunded_amount=None)), f"{SAID}, refunded_amount: expected rubles as a number"),
    (order(501, basket(refunded_at=AT, refunded_amount=-1)), f"{SAID}, refunded_amount: expected 0 rubles or more"),
    (
        order(501, basket(refunded_amount=5)),
        f"{SAID}, refunded_at: expected the time of its refunded_amount, found none",
    ),
    (
        order(501, basket(refunded_at="2026-11-19T12:00:00+03:00", refunded_amount=5)),
        f"{SAID}, refunded_at: expected the day of the sale or a later one, found an earlier one",
    ),
    *(
        (
            order(501, {name: value for name, value in basket().items() if name != field}),
            f"{SAID}, {field}: expected the",
        )
        for field in ("deleted_at", "refunded_at", "quantity", "price")
    ),
]


# In place of "?": what JSON may hold and json.dumps doesn't write.
ODD = [
    (order(501, basket(price="?")), "1" * 5000, f"{SAID}, price: expected rubles as a number, found a number too long"),
    (order(501, basket(price="?")), f"1e{'9' * 20}", f"{SAID}, price: expected rubles as a number, found a number too"),
    (order(501, basket(price="?")), '1, "price": 2', f"{SAID}, price: expected rubles as a number, found two values"),
    (order("?"), '501, "id": 502', "order without a readable id, id: expected a whole number, found two values"),
    (order(baskets="?"), '[], "baskets": []', "order 501, baskets: expected a list, found two values"),
    # What is not read stops nothing.
    (order(client={"phone": "?"}), "7" * 5000, ""),
    (order(client={"phone": "?"}), f"-1e{'9' * 20}", ""),
    (order(client={"ivan@mail.ru": "?"}), '1, "ivan@mail.ru": 2', ""),
]


@pytest.mark.parametrize(("row", "odd", "said"), ODD)
def test_what_no_number_can_be_and_a_key_given_twice_are_refused_where_they_are_read(
    scripted: Any, row: Any, odd: str, said: str
) -> None:
    scripted.says(json.dumps(page(row, order(503))).replace('"?"', odd).encode())
    orders = orders_of(scripted.url)
    assert [len(one.tickets) for one in orders] == [int(not said), 1]
    assert [refused_one.what[: len(said)] for one in orders for refused_one in one.refused] == [said] * bool(said)


@pytest.mark.parametrize(("row", "said"), UNCLEAR, ids=[said for _, said in UNCLEAR])
def test_what_is_unclear_is_named_and_the_others_are_read(scripted: Any, row: Any, said: str) -> None:
    scripted.says(page(order(499), row, order(503)))
    orders = orders_of(scripted.url)
    assert [ticket.order_id for one in orders for ticket in one.tickets] == [499, 503]
    (refused_one,) = [one for of_order in orders for one in of_order.refused]
    assert refused_one.what.startswith(said)


def test_of_an_order_the_clear_tickets_are_read(scripted: Any) -> None:
    scripted.says(page(order(501, basket(), basket(id=9002, price="?"), basket(id=9003))))
    (one,) = orders_of(scripted.url)
    assert [ticket.basket_id for ticket in one.tickets] == [9001, 9003]
    assert [(refused_one.what[:23], refused_one.days) for refused_one in one.refused] == [
        ("order 501, ticket 9002,", frozenset({DAY}))
    ]


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({}, {DAY}),
        ({"refunded_at": "2026-11-25T12:00:00+03:00"}, {DAY, date(2026, 11, 25)}),
        ({"refunded_at": "some day"}, None),
        ({"refunded_amount": 5}, None),
    ],
)
def test_which_days_miss_the_money_of_an_unclear_ticket(scripted: Any, given: Any, days: set[date] | None) -> None:
    scripted.says(page(order(501, basket(price="?", **given))))
    (one,) = orders_of(scripted.url)
    assert [refused_one.days for refused_one in one.refused] == [days]


def test_what_is_cancelled_counts_nowhere_and_may_be_unclear(scripted: Any) -> None:
    cancelled = [basket(deleted_at=AT, price="?"), basket(id=9002, deleted_at=AT)]
    whole = order(502, basket(id=None), deleted_at=AT, currency_id=[])
    scripted.says(page(order(501, *cancelled), whole, order(503, deleted_at=AT, baskets=None)))
    assert [ticket.basket_id for ticket in read(scripted.url)] == [9002]


def test_shows_of_events(scripted: Any) -> None:
    late = {"id": 90, "start_date": None}
    scripted.says(page(event(), event(78, city=[], shows=[]), event(79, city=None, shows=[late])))
    kazan = Show(0, 77, "Щелкунчик", "Казань", "Europe/Moscow", None)
    nowhere = Show(0, 79, "Щелкунчик", "", "", None)
    assert list(client_of(scripted.url).shows([77, 78, 79])) == [
        [
            kazan,
            kazan._replace(show_id=88, starts_at=datetime(2026, 12, 24, 16, tzinfo=UTC)),
            nowhere._replace(event_id=78),
            nowhere,
            nowhere._replace(show_id=90),
        ]
    ]


NO_TEXTS = {"name": ["Щелкунчик"], "city": {"name": "Казань", "timezone": ["Europe/Moscow"]}, "shows": []}


def test_events_are_read_as_far_as_they_are_clear(scripted: Any) -> None:
    odd = event(
        77,
        name={"en": "Nutcracker", "ru": "Щелкунчик \ud83c"},
        city={"name": ["Казань"], "timezone": 3},
        shows={"0": {"id": "88", "start_date": "soon"}, "1": {"id": None}, "2": "show"},
    )
    scripted.says(
        json.dumps(page(odd, event(None), "event", event(78, name=1984, shows="none"), event(79, **NO_TEXTS))).encode()
    )
    itself = Show(0, 77, "Щелкунчик \N{REPLACEMENT CHARACTER}", "", "3", None)
    assert list(client_of(scripted.url).shows([77, 78, 79])) == [
        [
            itself,
            itself._replace(show_id=88),
            Show(0, 78, "1984", "Казань", "Europe/Moscow", None),
            Show(0, 79, "", "Казань", "", None),
        ]
    ]
