"""What a row of the sales staging is made of: the other tags, promo codes, discounts, fees and what refunds left."""

from collections import defaultdict
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from made_qtickets import load_made, msk, ticket
from made_rows import DAY, build_sales, stage_sales
from zakaz.pipeline.sales import load_sales
from zakaz.sources.qtickets_rows import Ticket
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
PARTS = ("utm_medium", "utm_content", "utm_term", "promo_code_id", "discount_id")
FIGURES = ("tickets_sold", "tickets_refunded", "revenue", "refunds_amount")
SIDE_AMOUNTS = ("discount_amount", "service_fee_amount", "refund_kept_amount")


def rows(warehouse: WarehouseHook) -> dict[str, tuple[list[Any], list[Any]]]:
    """The sums and the breakdown of each utm_campaign."""
    # Without names: the embedded engine makes dicts of named tuples, a server tuples.
    parts = ", ".join(f"part.{number}" for number in range(1, 11))
    columns = f"{', '.join((*FIGURES, *SIDE_AMOUNTS))}, arrayMap(part -> ({parts}), breakdown)"
    found = warehouse.execute(f"SELECT utm_campaign, {columns} FROM zakaz.stg_qtickets_sales FINAL")
    return {campaign: (figures, breakdown) for campaign, *figures, breakdown in found}


def random_ticket(chance: Random, number: int) -> Ticket:
    kopecks = [Decimal(chance.randrange(1, 100_000)) / 100 for _ in range(5)]
    is_refunded = chance.random() < 0.3
    return ticket(
        basket_id=number,
        payed_at=msk(f"2026-11-{chance.choice((19, 20))}T12:00:00"),
        price=kopecks[0],
        quantity=chance.randrange(1, 4),
        refunded_at=msk("2026-11-20T18:00:00") if is_refunded else None,
        refunded_amount=kopecks[1] if is_refunded else Decimal(0),
        utm_campaign=chance.choice(("a", "b")),
        utm_medium=chance.choice(("", "cpc")),
        utm_content=chance.choice(("", "56000001", "56000002")),
        utm_term=chance.choice(("", "x")),
        promo_code_id=chance.choice((0, 31)),
        discount_id=chance.choice((0, 7)),
        discount=kopecks[2],
        service_fee=kopecks[3],
        refund_kept=kopecks[4] if is_refunded else Decimal(0),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_parts_of_a_row_are_those_of_its_tickets_and_add_up_to_it(warehouse: WarehouseHook, seed: int) -> None:
    chance = Random(seed)
    tickets = [random_ticket(chance, number) for number in range(80)]
    parts: defaultdict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    sides: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for one in tickets:
        key = (one.utm_campaign, one.payed_on, *(getattr(one, name) for name in PARTS))
        side = sides[one.utm_campaign]
        if one.payed_on == DAY:
            parts[key] = _added(parts[key], (one.quantity, 0, one.price * one.quantity, 0))
            side[:2] = [side[0] + one.discount * one.quantity, side[1] + one.service_fee * one.quantity]
        if one.refunded_on == DAY:
            parts[key] = _added(parts[key], (0, one.quantity, 0, one.refunded_amount))
            side[2] += one.refund_kept
    load_made(warehouse, *tickets)
    load_made(warehouse, *tickets)
    found = rows(warehouse)
    assert found.keys() == {"a", "b"}
    for campaign, (figures, breakdown) in found.items():
        expected = [(*key[1:], *part) for key, part in parts.items() if key[0] == campaign]
        assert breakdown == sorted(expected)
        assert list(figures[:4]) == [sum(column) for column in zip(*(part[6:] for part in breakdown), strict=True)]
        assert list(figures[4:]) == sides[campaign]


def _added(figures: list[Decimal], more: tuple[Any, ...]) -> list[Decimal]:
    return [one + other for one, other in zip(figures, more, strict=True)]


def test_the_lines_of_a_file_with_other_tags_are_parts_of_one_row(warehouse: WarehouseHook) -> None:
    usual = {"report_date": str(DAY), "event_date": "2026-12-24", "event_id": 1, "city": "Казань", "tickets_sold": 1}
    lines = [
        SalesLine(**usual, revenue="10.10", utm_content="56", utm_campaign="a", discount_amount="1.01"),
        SalesLine(**usual, revenue="20.20", promo_code_id=3, utm_campaign="a", service_fee_amount="2.02"),
        SalesLine(**usual, revenue="0.30", refund_kept_amount="3.03"),
    ]
    load_sales(warehouse, lines, seller="kassir")
    side = dict(zip(SIDE_AMOUNTS, map(Decimal, ("1.01", "2.02", "3.03")), strict=True))
    assert rows(warehouse) == {
        "a": (
            [2, 0, Decimal("30.30"), Decimal(0), side["discount_amount"], side["service_fee_amount"], Decimal(0)],
            [
                (DAY, "", "", "", 3, 0, 1, 0, Decimal("20.20"), Decimal(0)),
                (DAY, "", "56", "", 0, 0, 1, 0, Decimal("10.10"), Decimal(0)),
            ],
        ),
        "": (
            [1, 0, Decimal("0.30"), Decimal(0), Decimal(0), Decimal(0), side["refund_kept_amount"]],
            [(DAY, "", "", "", 0, 0, 1, 0, Decimal("0.30"), Decimal(0))],
        ),
    }
    build_sales(warehouse)
    mart = f"SELECT {', '.join(SIDE_AMOUNTS)} FROM zakaz.dm_sales_daily FINAL"
    assert warehouse.execute(mart) == [tuple(side.values())]


def test_a_row_that_code_of_before_wrote_has_no_breakdown_and_counts_as_it_is(warehouse: WarehouseHook) -> None:
    load_made(warehouse, ticket(utm_content="56"))
    stage_sales(warehouse, {"event_id": 77, "show_id": 88, "utm_source": "vk_ads", "utm_campaign": "kazan"})
    (row,) = rows(warehouse).values()
    assert row == ([2, 0, Decimal("5000.10"), Decimal(0), Decimal(0), Decimal(0), Decimal(0)], [])
