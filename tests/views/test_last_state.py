"""Every view over tables that keep several versions of a row: it shows the last state of each key, and nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from made_rows import build_sales, build_vk, stage_sales, stage_vk
from made_runs import attempt, put_run
from steady import rows_of
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.source_totals import FIGURES, SourceTotal, record_totals
from zakaz.warehouse.ddl import name_of, views
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
VIEWS = [name_of(file) for file in views()]
# What an earlier version of a row said, by the type of the column; its key, its partition and its life stay.
EARLIER = {
    "U?Int|Decimal": "{0} + 7",
    "Date\\b": "{0} - 1",
    "DateTime": "greatest({0} - INTERVAL 1 MINUTE, toDateTime64(toStartOfMonth({0}), 6, 'UTC'))",
    "String": "'{0}?'",
}
MEANT = {
    "status": "if(status = 'ok', 'error', 'ok')",
    "context_json": "context_json",
    "delivery": "'pending'",
    "severity": "'critical'",
    "state": "'planned'",
    "passed": "1 - passed",
}


@pytest.fixture
def filled(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """A warehouse in which no view is empty; its newest figures are a day older than the newest that can be."""
    last = yesterday() - timedelta(days=1)
    days = DayRange(last - timedelta(days=56), last)
    weekdays = list(days)[::7]
    stage_vk(
        warehouse, *({"stat_date": day, "utm_source": "vk_ads", "spend": Decimal(100 + day.day)} for day in weekdays)
    )
    stage_sales(warehouse, *({"report_date": day, "revenue": Decimal(500 + day.day)} for day in weekdays))
    build_vk(warehouse, days)
    build_sales(warehouse, days)
    # Not in the mart yet.
    stage_vk(warehouse, {"stat_date": last, "ad_id": 31, "utm_content": "tula", "spend": Decimal(1500)})
    warehouse.execute(
        "INSERT INTO zakaz.raw_qtickets_tickets (fetch_id, fetched_at, basket_id, payed_at, price, quantity, currency) "
        "SELECT generateUUIDv4(), now64(6), 1, now64(6), 10, 1, 'KZT'"
    )
    total = {"day": yesterday(), "state": FIGURES, "impressions": 1000, "clicks": 10, "amount": Decimal(1)}
    fetched = {"fetch_id": UUID(int=0), "fetched_at": datetime.now(UTC)}
    accounts = {"vk_ads": 1, "qtickets": 0}
    record_totals(
        warehouse,
        [SourceTotal(source=source, account_id=number, **total, **fetched) for source, number in accounts.items()],
    )
    check_days(warehouse, DayRange(yesterday(), yesterday()))
    for job in ("vk_fetch", "healthcheck"):
        put_run(warehouse, attempt(job, yesterday()), "ok", day=yesterday(), minutes_ago=90)
    put_run(warehouse, attempt("build_dm_vk", yesterday()), "error", day=yesterday(), minutes_ago=60, err_msg="no")
    now = datetime.now(UTC)
    change = (yesterday(), now, "vk_ads", "spend", Decimal(1), Decimal(2))
    warehouse.insert("meta.restatements", ("day", "loaded_at", "source", "field", "before", "after"), [change])
    alert = {
        "ts": now,
        "severity": "critical",
        "job": "vk_fetch",
        "code": "RUN_FAILED",
        "delivery": "sent",
        "_ver": 10**15,
    }
    for changed in (
        {},
        {"ts": now - timedelta(hours=3), "code": "STALE"},
        {"code": "RECOVERED", "severity": "info", "context_json": '{"code": "STALE"}'},
    ):
        row = {**alert, "alert_id": uuid4(), "from_date": yesterday(), "to_date": yesterday(), **changed}
        warehouse.insert("meta.etl_alerts", list(row), [list(row.values())])
    columns = ("backfill_id", "day", "from_date", "to_date", "stage", "started_at", "state", "_ver")
    warehouse.insert(
        "meta.backfills", columns, [(uuid4(), yesterday(), yesterday(), yesterday(), "all", now, "ok", 10**15)]
    )
    warehouse.execute("SYSTEM STOP MERGES")  # or they might do what FINAL is for
    yield warehouse
    warehouse.execute("SYSTEM START MERGES")


def write_again(warehouse: WarehouseHook) -> int:
    """Write every row once more, as an earlier version had it, and rows that came and went; how many tables."""
    tables = warehouse.execute(
        "SELECT database || '.' || name, sorting_key FROM system.tables WHERE database IN ('zakaz', 'meta') "
        "AND engine LIKE '%ReplacingMergeTree' AND total_rows > 0 AND name != 'dim_city_alias'"
    )
    for name, key in tables:
        types = {column: type_ for column, type_, *_ in warehouse.execute(f"DESCRIBE {name}")}
        kept = {*key.split(", "), "_ver", "_deleted"}
        again = {
            column: MEANT.get(column, expression.format(column))
            for column, type_ in types.items()
            for kind, expression in EARLIER.items()
            if column not in kept and re.match(rf"(Nullable\(|LowCardinality\()*({kind})", type_)
        }
        # Without a version, the row that was written last is the last state.
        rows = [{**again, "_ver": "_ver - 1"} if "_ver" in types else {}]
        if "_deleted" in types:
            first = key.split(", ")[0]
            other = f"{first} || '+'" if types[first] == "String" else f"{first} + 1"
            rows += [{first: other, "_deleted": deleted, "_ver": f"_ver + {deleted}"} for deleted in "01"]
        for changes in rows:
            replaced = ", ".join(f"{expression} AS {column}" for column, expression in changes.items())
            how = f"REPLACE ({replaced})" if replaced else ""
            warehouse.execute(f"INSERT INTO {name} SELECT * {how} FROM {name} FINAL")
    return len(tables)


def test_a_view_shows_the_last_state_of_each_key(filled: WarehouseHook) -> None:
    # What grows by the hour is no state.
    week = f"first_day = '{yesterday() - timedelta(days=7)}', last_day = '{yesterday()}'"
    usual = f"({week}, weeks = 8, deviations = 4, min_share = 0.3)"
    ages = {"bi.v_etl_status": "EXCEPT freshness_hours", "bi.v_ops_freshness": "EXCEPT hours_since_end_of_day"}

    def shown(view: str) -> list[tuple[object, ...]]:
        called = f"{view}{usual}" if view == "meta.v_usual" else rows_of(view)
        return filled.execute(f"SELECT * {ages.get(view, '')} FROM {called} ORDER BY ALL")

    last = {view: shown(view) for view in VIEWS}
    assert [view for view, rows in last.items() if not rows] == []
    assert write_again(filled) > 9
    assert [view for view in VIEWS if shown(view) != last[view]] == []
