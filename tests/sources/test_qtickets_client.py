"""The QTickets client: asked rightly, checked locally, and nothing of a buyer is left when it has read a reply."""

import gc
import json
import traceback
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from loud_logs import all_told
from sandbox import QTICKETS_TOKEN, Sandbox
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent, SourceUnavailable, ZakazError
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.sources.http import JsonApi
from zakaz.sources.qtickets import QTicketsClient, Show, Ticket, refused
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
ONE_DAY = DayRange(DAY, DAY)
TOKEN = "t0ken-of-the-organiser"
AT = "2026-11-20T12:00:00+03:00"


def client_of(url: str, attempts: int = 2) -> QTicketsClient:
    return QTicketsClient(JsonApi("QTickets", url, refuse=refused, attempts=attempts, pause_seconds=0), TOKEN)


def basket(**given: Any) -> dict[str, Any]:
    usual = {"id": 9001, "show_id": 88, "price": 1500, "quantity": 1, "deleted_at": None, "refunded_at": None}
    return {**usual, **given}


def order(order_id: int = 501, *baskets: dict[str, Any], **given: Any) -> dict[str, Any]:
    usual = {"id": order_id, "payed": True, "payed_at": AT, "deleted_at": None, "event_id": 77}
    return {**usual, "currency_id": "RUB", "utm": [], "baskets": list(baskets or [basket()]), **given}


def event(event_id: int = 77, **given: Any) -> dict[str, Any]:
    shows = [{"id": 88, "start_date": "2026-12-24T19:00:00+03:00"}]
    city = {"id": 1, "name": "Казань", "timezone": "Europe/Moscow"}
    return {"id": event_id, "name": "Щелкунчик", "city": city, "shows": shows, **given}


def page(*rows: Any, number: int = 1, total: int | None = None, size: int = 50) -> dict[str, Any]:
    paging = {"perPage": size, "currentPage": number, "total": len(rows) if total is None else total}
    return {"data": list(rows), "paging": paging}


def read(url: str) -> list[Ticket]:
    return [ticket for tickets in client_of(url).orders(ONE_DAY) for ticket in tickets]


def test_what_is_read_of_an_order(scripted: Any) -> None:
    given_back = {"refunded_at": "2026-11-25T02:00:00+05:00", "refunded_amount": 1234.5}
    utm = {"utm_source": "vk_ads", "utm_medium": "cpc", "utm_campaign": "казань"}
    baskets = [basket(), basket(id=9002, price=0.1, quantity=2, deleted_at=AT), basket(id=9003, **given_back)]
    scripted.says(page(order(501, *baskets, utm=utm), order(502, utm={"utm_source": None}, deleted_at=AT)))
    usual = Ticket(
        501,
        9001,
        77,
        88,
        datetime.fromisoformat(AT),
        False,
        Decimal(1500),
        1,
        None,
        Decimal(0),
        "vk_ads",
        "казань",
        "RUB",
    )
    assert read(scripted.url) == [
        usual,
        usual._replace(basket_id=9002, price=Decimal("0.10"), quantity=2, cancelled=True),
        usual._replace(
            basket_id=9003,
            refunded_at=datetime(2026, 11, 24, 21, tzinfo=UTC),
            refunded_amount=Decimal("1234.50"),
        ),
        usual._replace(order_id=502, cancelled=True, utm_source="", utm_campaign=""),
    ]


def test_what_is_asked(scripted: Any) -> None:
    scripted.says(page())
    client = client_of(scripted.url)
    paid = {"column": "payed", "value": 1}
    before = {"column": "payed_at", "operator": "<", "value": "2026-11-21T00:00:00+03:00"}
    since = {"column": "payed_at", "operator": ">=", "value": "2026-11-20T00:00:00+03:00"}
    assert list(client.orders(ONE_DAY)) == [[]]
    assert client.newest_paid() == client.newest_paid(DAY) == []
    assert list(client.shows([])) == []
    list(client.shows(range(1, 121)))
    assert scripted.asked == ["/api/rest/v1/orders"] * 3 + ["/api/rest/v1/events"] * 3
    up, down = {"orderBy": {"id": "asc"}, "page": 1}, {"orderBy": {"id": "desc"}, "page": 1}
    assert scripted.bodies[:3] == [
        {"where": [paid, since, before], **up},
        {"where": [paid], **down},
        {"where": [paid, before], **down},
    ]
    asked = [body["where"] for body in scripted.bodies[3:]]
    assert [where[0]["value"] for where in asked] == [[*range(1, 51)], [*range(51, 101)], [*range(101, 121)]]
    assert {(where[0]["column"], where[0]["operator"]) for where in asked} == {("id", "in")}


def test_shows_of_events(scripted: Any) -> None:
    late = {"id": 90, "start_date": None}
    scripted.says(page(event(), event(78, city=[], shows=[]), event(79, city=None, shows=[late])))
    starts_at = datetime(2026, 12, 24, 16, tzinfo=UTC)
    assert list(client_of(scripted.url).shows([77, 78, 79])) == [
        [Show(88, 77, "Щелкунчик", "Казань", "Europe/Moscow", starts_at), Show(90, 79, "Щелкунчик", "", "", None)]
    ]


def says_pages(scripted: Any, pages: list[tuple[int, ...]], totals: list[int]) -> None:
    for number, (ids, total) in enumerate(zip(pages, totals, strict=True), start=1):
        scripted.says(page(*map(order, ids), number=number, total=total, size=2))


def test_pages_are_read_to_the_end_and_an_order_counts_once(scripted: Any) -> None:
    says_pages(scripted, [(1, 2), (2, 3, 4), (4, 5)], [4, 5, 5])
    assert [ticket.order_id for ticket in read(scripted.url)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("totals", "said"), [([4, 5, 5], "4 came, .* total is 5"), ([5, 5, 5], "4 came, .* is 5")])
def test_an_order_that_slipped_between_two_pages_is_missed(scripted: Any, totals: list[int], said: str) -> None:
    says_pages(scripted, [(1, 2), (2, 3), (4,)], totals)
    with pytest.raises(SourceInconsistent, match=f"orders: {said}: the list is cut, .* Run the day again"):
        read(scripted.url)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (page(order(1), order(2), number=1, total=9, size=2), "page 2 was asked for and page 1 came: the body"),
        (page(order(1), order(2), number=2, total=9, size=2), "page 2 brings nothing new, though only 2 of 9 came"),
        (page(number=2, total=9, size=2), "page 2 brings nothing new, though only 2 of 9 came"),
        (
            page(order(3), number=2, total=3, size=2),
            "its total fell from 9 to 3: the list is cut, .* or changed while it was read",
        ),
        (page(order(3), order(4, payed=False, payed_at=None), number=2, total=9, size=2), "order 4 is not paid"),
        (page(order(3, payed_at="2026-11-19T23:59:59+03:00"), number=2, total=9, size=2), "order 3: .* ignored"),
        (page(order(3, payed_at="2026-11-21T00:00:00+03:00"), number=2, total=9, size=2), "order 3: .* ignored"),
    ],
)
def test_a_list_that_is_not_what_was_asked_for_stops_the_reading(scripted: Any, second: Any, said: str) -> None:
    scripted.says(page(order(1), order(2), total=9, size=2)).says(second)
    with pytest.raises(SourceInconsistent, match=said):
        read(scripted.url)
    assert len(scripted.asked) == 2


def test_an_event_that_was_not_asked_for_is_refused(scripted: Any) -> None:
    scripted.says(page(event(), event(78)))
    with pytest.raises(SourceInconsistent, match="event 78 was not requested"):
        list(client_of(scripted.url).shows([77]))


BAD: list[tuple[dict[str, Any], str]] = [
    (order(True), "order without a readable id, id: expected a whole number, found true or false"),
    (order("501"), "order without a readable id, id: expected a whole number, found text"),
    (order(-1), "id: expected a whole number from 1 to 18446744073709551615, found another one"),
    (order(payed=1), "order 501, payed: expected true or false, found a number"),
    (order(payed_at=None), "order 501, payed_at: expected an ISO timestamp, found null"),
    (order(payed_at=1763629200), "order 501, payed_at: expected an ISO timestamp, found a number"),
    (order(payed_at="2026-11-20T12:00:00"), "payed_at: expected an ISO timestamp with its UTC offset, found one"),
    (order(payed_at="2026-11-20"), "payed_at: expected an ISO timestamp with its UTC offset, found one without"),
    (order(payed_at="0001-01-01T00:00:00+03:00"), "payed_at: expected a year from 1971"),
    (order(deleted_at="yesterday"), "order 501, deleted_at: expected an ISO timestamp, found text"),
    (order(event_id=None), "order 501, event_id: expected a whole number, found null"),
    (order(currency_id=643), "order 501, currency_id: expected text, found a number"),
    (order(utm="vk_ads"), "order 501, utm: expected an object, found text"),
    (order(utm={"utm_source": ["a"]}), r"order 501, utm\.utm_source: expected text, found a list"),
    (order(baskets=None), "order 501, baskets: expected a list, found null"),
    (order(501, []), r"order 501, basket without a readable id, \(all of it\): expected an object, found a list"),
    (order(501, basket(id=None)), "order 501, basket without a readable id, id: expected a whole number, found null"),
    (order(501, basket(show_id="88")), "order 501, basket 9001, show_id: expected a whole number, found text"),
    (order(501, basket(price="1500")), "basket 9001, price: expected rubles as a number, found text"),
    (order(501, basket(price=True)), "basket 9001, price: expected rubles as a number, found true or false"),
    (order(501, basket(price=10.005)), "basket 9001, price: expected rubles with at most 2 decimals"),
    (order(501, basket(price=1e300)), "basket 9001, price: expected rubles with at most 2 decimals"),
    (order(501, basket(price=float("nan"))), "basket 9001, price: expected rubles as a number, found a number"),
    (order(501, basket(quantity=1.5)), "basket 9001, quantity: expected a whole number, found a number"),
    (order(501, basket(quantity=-1)), "basket 9001, quantity: expected a whole number from 0"),
    (order(501, basket(refunded_at=AT)), "basket 9001, refunded_amount: expected the field, found none"),
    (order(501, basket(refunded_at=AT, refunded_amount=None)), "refunded_amount: expected rubles .*, found null"),
]


def test_a_value_that_can_not_be_read_is_named(scripted: Any) -> None:
    for row, said in BAD:
        scripted.asked.clear()
        scripted.answers.clear()
        scripted.says(page(row))
        with pytest.raises(SourceInconsistent, match=said):
            read(scripted.url)
    for field in ("deleted_at", "refunded_at", "quantity", "price"):
        without = basket()
        del without[field]
        scripted.answers.clear()
        scripted.says(page(order(501, without)))
        with pytest.raises(SourceInconsistent, match=f"basket 9001, {field}: expected the field, found none"):
            read(scripted.url)


@pytest.mark.parametrize(
    "body",
    [
        {"data": [order()]},
        {"status": "error", "code": "WRONG_AUTHORIZATION"},
        {**page(order()), "data": None},
        page(order(), number=0),
        page(order(), size=0),
        {**page(order()), "paging": {"perPage": "50", "currentPage": 1, "total": 1}},
        {**page(order()), "paging": {"perPage": 50, "currentPage": True, "total": 1}},
        [],
    ],
)
def test_a_reply_without_rows_or_paging_is_asked_for_again_and_not_believed(scripted: Any, body: Any) -> None:
    scripted.says(body)
    with pytest.raises(SourceUnavailable, match=r"a reply without the required fields: \(not shown"):
        read(scripted.url)
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(("seconds", "pauses"), [(7, [7]), (None, [2]), (61, [])])
def test_the_pause_that_qtickets_asks_for_is_kept_up_to_a_minute(
    sandbox: Sandbox, seconds: int | None, pauses: list[float]
) -> None:
    sandbox.fault("qtickets", "429", times=1, seconds=seconds)
    kept: list[float] = []
    api = JsonApi("QTickets", sandbox.url, refuse=refused, pause_seconds=2, sleep=kept.append)
    orders = QTicketsClient(api, QTICKETS_TOKEN).orders(ONE_DAY)
    if pauses:
        assert next(orders)
    else:
        with pytest.raises(SourceUnavailable, match="HTTP 429: too many requests"):
            next(orders)
    assert kept == pauses


# Each text and number must be nowhere once the reply has been read.
PERSONAL_TEXTS = [f"LEAKED-{number:02d}-Иванова" for number in range(40)]
PERSONAL_NUMBERS = [777000777000 + number for number in range(4)]


def full_of_buyers(**changed: Any) -> dict[str, Any]:
    """An order with every personal or secret field of the reference, in text and in numbers."""
    texts = iter(PERSONAL_TEXTS)
    numbers = iter(PERSONAL_NUMBERS)
    of_ticket = {
        name: next(texts)
        for name in (
            *(
                "client_email",
                "client_phone",
                "client_name",
                "client_surname",
                "client_middlename",
                "client_legal_name",
            ),
            *("barcode", "pdf_url", "passbook_url", "organization_name", "legal_name", "inn", "kpp", "seat_name"),
        )
    }
    client = {"id": next(numbers), "email": next(texts), "phone": next(texts)}
    client["details"] = {"name": next(texts), "surname": next(texts), "fields": [next(texts)]}
    return order(
        501,
        basket(**of_ticket, refunds=[{"comment": next(texts)}]),
        basket(id=9002, price=777.77, client_id=next(numbers), **of_ticket),
        client=client,
        client_id=next(numbers),
        payment_card_number=next(texts),
        payment_url=next(texts),
        cancel_url=next(texts),
        access_code_id=next(numbers),
        uniqid=next(texts),
        integrations={"crm": {"lead": next(texts)}},
        custom={"note": next(texts)},
        fields=[{"name": next(texts), "value": next(texts)}],
        refunds=[{"card": next(texts)}],
        utm={"utm_source": "vk_ads", "utm_content": next(texts), "utm_term": next(texts)},
        **changed,
    )


def leaks(text: str) -> list[str]:
    return [secret for secret in ("LEAKED", "Иванова", "777000777") if secret in text]


def reachable(*roots: Any) -> Iterator[str]:
    """Every text and number that can be reached from some objects, the variables of functions included; not ours."""
    passed: set[int] = set()
    waiting: list[Any] = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in passed or isinstance(one, type | types.ModuleType | types.FunctionType):
            continue
        passed.add(id(one))
        if isinstance(one, str | int):
            yield str(one)
        elif isinstance(one, bytes | bytearray):
            yield one.decode(errors="replace")
        elif isinstance(one, types.FrameType):  # without those that called it, which are this file's in the end
            waiting += one.f_locals.values() if one.f_code.co_filename != __file__ else []
        else:
            waiting += gc.get_referents(one)


def dump(warehouse: WarehouseHook) -> str:
    """All that stands in the warehouse."""
    with warehouse.session():
        tables = warehouse.execute(
            "SELECT database, name FROM system.tables WHERE database IN ('zakaz', 'meta') AND engine LIKE '%MergeTree'"
        )
        return "\n".join(
            str(warehouse.execute(f"SELECT * FROM {database}.{table}")) for database, table in sorted(tables)
        )


def test_a_reply_full_of_buyers_leaves_nothing_of_them(
    scripted: Any, warehouse: WarehouseHook, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_told(caplog, monkeypatch)
    sent = json.dumps(page(full_of_buyers()), ensure_ascii=False)
    assert sum(text in sent for text in PERSONAL_TEXTS) == 31
    assert all(str(number) in sent for number in PERSONAL_NUMBERS)
    assert leaks("".join(reachable([json.loads(sent)]))) == ["LEAKED", "Иванова", "777000777"]

    scripted.says(page(full_of_buyers())).says(page(event()))
    assert load_qtickets(client_of(scripted.url), warehouse, ONE_DAY, 1).rows_written == 1
    dumped = dump(warehouse)
    assert "777.77" in dumped
    assert "/api/rest/v1/orders" in caplog.text, "the log is read at a level where requests are told"
    assert leaks(dumped + caplog.text) == []

    scripted.asked.clear()
    client = client_of(scripted.url)
    pages = client.orders(ONE_DAY)
    tickets = next(pages)
    assert len(tickets) == 2
    assert leaks("\n".join(reachable(tickets, client, pages))) == []


LEAK = PERSONAL_TEXTS[0]
WHOLE = json.dumps(page(full_of_buyers()), ensure_ascii=False).encode()
DAMAGED: list[tuple[str, int, Any]] = [
    ("cut", 200, WHOLE[:-2]),
    ("not JSON", 200, f"<html>{LEAK}</html>".encode()),
    ("no paging", 200, {"data": [full_of_buyers()]}),
    ("paging of text", 200, {**page(full_of_buyers()), "paging": {"perPage": LEAK, "currentPage": 1, "total": 1}}),
    ("rows of text", 200, page(LEAK)),
    ("another page", 200, page(full_of_buyers(), number=2)),
    ("a cut list", 200, page(full_of_buyers(), total=2)),
    ("not paid", 200, page(full_of_buyers(payed=False))),
    ("paid another day", 200, page(full_of_buyers(payed_at="2026-11-25T00:00:00+03:00"))),
    *(
        (f"{name} of text", 200, page({**full_of_buyers(), name: LEAK}))
        for name in ("id", "payed", "payed_at", "deleted_at", "event_id", "utm", "baskets")
    ),
    ("currency of a list", 200, page({**full_of_buyers(), "currency_id": [LEAK]})),
    ("tags of a list", 200, page({**full_of_buyers(), "utm": {"utm_source": [LEAK]}})),
    *(
        (f"{name} of a basket of text", 200, page({**full_of_buyers(), "baskets": [basket(**{name: LEAK})]}))
        for name in ("id", "show_id", "price", "quantity", "deleted_at", "refunded_at")
    ),
    ("refused", 403, {"error": LEAK, "status": 403, "code": LEAK, "info": full_of_buyers()}),
    ("not there", 404, f"<html>{LEAK}</html>".encode()),
    ("too many", 429, {"error": LEAK}),
    ("broken", 500, WHOLE),
]


def left_by(failed: BaseException) -> list[str]:
    """What of the buyers an error shows, or keeps in memory."""
    return leaks("\n".join([*traceback.format_exception(failed), repr(failed), *reachable(failed)]))


@pytest.mark.parametrize(("status", "body"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_nor_does_a_damaged_one(
    scripted: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, status: int, body: Any
) -> None:
    all_told(caplog, monkeypatch)
    scripted.says(body, status)
    with pytest.raises(ZakazError) as caught:
        read(scripted.url)
    assert left_by(caught.value) + leaks(caplog.text) == []


def test_nor_does_the_second_question(scripted: Any) -> None:
    scripted.says(page(full_of_buyers(payed_at=LEAK)))
    with pytest.raises(
        SourceInconsistent, match="order 501, payed_at: expected an ISO timestamp, found text"
    ) as caught:
        client_of(scripted.url).newest_paid()
    assert left_by(caught.value) == []
