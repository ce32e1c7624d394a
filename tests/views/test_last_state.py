"""Every view over tables that keep several versions of a row: it shows the last state of each key, and nothing else."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from made_rows import build_sales, build_vk, stage_sales, stage_vk
from made_runs import attempt, put_run
from zakaz.days import DayRange, last_complete_day
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.source_totals import FIGURES, SourceTotal, record_totals
from zakaz.warehouse.ddl import name_of, views
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
YESTERDAY = last_complete_day()
USUAL = f"(first_day = '{YESTERDAY}', last_day = '{YESTERDAY}', weeks = 8, deviations = 4, min_share = 0.3)"
VIEWS = [name_of(file) for file in views()]
# What an earlier version of a row said, by the type of the column; its key, partition and life stay.
EARLIER = {"U?Int|Decimal": "{0} + 7", "Date": "{0} - 1", "DateTime": "{0} - INTERVAL 1 MINUTE", "String": "'{0}?'"}
MEANT = {
    "status": "'error'",
    "delivery": "'pending'",
    "severity": "'critical'",
    "state": "'planned'",
    "passed": "1 - passed",
}


@pytest.fixture
def filled(warehouse: WarehouseHook) -> WarehouseHook:
    """A warehouse in which no view is empty."""
    days = DayRange(YESTERDAY - timedelta(days=56), YESTERDAY)
    weekdays = list(days)[::7]
    stage_vk(warehouse, *({"stat_date": day, "spend": Decimal(100 + day.day)} for day in weekdays))
    stage_sales(warehouse, *({"report_date": day, "revenue": Decimal(500 + day.day)} for day in weekdays))
    build_vk(warehouse, days)
    build_sales(warehouse, days)
    total = {"day": YESTERDAY, "state": FIGURES, "impressions": 1000, "clicks": 10, "amount": Decimal(1)}
    fetched = {"fetch_id": UUID(int=0), "fetched_at": datetime.now(UTC)}
    accounts = {"vk_ads": 1, "qtickets": 0}
    record_totals(
        warehouse,
        [SourceTotal(source=source, account_id=number, **total, **fetched) for source, number in accounts.items()],
    )
    check_days(warehouse, DayRange(YESTERDAY, YESTERDAY))
    for job in ("vk_fetch", "healthcheck"):
        put_run(warehouse, attempt(job, YESTERDAY), "ok", day=YESTERDAY, minutes_ago=90)
    put_run(warehouse, attempt("build_dm_vk", YESTERDAY), "error", day=YESTERDAY, minutes_ago=60, err_msg="no")
    now = datetime.now(UTC)
    change = (YESTERDAY, now, "vk_ads", "spend", Decimal(1), Decimal(2))
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
        row = {**alert, "alert_id": uuid4(), "from_date": YESTERDAY, "to_date": YESTERDAY, **changed}
        warehouse.insert("meta.etl_alerts", list(row), [list(row.values())])
    columns = ("backfill_id", "day", "from_date", "to_date", "stage", "started_at", "state", "_ver")
    warehouse.insert("meta.backfills", columns, [(uuid4(), YESTERDAY, YESTERDAY, YESTERDAY, "all", now, "ok", 10**15)])
    return warehouse


def write_again(warehouse: WarehouseHook) -> int:
    """Write every row once more, as an earlier version had it, and rows that came and went; how many tables."""
    tables = warehouse.execute(
        "SELECT database || '.' || name, sorting_key || ', ' || partition_key, _columns.columns FROM system.tables "
        "INNER JOIN (SELECT database, table AS name, groupArray((name, type)) AS columns FROM system.columns "
        "GROUP BY database, name) AS _columns USING (database, name) "
        "WHERE database IN ('zakaz', 'meta') AND engine LIKE '%ReplacingMergeTree' AND total_rows > 0 "
        "AND name != 'dim_city_alias'"
    )
    for name, key, columns in tables:
        warehouse.execute(f"SYSTEM STOP MERGES {name}")
        kept, types = {*re.findall(r"\w+", key), "_ver", "_deleted"}, dict(columns)
        again = {
            column: MEANT.get(column, expression.format(column))
            for column, type_ in columns
            for kind, expression in EARLIER.items()
            if column not in kept and re.match(rf"(Nullable\(|LowCardinality\()*({kind})", type_)
        }
        # Without a version, the row that was written last is the last state.
        rows = [{**again, "_ver": "_ver - 1"} if "_ver" in types else {}]
        if "_deleted" in types:
            other = {"ad_id": "ad_id + 1000"} if "ad_id" in types else {"city": "'gone'"}
            rows += [{**other, "_deleted": deleted, "_ver": f"_ver + {deleted}"} for deleted in "01"]
        for changes in rows:
            replaced = ", ".join(f"{expression} AS {column}" for column, expression in changes.items())
            how = f"REPLACE ({replaced})" if replaced else ""
            warehouse.execute(f"INSERT INTO {name} SELECT * {how} FROM {name} FINAL")
    return len(tables)


def test_a_view_shows_the_last_state_of_each_key(filled: WarehouseHook) -> None:
    # What grows by the hour is no state.
    ages = {"bi.v_etl_status": "EXCEPT freshness_hours", "bi.v_ops_freshness": "EXCEPT hours_since_end_of_day"}

    def shown(view: str) -> list[tuple[object, ...]]:
        called = USUAL if view == "meta.v_usual" else ""
        return filled.execute(f"SELECT * {ages.get(view, '')} FROM {view}{called} ORDER BY ALL")

    last = {view: shown(view) for view in VIEWS}
    assert [view for view, rows in last.items() if not rows] == []
    assert write_again(filled) > 9
    assert [view for view in VIEWS if shown(view) != last[view]] == []
