"""Exports of other sellers: their sales add up with QTickets', and each load replaces its own seller's days alone."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY, build_sales
from sandbox import Sandbox
from zakaz.connections.qtickets import QTicketsHook
from zakaz.pipeline.audit import audit
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.sales import load_sales
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]
SALES_CHECKS = ("source_totals_sales", "staging_equals_mart_sales", "zero_rows_staged_sales", "duplicate_events")


def line(**given: Any) -> SalesLine:
    sold = {"event_date": "2026-12-24", "event_id": 1, "city": "Казань", "tickets_sold": 1, "revenue": "10.10"}
    return SalesLine(report_date=str(DAY), **{**sold, **given})


def fetch(warehouse: WarehouseHook) -> None:
    load_qtickets(QTicketsHook().get_conn(), warehouse, ONE_DAY, 21)


def sold(warehouse: WarehouseHook, table: str = "stg_qtickets_sales") -> dict[str, tuple[int, Decimal]]:
    """Tickets and rubles of each source."""
    rows = warehouse.execute(
        f"SELECT source, sum(tickets_sold), sum(revenue) FROM zakaz.{table} FINAL GROUP BY source ORDER BY source"
    )
    return {source: (tickets, revenue) for source, tickets, revenue in rows}


def failed(warehouse: WarehouseHook) -> list[str]:
    return [
        one.check_name for one in check_days(warehouse, ONE_DAY) if one.check_name in SALES_CHECKS and not one.passed
    ]


def test_each_load_replaces_its_own_days_and_all_add_up(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    fetch(warehouse)
    own = sold(warehouse)["qtickets"]
    assert own[0] > 10
    for revenue in ("1.00", "2.00"):
        load_sales(warehouse, [line(revenue=revenue), line(revenue=revenue, event_id=2)], seller="kassir")
    load_sales(warehouse, [line(revenue="5.00")], seller="Яндекс Афиша")
    fetch(warehouse)
    expected = {"file:kassir": (2, Decimal(4)), "file:Яндекс Афиша": (1, Decimal(5)), "qtickets": own}
    assert sold(warehouse) == expected
    build_sales(warehouse)
    assert sold(warehouse, "dm_sales_daily") == expected
    assert failed(warehouse) == []
    ((tickets, revenue),) = warehouse.execute("SELECT sum(tickets_sold), sum(revenue) FROM bi.v_sales_daily")
    assert (tickets, revenue) == (own[0] + 3, own[1] + 9)
    load_sales(warehouse, [line(revenue="3.00")], seller="kassir")
    build_sales(warehouse)
    assert sold(warehouse, "dm_sales_daily")["file:kassir"] == (1, Decimal(3)), "what is no longer in the file is gone"


def test_an_event_of_another_seller_is_another_event(warehouse: WarehouseHook) -> None:
    """Each numbers its own: the same number, day and city are two rows of the mart, and no duplicate."""
    for seller in ("kassir", "mts", ""):
        load_sales(warehouse, [line(event_name=f"of {seller}".strip())], seller=seller)
    assert build_sales(warehouse) == 3
    names = warehouse.execute("SELECT event_name FROM bi.v_sales_daily ORDER BY event_name")
    assert names == [("of",), ("of kassir",), ("of mts",)]
    assert failed(warehouse) == []
    load_sales(warehouse, [line(city="Казань"), line(city="Уфа", show_id=1)], seller="kassir")
    build_sales(warehouse)
    assert failed(warehouse) == ["duplicate_events"]


def test_the_rows_of_another_seller_hide_no_day_that_qtickets_lacks(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    fetch(warehouse)
    load_sales(warehouse, [line()], seller="kassir")
    build_sales(warehouse)
    assert failed(warehouse) == []
    warehouse.execute(
        "ALTER TABLE zakaz.stg_qtickets_sales DELETE WHERE source = 'qtickets' SETTINGS mutations_sync = 1"
    )
    build_sales(warehouse)
    assert failed(warehouse) == ["source_totals_sales", "zero_rows_staged_sales"]


def test_where_qtickets_is_not_asked_a_seller_alone_is_enough(warehouse: WarehouseHook) -> None:
    load_sales(warehouse, [line()], seller="kassir")
    build_sales(warehouse)
    assert failed(warehouse) == []


@pytest.mark.own_statements
def test_the_audit_compares_the_layers_of_a_seller(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    fetch(warehouse)
    load_sales(warehouse, [line(tickets_sold=7)], seller="kassir")
    comparisons, _ = audit(warehouse, ONE_DAY)
    different = {(one.subject.source, one.figure) for one in comparisons if not one.is_equal}
    assert ("file:kassir", "tickets_sold") in different, "it is not in the mart yet"
    build_sales(warehouse)
    comparisons, _ = audit(warehouse, ONE_DAY)
    of_sales = [one for one in comparisons if one.subject.source != "vk_ads"]
    assert [one.is_equal for one in of_sales] == [True] * 6
    assert {one.said for one in of_sales if one.subject.source == "file:kassir"} == {None}


def test_a_token_of_another_organiser_is_seen_beside_a_sellers_rows(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """A day without orders is no contradiction only because a seller sold something on it."""
    load_sales(warehouse, [line()], seller="kassir")
    sandbox.fault("qtickets", "empty")
    fetch(warehouse)
    assert sold(warehouse) == {"file:kassir": (1, Decimal("10.10"))}


def test_the_same_day_of_a_seller_in_two_months(warehouse: WarehouseHook) -> None:
    load_sales(warehouse, [line(), line(event_id=2).model_copy(update={"report_date": date(2026, 10, 1)})], seller="a")
    load_sales(warehouse, [line(event_id=3)], seller="a")
    rows = warehouse.execute("SELECT toString(report_date), event_id FROM zakaz.stg_qtickets_sales FINAL ORDER BY ALL")
    assert rows == [("2026-10-01", 2), ("2026-11-20", 3)]
