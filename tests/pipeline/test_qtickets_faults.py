"""Each thing that can go wrong between us and QTickets: healed, or red with a line that says why; never a mix."""

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox import Sandbox
from zakaz.connections import api
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable, ZakazError
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.settings import Settings
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
DAYS = DayRange(DAY - timedelta(days=2), DAY)
# Refunds of older sales are test_qtickets.py's: here the sales are looked at, and few pages are read.
REFUND_DAYS = 1
ATTEMPTS = 3
ORDERS, EVENTS = {"path": "/orders"}, {"path": "/events"}
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]


def hurry(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Short waits; but the sandbox takes seconds to answer where no filter narrows its books."""
    seconds = 0.5 if kind in ("timeout", "stall") else 15
    limits = Settings(http_timeout_seconds=seconds, http_attempts=ATTEMPTS, http_pause_seconds=0.01)
    monkeypatch.setattr(api, "settings", lambda: limits)


def load(warehouse: WarehouseHook) -> None:
    load_qtickets(QTicketsHook().get_conn(), warehouse, DAYS, REFUND_DAYS)


def sold(warehouse: WarehouseHook) -> dict[Any, Any]:
    rows = warehouse.execute(
        "SELECT report_date, event_date, show_id, city, utm_campaign, tickets_sold, revenue "
        "FROM zakaz.stg_qtickets_sales FINAL WHERE tickets_sold > 0"
    )
    return {tuple(key): (tickets, revenue) for *key, tickets, revenue in rows}


def truth(sandbox: Sandbox) -> dict[Any, Any]:
    names = ("report_date", "event_date", "show_id", "city", "utm_campaign")
    return {
        tuple(row[name] for name in names): (row["tickets_sold"], Decimal(row["revenue"]))
        for row in sandbox.sales_truth(DAYS.first, DAYS.last)
        if row["tickets_sold"]
    }


REFUSED, UNAVAILABLE, INCONSISTENT = SourceRefused, SourceUnavailable, SourceInconsistent
HIDDEN = r"\(not shown: it may hold a secret\)"
# What goes wrong, and what becomes of it: None is healed.
MATRIX: list[tuple[str, dict[str, Any], type[ZakazError] | None, str]] = [
    ("a lost connection, once", {"kind": "disconnect", "times": 1}, None, ""),
    ("a lost connection", {"kind": "disconnect"}, UNAVAILABLE, "lost the connection"),
    ("no answer, once", {"kind": "timeout", "times": 1, "seconds": 2}, None, ""),
    ("no answer", {"kind": "timeout", "seconds": 2}, UNAVAILABLE, r"no answer within 0\.5 s"),
    ("a time-out in the middle, once", {"kind": "stall", "times": 1, "seconds": 2, **ORDERS}, None, ""),
    (
        "a time-out in the middle",
        {"kind": "stall", "seconds": 2, **ORDERS},
        UNAVAILABLE,
        "lost the connection|no answer",
    ),
    ("cut JSON, once", {"kind": "cut_json", "times": 1, **ORDERS}, None, ""),
    ("cut JSON", {"kind": "cut_json", **ORDERS}, UNAVAILABLE, f"not complete JSON: {HIDDEN}"),
    ("cut JSON of events, once", {"kind": "cut_json", "times": 1, **EVENTS}, None, ""),
    ("cut JSON of events", {"kind": "cut_json", **EVENTS}, UNAVAILABLE, r"/events: .* not complete JSON: \{"),
    ("a page in place of JSON, once", {"kind": "html", "times": 1}, None, ""),
    ("a page in place of JSON", {"kind": "html"}, UNAVAILABLE, "text/html.* not complete JSON"),
    ("400", {"kind": "400"}, REFUSED, f"/orders: HTTP 400: VALIDATION_ERROR: {HIDDEN}$"),
    ("401", {"kind": "401"}, REFUSED, "/orders: HTTP 401: QTickets doesn't take the token. Put one from its cabinet"),
    ("403", {"kind": "403"}, REFUSED, "/orders: HTTP 403: QTickets doesn't take the token. Put one from its cabinet"),
    ("403 for events", {"kind": "403", **EVENTS}, REFUSED, "/events: HTTP 403: .*Access denied"),
    ("404", {"kind": "404"}, REFUSED, "/orders: HTTP 404: there is no such address. Correct the host"),
    ("429, once", {"kind": "429", "times": 1}, None, ""),
    ("429 with a pause, once", {"kind": "429", "times": 1, "seconds": 1}, None, ""),
    ("429", {"kind": "429"}, UNAVAILABLE, "HTTP 429: too many requests"),
    ("429 for an hour", {"kind": "429", "seconds": 3600}, UNAVAILABLE, "HTTP 429: too many requests"),
    ("500, once", {"kind": "500", "times": 1}, None, ""),
    ("500", {"kind": "500"}, UNAVAILABLE, f"/orders: HTTP 500: {HIDDEN}"),
    ("503 all but once", {"kind": "503", "times": ATTEMPTS - 1}, None, ""),
    ("503 for events", {"kind": "503", **EVENTS}, UNAVAILABLE, "/events: HTTP 503"),
    ("an order twice", {"kind": "duplicate_rows"}, None, ""),
    (
        "an order twice in place of another",
        {"kind": "repeated_page"},
        INCONSISTENT,
        "came, though its total is .* repeats itself",
    ),
    ("a cut list", {"kind": "cut_list"}, INCONSISTENT, "came, though its total is .*: the list is cut"),
    ("page 1 for ever", {"kind": "page_one"}, INCONSISTENT, "page 2 was asked for and page 1 came"),
    ("an ignored filter", {"kind": "ignore_filter"}, INCONSISTENT, "order .*: the filter was ignored"),
    ("nothing, once", {"kind": "empty", "times": 1}, INCONSISTENT, "SUSPECT_ZERO: .* one paid 2026-11-20"),
    (
        "nothing, twice",
        {"kind": "empty", "times": 2},
        INCONSISTENT,
        "no order was paid, but among the newest ones",
    ),
    ("nothing", {"kind": "empty"}, INCONSISTENT, "SUSPECT_ZERO: .* nor any before, though the staging has sales"),
    ("no events", {"kind": "empty", **EVENTS}, INCONSISTENT, r"knows none of the \d+ events of these tickets"),
    ("another organiser's orders", {"kind": "other_account"}, INCONSISTENT, r"knows none of the \d+ events"),
]


@pytest.mark.parametrize(("fault", "error", "said"), [case[1:] for case in MATRIX], ids=[case[0] for case in MATRIX])
def test_the_staging_is_the_new_truth_or_the_old_one(
    warehouse: WarehouseHook,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    error: type[ZakazError] | None,
    said: str,
) -> None:
    hurry(monkeypatch, fault["kind"])
    load(warehouse)
    before = sold(warehouse)
    assert before == truth(sandbox)
    for order in [order for day in DAYS for order in sandbox.orders(day)][::5]:
        sandbox.patch_order(order["id"], cancelled=True)
    sandbox.fault("qtickets", **fault)
    if error is None:
        load(warehouse)
        assert sold(warehouse) == truth(sandbox) != before
    else:
        with pytest.raises(error, match=said) as caught:
            load(warehouse)
        assert "\n" not in str(caught.value)
        assert "mail.example" not in str(caught.value)
        assert sold(warehouse) == before
        sandbox.clear_faults()
        load(warehouse)
        assert sold(warehouse) == truth(sandbox) != before


def test_a_closed_door_is_named(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    hurry(monkeypatch, "a closed door")
    load(warehouse)
    before = sold(warehouse)
    connection = json.loads(os.environ["AIRFLOW_CONN_QTICKETS_DEFAULT"])
    elsewhere = {**connection, "host": f"http://127.0.0.1:{unused_port}"}
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFAULT", json.dumps(elsewhere))
    with pytest.raises(SourceUnavailable, match=r"^QTickets: GET http://127.* can't connect .*refused"):
        load(warehouse)
    assert sold(warehouse) == before
