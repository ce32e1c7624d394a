"""The QTickets client: asked rightly, and what it is told is checked locally."""

from datetime import datetime
from typing import Any

import pytest

from made_replies import AT, DAY, ONE_DAY, basket, client_of, event, order, page, read
from sandbox import QTICKETS_TOKEN, Sandbox
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable
from zakaz.sources.http import HIDDEN, JsonApi
from zakaz.sources.qtickets import QTicketsClient, refused
from zakaz.sources.vk_rate_limits import RateBudget


def test_what_is_asked(scripted: Any) -> None:
    scripted.says(page())
    client = client_of(scripted.url)
    paid = {"column": "payed", "value": 1}
    before = {"column": "payed_at", "operator": "<", "value": "2026-11-21T00:00:00+03:00"}
    since = {"column": "payed_at", "operator": ">=", "value": "2026-11-20T00:00:00+03:00"}
    assert (
        list(client.orders(ONE_DAY)) == list(client.orders(ONE_DAY, updated_since=datetime.fromisoformat(AT))) == [[]]
    )
    assert client.newest_paid() == client.newest_paid(DAY) == []
    assert list(client.shows([])) == []
    list(client.shows(range(1, 121)))
    assert list(client.all_shows()) == [[]]
    assert scripted.asked == ["/api/rest/v1/orders"] * 4 + ["/api/rest/v1/events"] * 4
    up, down = {"orderBy": {"id": "asc"}, "page": 1}, {"orderBy": {"id": "desc"}, "page": 1}
    assert scripted.bodies[:4] == [
        {"where": [paid, since, before], **up},
        {"where": [paid, since, before, {"column": "updated_at", "operator": ">=", "value": AT}], **up},
        {"where": [paid], **down},
        {"where": [paid, before], **down},
    ]
    assert scripted.bodies[7] == {"where": [], **down}
    asked = [body["where"] for body in scripted.bodies[4:7]]
    assert [where[0]["value"] for where in asked] == [[*range(1, 51)], [*range(51, 101)], [*range(101, 121)]]
    assert {(where[0]["column"], where[0]["operator"]) for where in asked} == {("id", "in")}


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


def test_an_envelope_in_another_form_is_read(scripted: Any) -> None:
    paging = {"perPage": "50", "currentPage": "1", "total": "2"}
    scripted.says({"data": {"0": order(501), "7": order(502, basket(id=9002))}, "paging": paging})
    assert [ticket.basket_id for ticket in read(scripted.url)] == [9001, 9002]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"data": [order()]}, "paging: expected an object, found none"),
        ({"status": "error", "code": "WRONG_AUTHORIZATION"}, "data: expected a list, found none"),
        ({**page(order()), "data": None}, "data: expected a list, found null"),
        (page(order(), number=0), "paging.currentPage: expected a whole number from 1, found a number"),
        (page(order(), size=0), "paging.perPage: expected a whole number from 1, found a number"),
        (
            {**page(order()), "paging": {"perPage": "many", "currentPage": 1, "total": 1}},
            "paging.perPage: expected a whole number from 1, found text",
        ),
        ({**page(order()), "paging": [50, 1, 1]}, "paging: expected an object, found a list"),
        ({**page(order()), "paging": None}, "paging: expected an object, found null"),
        ({**page(order()), "data": "none"}, "data: expected a list, found text"),
        (
            {**page(order()), "paging": {"perPage": 50, "currentPage": True, "total": 1}},
            "paging.currentPage: expected a whole number from 1, found true or false",
        ),
        (
            {"data": [], "paging": {"perPage": 50, "currentPage": 1}},
            "paging.total: expected a whole number from 0, found none",
        ),
        ([], "the reply: expected an object, found a list"),
        (b"null", "the reply: expected an object, found null"),
    ],
)
def test_a_reply_without_rows_or_paging_is_asked_for_again_and_not_believed(
    scripted: Any, body: Any, said: str
) -> None:
    scripted.says(body)
    with pytest.raises(SourceUnavailable) as caught:
        read(scripted.url)
    assert str(caught.value).endswith(f"a reply without the required fields: {said}: {HIDDEN}")
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "Bad column", "code": "VALIDATION_ERROR"}, "VALIDATION_ERROR: "),
        ({"code": "Иванова"}, ""),
        ({"code": "ivan@mail.ru"}, ""),
        ({"code": "A" * 41}, ""),
        ({"code": 79001234567}, ""),
        (["VALIDATION_ERROR"], ""),
        (b"<html>", ""),
    ],
)
def test_a_refusal_names_its_code_if_that_is_one(scripted: Any, body: Any, said: str) -> None:
    scripted.says(body, 400)
    with pytest.raises(SourceRefused) as caught:
        read(scripted.url)
    assert str(caught.value).endswith(f"/orders: HTTP 400: {said}{HIDDEN}")


@pytest.mark.parametrize(("seconds", "pauses"), [(7, [7]), (None, [2]), (61, [])])
def test_the_pause_that_qtickets_asks_for_is_kept_up_to_a_minute(
    sandbox: Sandbox, seconds: int | None, pauses: list[float]
) -> None:
    kept: list[float] = []
    budget = RateBudget(now=lambda: sum(kept))
    api = JsonApi("QTickets", sandbox.url, refuse=refused, pause_seconds=2, budget=budget, sleep=kept.append)
    client = QTicketsClient(api, QTICKETS_TOKEN)
    sandbox.fault("qtickets", "429", times=1, seconds=seconds)
    if pauses:
        assert client.newest_paid(DAY)
    else:
        with pytest.raises(SourceUnavailable, match="HTTP 429: too many requests") as caught:
            client.newest_paid(DAY)
        assert caught.value.retry_after == 61
    assert kept == pauses
