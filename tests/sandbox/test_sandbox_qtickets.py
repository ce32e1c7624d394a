"""The QTickets stand-in: as odd as the real one, and exact where it counts."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from sandbox import QTICKETS_TOKEN, Sandbox

DAY = date(2026, 11, 20)
Get = Callable[..., requests.Response]


@pytest.fixture
def get(sandbox: Sandbox) -> Get:
    def ask(path: str, body: Any = None, token: str = QTICKETS_TOKEN, timeout: float = 30) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{sandbox.url}/api/rest/v1/{path}", json=body, headers=headers, timeout=timeout)

    return ask


def paid_on(first: date, last: date, page: int = 1) -> dict[str, Any]:
    return {
        "where": [
            {"column": "payed", "value": 1},
            {"column": "payed_at", "operator": ">=", "value": f"{first}T00:00:00+03:00"},
            {"column": "payed_at", "operator": "<", "value": f"{last + timedelta(days=1)}T00:00:00+03:00"},
        ],
        "orderBy": {"id": "asc"},
        "page": page,
    }


def all_paid(get: Get, first: date, last: date) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page, total = 1, 1
    while len(found) < total:
        reply = get("orders", paid_on(first, last, page)).json()
        assert (reply["paging"]["currentPage"], reply["paging"]["perPage"]) == (page, 50)
        found += reply["data"]
        page, total = page + 1, reply["paging"]["total"]
    return found


def test_the_body_filters_and_the_orders_are_the_truth(get: Get, sandbox: Sandbox) -> None:
    orders = all_paid(get, DAY, DAY)
    assert [order["id"] for order in orders] == sorted({order["id"] for order in orders})
    assert {order["id"] for order in orders} == {order["id"] for order in sandbox.orders(DAY)}
    assert {datetime.fromisoformat(order["payed_at"]).date() for order in orders} == {DAY}
    sold = [basket for order in orders for basket in order["baskets"] if basket["deleted_at"] is None]
    truth = sandbox.sales_truth(DAY, DAY)
    assert sum(basket["price"] for basket in sold) == sum(Decimal(row["revenue"]) for row in truth) > 100_000
    assert len(sold) == sum(row["tickets_sold"] for row in truth)


def test_money_that_was_given_back_counts_on_its_own_day(get: Get, sandbox: Sandbox) -> None:
    orders = all_paid(get, DAY - timedelta(days=21), DAY)
    back = [
        basket["refunded_amount"]
        for order in orders
        for basket in order["baskets"]
        if basket["refunded_at"] and datetime.fromisoformat(basket["refunded_at"]).date() == DAY
    ]
    assert sum(back) == sum(Decimal(row["refunds_amount"]) for row in sandbox.sales_truth(DAY, DAY)) > 0
    (order, *_) = sandbox.orders(DAY - timedelta(days=2))
    sandbox.patch_order(order["id"], refunded_on=DAY)
    assert sum(Decimal(row["refunds_amount"]) for row in sandbox.sales_truth(DAY, DAY)) > sum(back)


def test_the_query_string_means_nothing(get: Get) -> None:
    reply = get("orders?payed=1&page=7&per_page=200").json()
    assert reply["paging"]["currentPage"] == 1
    assert len(reply["data"]) == 50
    assert {order["payed"] for order in reply["data"]} == {True, False}
    assert {order["deleted_at"] is None for order in reply["data"]} == {True, False}


def test_empty_objects_are_arrays_now_and_then(get: Get) -> None:
    orders = all_paid(get, DAY, DAY)
    assert {type(order["utm"]) for order in orders} == {dict, list}
    assert {type(order["integrations"]) for order in orders} == {dict, list}
    assert any(order["custom"] == "" for order in orders)
    assert all(order["client"]["email"] and basket["barcode"] for order in orders for basket in order["baskets"])


def test_shows_are_written_in_moscow_time_whatever_the_city(get: Get) -> None:
    events = [event for page in (1, 2) for event in get("events", {"page": page}).json()["data"]]
    assert len(events) == 20
    assert {event["is_active"] for event in events} == {0, 1}
    assert {event["deleted_at"] is None for event in events} == {True, False}
    zones = {event["city"]["timezone"] for event in events}
    assert {"Europe/Moscow", "Asia/Novosibirsk"} < zones
    starts = [show["start_date"] for event in events for show in event["shows"]]
    assert all(start.endswith("+03:00") for start in starts)
    assert any("T20:30:00" in start for start in starts), "after midnight in Novosibirsk"


def test_refusals(get: Get, sandbox: Sandbox) -> None:
    assert get("orders", token="wrong").status_code == 403
    unknown = get("orders/5")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    nowhere = get("orders/filter")
    assert (nowhere.status_code, nowhere.headers["Content-Type"].split(";")[0]) == (404, "text/html")
    assert get("orders", {"where": [{"column": "refunded_at", "value": 1}]}).status_code == 400
    posted = requests.post(
        f"{sandbox.url}/api/rest/v1/orders", headers={"Authorization": f"Bearer {QTICKETS_TOKEN}"}, timeout=10
    )
    assert (posted.status_code, posted.json()["code"]) == (503, "UNKNOWN_ERROR")


def test_faults(get: Get, sandbox: Sandbox) -> None:
    whole = get("orders", paid_on(DAY, DAY)).json()
    for kind in ("empty", "repeated_page", "duplicate_rows", "cut_list", "wrong_types", "no_offset", "missing_show"):
        sandbox.fault("qtickets", kind, times=1)
        assert get("orders", paid_on(DAY, DAY)).json()["data"] != whole["data"], kind
    sandbox.fault("qtickets", "page_one", times=1)
    assert get("orders", paid_on(DAY, DAY, page=2)).json() == whole
    sandbox.fault("qtickets", "ignore_filter", times=1)
    assert get("orders", paid_on(DAY, DAY)).json()["paging"]["total"] > 10_000
    sandbox.fault("qtickets", "stall", seconds=8)
    with pytest.raises(requests.ConnectionError):
        get("orders", paid_on(DAY, DAY), timeout=2)
