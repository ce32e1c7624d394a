"""One odd object stops nothing: what could be loaded is loaded, what could not is named, and no money passes unseen."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from made_qtickets import MadeQTickets, load_made, msk, show, staged, ticket, totals
from made_replies import AT, basket, client_of, event, order, page
from made_rows import DAY, ONE_DAY, build_sales
from made_runs import attempt
from sandbox import Sandbox
from zakaz.alerts.findings import notify_of_findings
from zakaz.errors import SourceIncomplete, SourceInconsistent
from zakaz.pipeline import fetch
from zakaz.pipeline.checks import check_days, require_healthy
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.qtickets_shows import event_date
from zakaz.registry.runs import RunFigures
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
UNKNOWN = date(1970, 1, 1)
SUMS = "tickets_sold, revenue, refunds_amount"


def warned(loaded: LoadResult) -> dict[str, str]:
    """What each check that did not pass found."""
    return {finding.check_name: finding.found for finding in loaded.findings if not finding.passed}


def load_replies(scripted: Any, warehouse: WarehouseHook, *orders: Any, events: tuple[Any, ...] = ()) -> LoadResult:
    """Load one day of which QTickets says this, and nothing of the day before."""
    for rows in (orders, (), (), events or (event(),)):
        scripted.says(json.dumps(page(*rows)).encode())
    return load_qtickets([client_of(scripted.url)], warehouse, ONE_DAY, 1)


NOWHERE: list[tuple[list[Ticket], list[Show], tuple[Any, ...], str]] = [
    *(
        ([ticket()], [show(city=city)], (77, 88, "unknown", date(2026, 12, 24)), "show 88 of event 77 without a city")
        for city in (" ", "null", "-", "\u200b", "\ufffd")
    ),
    ([ticket()], [show(starts_at=None)], (77, 88, "Казань", UNKNOWN), "show 88 of event 77 without a start"),
    *(
        (
            [ticket()],
            [show(time_zone=zone, starts_at=msk("2026-12-24T00:30:00"))],
            (77, 88, "Казань", date(2026, 12, 24)),
            "show 88 of event 77 without a known time zone",
        )
        for zone in ("", "Mars/Olympus")
    ),
    (
        [ticket()],
        [show(show_id=0, starts_at=None), show(show_id=89)],
        (77, 88, "Казань", UNKNOWN),
        "show 88 of event 77 without a start",
    ),
    ([ticket()], [], (77, 88, "unknown", UNKNOWN), "show 88 of event 77 without a name, a city, a start"),
    (
        [ticket(event_id=0, show_id=0)],
        [],
        (0, 0, "unknown", UNKNOWN),
        "show 0 of event 0 without a name, a city, a start",
    ),
]


@pytest.mark.parametrize(("tickets", "events", "place", "said"), NOWHERE)
def test_a_show_that_is_not_fully_known_is_named_and_its_tickets_are_loaded(
    warehouse: WarehouseHook, tickets: list[Ticket], events: list[Show], place: tuple[Any, ...], said: str
) -> None:
    other = {"event_id": 78, "show_id": 90}
    loaded = load_made(warehouse, *tickets, ticket(basket_id=2, **other), events=[*events, show(**other)])
    loaded.require_complete()
    rows = staged(warehouse, f"event_id, show_id, city, event_date, {SUMS}")
    assert (*place, 1, Decimal("1500.50"), 0) in rows
    assert len(rows) == 2
    assert totals(warehouse)[DAY][1:3] == (2, Decimal("3001.00"))
    one = tickets[0]
    assert warned(loaded) == {"incomplete_tickets": f"{said}: 1 tickets, 1500.50 sold and 0 refunded, e.g. {one}"}
    build_sales(warehouse)
    require_healthy(check_days(warehouse, ONE_DAY, source="qtickets"))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe", "../UTC", "+05:00", "a\0b", "\N{SNOWMAN}"])
def test_a_show_in_an_unknown_zone_is_on_moscows_day(zone: str) -> None:
    late = show(time_zone=zone, starts_at=datetime(2026, 12, 23, 21, 30, tzinfo=UTC))
    assert event_date(late) == date(2026, 12, 24)


def test_an_online_event_and_any_text_are_loaded(scripted: Any, warehouse: WarehouseHook) -> None:
    name = "Show \ud83c\0\t\\N\n"
    loaded = load_replies(
        scripted, warehouse, order(utm={"utm_source": "\0\udfff"}), events=(event(city=None, name=name),)
    )
    assert staged(warehouse, "event_name, city, utm_source, revenue") == [
        ("Show \N{REPLACEMENT CHARACTER}\0\t\\N\n", "unknown", "\0\N{REPLACEMENT CHARACTER}", Decimal(1500))
    ]
    assert "without a city" in warned(loaded)["incomplete_tickets"]


def test_tags_that_can_not_be_read_are_named_and_left_empty(scripted: Any, warehouse: WarehouseHook) -> None:
    loaded = load_replies(scripted, warehouse, order(utm="vk_ads"))
    assert staged(warehouse, "utm_source, revenue") == [("", Decimal(1500))]
    assert warned(loaded)["incomplete_tickets"].startswith("order 501, utm: expected an object, found text: 1 tickets")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (order(price=4500), "order 501, price: expected that of its tickets, found more"),
        (order(refunds=[{"amount": 1500}]), "order 501, refunds: expected a refunded_at in one of its tickets, found"),
        (order(501, basket(refunds=[{"id": 1}])), "order 501, ticket 9001, refunds: expected the refunded_at of these"),
        (order(price=1500), ""),
        (order(price=1400, original_price=1500, refunds=[]), ""),
        (order(501, basket(service_fee_amount=150), price=1650), ""),
        (order(501, basket(), basket(id=9002, deleted_at=AT), price=3000), ""),
        (order(501, basket(refunded_at=AT, refunded_amount=9, refunds=[{"amount": 9}]), refunds=[{"amount": 9}]), ""),
    ],
)
def test_money_of_an_order_that_no_ticket_has_is_named(
    scripted: Any, warehouse: WarehouseHook, row: Any, said: str
) -> None:
    loaded = load_replies(scripted, warehouse, row)
    loaded.require_complete()
    assert staged(warehouse, "sum(revenue)") == [(Decimal(1500),)]
    assert warned(loaded).get("incomplete_tickets", "")[: len(said) or None] == said


def test_each_ticket_of_a_cart_is_under_the_event_of_its_show(scripted: Any, warehouse: WarehouseHook) -> None:
    """One event is that of the order, one that of another order, and one of no order: it is among the newest."""
    tickets = [basket(), basket(id=9002, show_id=108), basket(id=9003, show_id=118, price=700)]
    rows = [order(501, *tickets), order(502, basket(id=9004, show_id=108), event_id=79)]
    shows = [{"id": 108, "start_date": "2026-12-25T19:00:00+03:00"}]
    elsewhere = event(99, shows=[{**shows[0], "id": 118}], city={"name": "Сочи", "timezone": "Europe/Moscow"})
    for asked in (rows, [], [], [event(), event(79, shows=shows)], [event(100), elsewhere]):
        scripted.says(page(*asked))
    loaded = load_qtickets([client_of(scripted.url)], warehouse, ONE_DAY, 1)
    assert staged(warehouse, "event_id, show_id, city, event_date, revenue") == [
        (77, 88, "Казань", date(2026, 12, 24), 1500),
        (79, 108, "Казань", date(2026, 12, 25), 3000),
        (99, 118, "Сочи", date(2026, 12, 25), 700),
    ]
    assert warned(loaded) == {}
    assert scripted.bodies[-1] == {"where": [], "orderBy": {"id": "desc"}, "page": 1}


def test_other_currencies_are_put_aside_and_told_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    back = {"refunded_at": msk("2026-11-20T15:00:00"), "refunded_amount": Decimal("30.00")}
    foreign = {"currency": "BYN", "price": Decimal("60.00"), "event_id": 5}
    tickets = [
        ticket(),
        ticket(basket_id=2, **foreign, **back),
        ticket(basket_id=3, **foreign),
        ticket(basket_id=4, currency="KZT"),
    ]
    for _ in range(2):
        loaded = load_made(warehouse, *tickets)
        loaded.require_complete()
        notify_of_findings(warehouse, attempt("qtickets_fetch"), loaded.findings)
    assert warned(loaded) == {
        "other_currency_tickets": "BYN: 2 tickets, 120.00 sold and 30.00 refunded, e.g. ticket 2 of order 501; "
        "KZT: 1 tickets, 1500.50 sold and 0 refunded, e.g. ticket 4 of order 501"
    }
    assert staged(warehouse, f"currency, {SUMS}") == [("RUB", 1, Decimal("1500.50"), 0)]
    assert totals(warehouse) == {DAY: ("FIGURES", 1, Decimal("1500.50"), 0)}
    landed = warehouse.execute("SELECT currency, count() FROM zakaz.raw_qtickets_tickets GROUP BY currency")
    assert dict(landed) == {"RUB": 2, "BYN": 4, "KZT": 2}
    (message,) = sandbox.messages()
    assert "BYN: 2 tickets, 120.00 sold" in message["text"]
    apart = "currency, event_id, tickets_sold, tickets_refunded, amount, amount_refunded"
    assert warehouse.execute(f"SELECT d, {apart} FROM bi.v_sales_other_currency_daily ORDER BY ALL") == [
        (DAY, "BYN", 5, 2, 1, Decimal(120), Decimal(30)),
        (DAY, "KZT", 77, 1, 0, Decimal("1500.50"), Decimal(0)),
    ]
    load_made(warehouse, *(one._replace(cancelled=True) for one in tickets[2:]))
    left = warehouse.execute("SELECT currency, tickets_sold FROM bi.v_sales_other_currency_daily")
    assert left == [("BYN", 1)], "what was cancelled since counts no more"
    # A day in another currency alone is empty, in rubles.
    load_made(warehouse, *tickets[1:])
    assert staged(warehouse) == []
    assert totals(warehouse) == {DAY: ("CONFIRMED_ZERO", 0, 0, 0)}


@pytest.mark.parametrize(("amount", "is_odd"), [("1650.00", False), ("3001.00", False), ("3001.01", True)])
def test_a_refund_above_the_price_is_loaded_as_it_is(warehouse: WarehouseHook, amount: str, is_odd: bool) -> None:
    refund = {"refunded_at": msk("2026-11-20T15:00:00"), "refunded_amount": Decimal(amount)}
    loaded = load_made(warehouse, ticket(**refund))
    loaded.require_complete()
    assert staged(warehouse, SUMS) == [(1, Decimal("1500.50"), Decimal(amount))]
    assert ("odd_refunds" in warned(loaded)) is is_odd


def test_what_is_unclear_is_named_in_red_and_the_others_are_loaded(scripted: Any, warehouse: WarehouseHook) -> None:
    rows = [
        order(501, basket(), basket(id=9002, price="1 500,00"), basket(id=9003, refunded_amount=5)),
        order(502, payed_at="2026-11-20T12:00:00"),
        "an order",
        order(503, basket(id=9004)),
    ]
    loaded = load_replies(scripted, warehouse, *rows)
    assert staged(warehouse, SUMS) == [(2, Decimal(3000), 0)]
    with pytest.raises(SourceIncomplete) as caught:
        loaded.require_complete()
    said = str(caught.value)
    assert said.startswith(
        "1 rows are loaded, but 4 objects of the lists can't be read: order 501, ticket 9002, price: "
    )
    assert "; order 501, ticket 9003, refunded_at: expected the time of its refunded_amount, found none; " in said
    assert "; order 502, payed_at: expected an ISO timestamp with its UTC offset, found one without; " in said
    assert "\n" not in said
    # A day without anything else is not said to be empty.
    scripted.asked.clear()
    scripted.answers.clear()
    load_replies(scripted, warehouse, order(501, basket(price="?")))
    assert staged(warehouse) == []
    assert totals(warehouse) == {DAY: ("FIGURES", 0, 0, 0)}


def test_of_an_older_order_only_the_refund_matters(scripted: Any, warehouse: WarehouseHook) -> None:
    sold = "2026-11-19T12:00:00+03:00"
    back = {"refunded_at": "2026-11-20T12:00:00+03:00"}
    older = [
        order(401, basket(id=1, price="?"), payed_at=sold),
        order(402, basket(id=2, price="?", **back, refunded_amount=10), payed_at=sold),
        order(403, basket(id=3, **back, refunded_amount=10), payed_at=sold),
    ]
    for rows in ([order()], older, [event()]):
        scripted.says(page(*rows))
    loaded = load_qtickets([client_of(scripted.url)], warehouse, ONE_DAY, 1)
    assert [what.split(", price")[0] for what in loaded.broken] == ["order 402, ticket 2"]
    assert staged(warehouse, f"sum({SUMS.replace(', ', '), sum(')})") == [(1, Decimal(1500), Decimal(10))]


def test_a_ticket_twice_is_one_and_two_that_differ_are_none(warehouse: WarehouseHook) -> None:
    again = [ticket(), ticket(), ticket(basket_id=2), ticket(basket_id=2, cancelled=True)]
    twice = [ticket(basket_id=3, order_id=order_id) for order_id in (501, 502, 503)]
    loaded = load_made(warehouse, *again, *twice)
    assert staged(warehouse, SUMS) == [(2, Decimal("3001.00"), 0)]
    assert loaded.broken == (
        "ticket 3 of order 501, ticket 3 of order 502: expected each ticket once, found two that differ",
    )


def test_nothing_is_asked_of_what_counts_nowhere(warehouse: WarehouseHook) -> None:
    """A cancelled ticket, one of a day that is not rebuilt, a show that nobody bought a ticket for."""
    odd = {"currency": "", "price": Decimal(-1), "event_id": 5}
    old = ticket(basket_id=2, payed_at=msk("2026-11-01T10:00:00"), **odd)
    shows = [show(), show(show_id=89, city="", starts_at=None), show(show_id=90, time_zone="Mars/Olympus")]
    loaded = load_made(warehouse, ticket(), ticket(basket_id=3, cancelled=True, **odd), old, events=shows)
    assert (warned(loaded), loaded.broken, loaded.rows_written) == ({}, (), 1)


def test_several_events_that_are_all_unknown_are_those_of_another_organiser(warehouse: WarehouseHook) -> None:
    load_made(warehouse, ticket())
    with pytest.raises(
        SourceInconsistent, match=r"^QTickets knows none of the 2 events of these tickets, e\.g\. event 7:"
    ):
        load_made(warehouse, ticket(event_id=7), ticket(basket_id=2, event_id=8))
    assert len(staged(warehouse)) == 1


def test_the_fetch_keeps_and_tells_warnings_and_withdraws_them(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*tickets: Ticket) -> None:
        monkeypatch.setattr(fetch, "QTicketsHook", lambda: Hook(MadeQTickets(list(tickets))))
        fetch.qtickets_fetch(warehouse, ONE_DAY, attempt("qtickets_fetch"), RunFigures())

    def kept() -> dict[str, int]:
        return dict(warehouse.execute("SELECT check_name, passed FROM meta.quality_results FINAL"))

    run(ticket(), ticket(basket_id=2, currency="KZT"))
    others = {"late_cancellations": 1, "incomplete_tickets": 1, "odd_refunds": 1}
    assert kept() == {"other_currency_tickets": 0, **others}
    run(ticket())
    assert set(kept().values()) == {1}
    assert len(sandbox.messages()) == 1


class Hook:
    """Stands for the connection."""

    def __init__(self, client: MadeQTickets) -> None:
        self.get_conn = lambda: [client]


def test_the_fetch_says_what_it_left_out(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    sandbox.fault("qtickets", "wrong_types", times=1)
    figures = RunFigures()
    fetch.qtickets_fetch(warehouse, ONE_DAY, attempt("qtickets_fetch"), figures)
    (lacking,) = figures.lacking
    assert re.search(r"ticket \d+, price: expected rubles as a number, found text", lacking)
    truth = sum(Decimal(row["revenue"]) for row in sandbox.sales_truth(DAY, DAY))
    ((revenue,),) = staged(warehouse, "sum(revenue)")
    assert 0 < truth - revenue < 5000
