"""Everything in the warehouse has a comment; migrate writes those that lack or differ, and is stopped by none."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from zakaz.errors import WarehouseRefused
from zakaz.warehouse.drift import Drift
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.sql import statement

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
MART = "zakaz.dm_vk_ads_daily"
ALTERS_COMMENT = re.compile(r"\b(COMMENT COLUMN|MODIFY COMMENT)\b")
Spied = Callable[[Callable[[str], None]], None]


def comments(warehouse: WarehouseHook) -> dict[str, str]:
    """The comments of tables, views and their columns, by full name."""
    found = warehouse.execute(
        "SELECT concat(database, '.', name), comment FROM system.tables WHERE database IN ('zakaz', 'meta', 'bi') "
        "UNION ALL SELECT concat(database, '.', table, '.', name), comment FROM system.columns "
        "WHERE database IN ('zakaz', 'meta', 'bi')"
    )
    return dict(found)


@pytest.fixture
def spied(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> Spied:
    """Calls something with each statement before it is executed."""
    execute = warehouse.execute

    def watch(look: Callable[[str], None]) -> None:
        def seen(sql: Any, *args: Any, **options: Any) -> Any:
            look(sql if isinstance(sql, str) else ";".join(sql))
            return execute(sql, *args, **options)

        monkeypatch.setattr(warehouse, "execute", seen)

    return watch


@pytest.fixture
def without_comments(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """With a mart whose comments are missing or others, and a column of an analyst's."""
    warehouse.execute(
        f"ALTER TABLE {MART} COMMENT COLUMN city '', COMMENT COLUMN spend 'with VAT', MODIFY COMMENT '', "
        "ADD COLUMN mine UInt8 COMMENT 'my own'"
    )
    yield warehouse
    warehouse.execute(f"ALTER TABLE {MART} DROP COLUMN mine")
    assert migrate(warehouse) == []


def test_everything_has_a_comment_and_in_bi_it_is_in_russian(warehouse: WarehouseHook) -> None:
    found = comments(warehouse)
    assert len(found) > 400
    assert [name for name, comment in found.items() if not comment] == []
    in_bi = {name: comment for name, comment in found.items() if name.startswith("bi.")}
    assert [name for name, comment in in_bi.items() if not re.search("[А-Яа-я]", comment)] == []
    described = {row[0]: row[4] for row in warehouse.execute("DESCRIBE bi.v_vk_ads_daily")}
    assert described["spend"] == in_bi["bi.v_vk_ads_daily.spend"]


def test_money_in_bi_says_how_it_is_counted(warehouse: WarehouseHook) -> None:
    for name, comment in comments(warehouse).items():
        if re.search(r"^bi\..*\.(spend|roas|cpc|cost_per_ticket)$", name):
            assert "без НДС" in comment, name
        if name.endswith(".spend_with_vat"):
            assert "₽ с НДС" in comment, name
        if re.search(r"^bi\..*\.(roas|cpc|cost_per_ticket)$", name):
            assert "не усреднять" in comment, name
        if re.search(r"^bi\..*\.(revenue|net_revenue)$", name):
            assert "с НДС, после скидок, до комиссии" in comment, name


def test_a_second_time_no_table_is_altered(warehouse: WarehouseHook, spied: Spied) -> None:
    before, altered = comments(warehouse), list[str]()
    spied(lambda sql: altered.extend(re.findall(r"(?m)^ALTER TABLE ((?:zakaz|meta|bi)\.\w+)", sql)))
    assert migrate(warehouse) == []
    assert [name for name in altered if ".v_" not in name] == []
    assert len(altered) == len(set(altered)), "a view is new each time, and so are its comments"
    assert comments(warehouse) == before


def test_comments_that_lack_or_differ_are_written_and_others_stay(without_comments: WarehouseHook) -> None:
    assert migrate(without_comments) == [Drift(MART, "mine", "no such column", "UInt8")]
    found = comments(without_comments)
    assert found[f"{MART}.mine"] == "my own"
    assert found[f"{MART}.spend"] == "rubles net of VAT"
    assert found[f"{MART}.city"]
    assert found[MART]


def test_who_may_not_write_comments_has_all_the_rest(without_comments: WarehouseHook, spied: Spied) -> None:
    def refuse(sql: str) -> None:
        if sql.startswith(("ALTER", "-- The comments")) and ALTERS_COMMENT.search(sql):
            raise WarehouseRefused("Not enough privileges", 497)

    without_comments.execute("DROP VIEW bi.v_sales_daily")
    spied(refuse)
    drifts = migrate(without_comments)
    assert all(drift.is_harmless for drift in drifts)
    told = [str(drift) for drift in drifts if drift.column != "mine"]
    assert told == [
        f"{what}: (comments): expected those of include/sql, found others: Not enough privileges"
        for what in ("tables", "views")
    ]
    assert without_comments.execute("SELECT count() FROM bi.v_sales_daily") == [(0,)]


@pytest.mark.own_statements
def test_any_other_refusal_is_told(without_comments: WarehouseHook, spied: Spied) -> None:
    def refuse(sql: str) -> None:
        if sql.startswith("ALTER"):
            raise WarehouseRefused("no such column", 10)

    spied(refuse)
    with pytest.raises(WarehouseRefused, match="no such column"):
        migrate(without_comments)


@pytest.mark.parametrize(
    "comment",
    ["it's", "C:\\new", "two\nlines", "'; --", pytest.param("{day:Date}", marks=pytest.mark.own_statements)],
)
def test_a_comment_may_have_any_characters(warehouse: WarehouseHook, comment: str) -> None:
    literal = comment.replace("\\", "\\\\").replace("'", "\\'")
    warehouse.execute("CREATE DATABASE twins")
    try:
        warehouse.execute(
            f"CREATE TABLE twins.mutes (reason String COMMENT '{literal}') ENGINE = Memory COMMENT '{literal}'"
        )
        alters = warehouse.execute(statement("schema/other_comments.sql"), {"scratch": "twins"})
        assert len(alters) == 2
        warehouse.execute(alter for (alter,) in alters)
        found = comments(warehouse)
        assert (found["meta.mutes"], found["meta.mutes.reason"]) == (comment, comment)
    finally:
        warehouse.execute("DROP DATABASE twins SYNC")
        assert migrate(warehouse) == []
