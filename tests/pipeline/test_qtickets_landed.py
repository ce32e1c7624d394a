"""What was landed is read back before anything is built from it: what is lost on the way is no empty day."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from made_qtickets import load_made, staged, ticket, totals
from made_rows import DAY
from zakaz.errors import WarehouseUnavailable
from zakaz.pipeline.qtickets import SHOWS_TABLE, TICKET_COLUMNS, TICKETS_TABLE
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
Rows = Sequence[Sequence[Any]]


def cheaper(rows: Rows) -> Rows:
    """The last ticket costs a kopeck less."""
    price = TICKET_COLUMNS.index("price")
    last = [value - Decimal("0.01") if place == price else value for place, value in enumerate(rows[-1])]
    return [*rows[:-1], last]


@pytest.mark.parametrize(
    ("table", "lost", "said"),
    [
        (
            TICKETS_TABLE,
            lambda _: [],
            "raw_qtickets_tickets, fetch_id .*: 2 rows were sent and 0 rows can be read back",
        ),
        (
            TICKETS_TABLE,
            lambda rows: rows[1:],
            "raw_qtickets_tickets, fetch_id .*: 2 rows were sent and 1 rows can be read back",
        ),
        (
            TICKETS_TABLE,
            cheaper,
            r"2 tickets, 3001\.00 sold and 0\.00 refunded were sent and 2 tickets, 3000\.99 sold and",
        ),
        (SHOWS_TABLE, lambda _: [], "raw_qtickets_shows, fetch_id .*: 1 rows were sent and 0 rows can be read back"),
    ],
)
def test_rows_that_are_accepted_and_not_seen_change_nothing(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch, table: str, lost: Callable[[Rows], Rows], said: str
) -> None:
    """H9 of the review: behind a balancer, days were erased and called CONFIRMED_ZERO."""
    load_made(warehouse, ticket())
    before = staged(warehouse, "*"), totals(warehouse)
    insert = warehouse.insert

    def insert_some(into: str, columns: Sequence[str], rows: Rows) -> None:
        insert(into, columns, lost(rows) if into == table else rows)

    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "insert", insert_some)
        with pytest.raises(WarehouseUnavailable, match=said):
            load_made(warehouse, ticket(), ticket(basket_id=2))
    assert (staged(warehouse, "*"), totals(warehouse)) == before
    load_made(warehouse, ticket(), ticket(basket_id=2))
    assert totals(warehouse) == {DAY: ("FIGURES", 2, Decimal("3001.00"), 0)}


def test_tickets_that_are_read_and_not_written_are_no_green_day(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = warehouse.execute

    def execute_all_but_the_build(sql: str, params: Any = None, **options: Any) -> Any:
        return [] if "INSERT INTO zakaz.stg_qtickets_sales" in sql else execute(sql, params, **options)

    monkeypatch.setattr(warehouse, "execute", execute_all_but_the_build)
    with pytest.raises(WarehouseUnavailable, match=r"1 tickets were landed and none reached zakaz.stg_qtickets_sales"):
        load_made(warehouse, ticket())
    assert totals(warehouse) == {DAY: ("FIGURES", 1, Decimal("1500.50"), 0)}, "the check of the day finds it too"
