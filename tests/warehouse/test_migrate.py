"""The schema: applied as often as one likes; what differs is reported, and nothing is dropped."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from made_rows import DAY, build_vk, stage_vk
from zakaz.errors import InvalidInput
from zakaz.settings import settings
from zakaz.warehouse import ddl
from zakaz.warehouse import plan as of_plan
from zakaz.warehouse.cities import seed_city_aliases
from zakaz.warehouse.ddl import name_of, views
from zakaz.warehouse.drift import Drift, find_drift
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import keep_raw_days, migrate
from zakaz.warehouse.sql import files

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
MART, SALES = "zakaz.dm_vk_ads_daily", "zakaz.dm_sales_daily"


@contextmanager
def aside(warehouse: WarehouseHook, table: str) -> Iterator[WarehouseHook]:
    """The warehouse, in which a table may be changed: the real one is put aside meanwhile."""
    warehouse.execute(f"RENAME TABLE {table} TO {table}_aside")
    yield warehouse
    warehouse.execute(f"DROP TABLE IF EXISTS {table} SYNC")
    warehouse.execute(f"RENAME TABLE {table}_aside TO {table}")


@pytest.fixture
def own_mart(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    with aside(warehouse, MART):
        yield warehouse


@pytest.fixture
def own_sales(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """With a mart of sales as 1.0 made it, which had one source and no column for it."""
    with aside(warehouse, SALES):
        (ddl,) = (file.read_text() for file in files("*/tables") if name_of(file) == SALES)
        lines = [line for line in ddl.splitlines() if not line.strip().startswith(("source ", "PRIMARY KEY"))]
        warehouse.execute("\n".join(lines).replace(", event_id, source)", ", event_id)"))
        warehouse.execute(f"INSERT INTO {SALES} (sale_date, city, event_id, _ver) VALUES ('{DAY}', 'Казань', 7, 1)")
        yield warehouse


def contents(warehouse: WarehouseHook) -> list[Any]:
    shape = warehouse.execute(
        "SELECT database, name, engine, create_table_query FROM system.tables "
        "WHERE database IN ('zakaz', 'meta', 'bi') ORDER BY database, name"
    )
    return [*shape, *warehouse.execute(f"SELECT * FROM {MART}"), *aliases(warehouse)]


def aliases(warehouse: WarehouseHook) -> list[Any]:
    return list(warehouse.execute("SELECT alias, city, _ver, _deleted FROM zakaz.dim_city_alias ORDER BY alias"))


def scratch_databases(warehouse: WarehouseHook) -> list[Any]:
    return list(warehouse.execute("SELECT name FROM system.databases WHERE name LIKE 'zakaz_expected%'"))


def test_a_second_time_changes_nothing(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {})
    assert build_vk(warehouse) == 1
    before = contents(warehouse)
    assert migrate(warehouse) == []
    assert contents(warehouse) == before
    assert scratch_databases(warehouse) == []
    tables = {name for _, name in warehouse.execute("SELECT database, name FROM system.tables")}
    assert {file.stem for folder in ("*/tables", "*/views") for file in files(folder)} <= tables


def test_a_view_is_created_after_those_that_it_reads() -> None:
    names = [name_of(file) for file in views()]
    assert len(names) == len(set(names)) == len(files("*/views"))
    for number, file in enumerate(views()):
        read = set(re.findall(r"\b(?:meta|bi)\.v_\w+", file.read_text(encoding="utf-8"))) - {names[number]}
        assert read <= set(names[:number]), file
    assert names.index("meta.v_day_sums") < names.index("meta.v_quality_last_day")


@pytest.mark.own_statements
def test_every_difference_is_reported_and_left_alone(own_mart: WarehouseHook) -> None:
    own_mart.execute(
        f"CREATE TABLE {MART} (stat_date Date, city String, account_id UInt64, campaign_id UInt64, "
        "campaign_name String, impressions UInt64, clicks UInt32, spend Decimal(18, 2), margin Float64, _ver UInt64, "
        "_deleted UInt8) ENGINE = ReplacingMergeTree(_ver, _deleted) PARTITION BY stat_date "
        "ORDER BY (stat_date, city, campaign_id)"
    )
    own_mart.insert(MART, ["stat_date", "city", "clicks", "margin", "_ver"], [[DAY, "Казань", 7, "0.5", 1]])
    assert set(migrate(own_mart)) == {
        Drift(MART, "clicks", "UInt64", "UInt32"),
        *(Drift(MART, name, "UInt64", "no such column") for name in ("goals", "base_goals", "vk_goals")),
        Drift(MART, "margin", "no such column", "Float64"),
        Drift(MART, "(partition key)", "toYYYYMM(stat_date)", "stat_date"),
        Drift(MART, "(sorting key)", "stat_date, city, account_id, campaign_id", "stat_date, city, campaign_id"),
    }
    assert own_mart.execute(f"SELECT city, clicks, margin FROM {MART}") == [("Казань", 7, 0.5)]
    assert scratch_databases(own_mart) == []
    assert str(Drift("z.t", "a", "UInt8", "Int8")) == "z.t: column a: expected UInt8, found Int8"


@pytest.mark.own_statements
def test_a_missing_column_is_added_in_its_place_and_nothing_else_changes(own_mart: WarehouseHook) -> None:
    shape = (
        "SELECT name, type, default_expression, comment FROM system.columns "
        "WHERE database = 'zakaz' AND table = {table:String} AND name != 'mine' ORDER BY position"
    )
    own_mart.execute(f"CREATE TABLE {MART} AS {MART}_aside")
    own_mart.execute(f"INSERT INTO {MART} (stat_date, city, clicks, _ver) VALUES ('2026-11-01', 'Казань', 7, 1)")
    own_mart.execute(f"ALTER TABLE {MART} DROP COLUMN goals, DROP COLUMN spend, ADD COLUMN mine String FIRST")
    assert migrate(own_mart) == [Drift(MART, "mine", "no such column", "String")]
    columns = own_mart.execute(shape, {"table": "dm_vk_ads_daily_aside"})
    assert own_mart.execute(shape, {"table": "dm_vk_ads_daily"}) == columns
    assert own_mart.execute(f"SELECT city, clicks, goals, spend FROM {MART}") == [("Казань", 7, 0, 0)]


HALF = f"ALTER TABLE {SALES} ADD COLUMN source LowCardinality(String) AFTER event_id, MODIFY ORDER BY ({{}}, source)"
OLD_KEY = "sale_date, event_date, city, event_id"


@pytest.mark.parametrize("half", [pytest.param(False, marks=pytest.mark.own_statements), True])
def test_a_column_comes_to_the_key_and_old_rows_have_its_default(own_sales: WarehouseHook, half: bool) -> None:
    if half:  # it was killed in between
        own_sales.execute(HALF.format(OLD_KEY))
    assert migrate(own_sales) == []
    shape = "SELECT engine_full FROM system.tables WHERE database = 'zakaz' AND name IN ('dm_sales_daily', '{}')"
    assert len(set(own_sales.execute(shape.format("dm_sales_daily_aside")))) == 1
    own_sales.execute(f"INSERT INTO {SALES} (sale_date, city, event_id, _ver) VALUES ('{DAY}', 'Казань', 7, 2)")
    own_sales.execute(
        f"INSERT INTO {SALES} (sale_date, city, event_id, _ver, source) SELECT * EXCEPT (n), 'file:a' "
        f"FROM (SELECT toDate('{DAY}'), 'Казань', 7, 2, 1 AS n)"
    )
    rows = own_sales.execute(f"SELECT source, _ver FROM {SALES} FINAL ORDER BY source")
    assert rows == [("file:a", 2), ("qtickets", 2)], "the release before writes over its own rows"


def test_a_key_that_is_longer_is_that_of_a_newer_release(own_mart: WarehouseHook) -> None:
    own_mart.execute(f"CREATE TABLE {MART} AS {MART}_aside")
    own_mart.execute(
        f"ALTER TABLE {MART} ADD COLUMN more UInt8, MODIFY ORDER BY (stat_date, city, account_id, campaign_id, more)"
    )
    drifts = migrate(own_mart)
    assert [drift.column for drift in drifts] == ["(sorting key)", "more"]
    assert all(drift.is_harmless for drift in drifts)


def test_a_table_that_counts_versions_otherwise_is_reported(own_mart: WarehouseHook) -> None:
    own_mart.execute(
        f"CREATE TABLE {MART} AS {MART}_aside ENGINE = MergeTree PARTITION BY toYYYYMM(stat_date) "
        "ORDER BY (stat_date, city, account_id, campaign_id)"
    )
    assert migrate(own_mart) == [Drift(MART, "(engine)", "ReplacingMergeTree", "MergeTree")]


def test_a_failure_leaves_no_scratch_database(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> dict[str, str]:
        assert len(scratch_databases(warehouse)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("zakaz.warehouse.drift._shape", broken)
    with pytest.raises(KeyboardInterrupt), warehouse.session():
        find_drift(warehouse)
    assert scratch_databases(warehouse) == []


@pytest.mark.own_statements
def test_raw_rows_are_kept_for_as_long_as_is_set_now(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept() -> dict[str, str]:
        found = warehouse.execute(
            "SELECT name, extract(create_table_query, 'toIntervalDay.*') FROM system.tables "
            "WHERE database = 'zakaz' AND startsWith(name, 'raw_')"
        )
        return {name: re.search(r"\d+", ttl)[0] for name, ttl in found}  # type: ignore[index]

    tables = ("raw_qtickets_shows", "raw_qtickets_tickets", "raw_sales", "raw_vk_ads")
    assert kept() == dict.fromkeys(tables, "400")
    with monkeypatch.context() as changed:
        changed.setattr("zakaz.warehouse.migrate.settings", lambda: settings().model_copy(update={"raw_days": 30}))
        assert migrate(warehouse) == []
        assert kept() == dict.fromkeys(tables, "30")
    keep_raw_days(warehouse)
    assert kept() == dict.fromkeys(tables, "400")


def test_what_people_changed_about_the_cities_stays(warehouse: WarehouseHook) -> None:
    before = aliases(warehouse)
    try:
        warehouse.execute("INSERT INTO zakaz.dim_city_alias (alias, city) VALUES ('piter', 'Питер'), ('nsk', 'Энск')")
        warehouse.execute("INSERT INTO zakaz.dim_city_alias (alias, city, _deleted) VALUES ('kazan', 'Казань', 1)")
        assert migrate(warehouse) == []
        found = dict(warehouse.execute("SELECT alias, city FROM zakaz.dim_city_alias FINAL"))
        assert (found["piter"], found["nsk"]) == ("Питер", "Энск")
        assert "kazan" not in found
        assert len(found) == len(before) - 1
    finally:
        warehouse.execute("TRUNCATE TABLE zakaz.dim_city_alias")
        seed_city_aliases(warehouse)
    assert [row[:2] for row in aliases(warehouse)] == [row[:2] for row in before]


def test_known_cities_become_weak_unless_somebody_has_said_otherwise(warehouse: WarehouseHook) -> None:
    """As in a warehouse of before, whose aliases say nothing about it."""
    weak = "SELECT alias FROM zakaz.dim_city_alias FINAL WHERE is_weak"
    before = set(warehouse.execute(weak))
    try:
        warehouse.execute("INSERT INTO zakaz.dim_city_alias (alias, city) VALUES ('киров', 'Киров'), ('орел', 'Орлов')")
        warehouse.execute("INSERT INTO zakaz.dim_city_alias (alias, city, is_weak) VALUES ('владимир', 'Владимир', 0)")
        warehouse.execute("INSERT INTO zakaz.dim_city_alias (alias, city, is_weak) VALUES ('тула', 'Тула', 1)")
        assert migrate(warehouse) == []
        assert set(warehouse.execute(weak)) == before - {("орел",), ("владимир",)} | {("тула",)}
        assert ("киров",) in before
        rows = aliases(warehouse)
        assert migrate(warehouse) == []
        assert aliases(warehouse) == rows
    finally:
        warehouse.execute("TRUNCATE TABLE zakaz.dim_city_alias")
        seed_city_aliases(warehouse)


def test_the_embedded_engine_removes_merged_parts_whenever_it_is_open(warehouse: WarehouseHook) -> None:
    """A server is open all the time, and keeps its own pace."""
    tables = warehouse.execute(
        "SELECT DISTINCT engine_full LIKE '%old_parts_lifetime%' FROM system.tables "
        "WHERE database IN ('zakaz', 'meta') AND engine LIKE '%MergeTree'"
    )
    assert tables == [(int(warehouse.is_embedded),)]


@pytest.mark.parametrize("line", ["2026-13-01,22", "2026-01-01,20.5", "2026-01-01", "22"])
def test_a_vat_rate_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str) -> None:
    rates = tmp_path / "vat_rates.csv"
    rates.write_text(f"from_date,percent\n2019-01-01,20\n{line}\n")
    monkeypatch.setattr(ddl, "VAT_RATES", rates)
    monkeypatch.setattr(ddl, "_vat_rates", ddl._vat_rates.__wrapped__)
    with pytest.raises(InvalidInput, match=f"vat_rates.csv, line 3: '{line}': expected a day and a percentage"):
        ddl.parameters("{vat_dates:String}")


@pytest.mark.parametrize(
    "line",
    [
        *("vk_ads,cpc,VK,2", "vk_ads,cpc,,1", "VK_Ads,cpc,VK,1", "vk_ads, cpc,VK,1", "vk_ads,cpc,VK", "a,b\tc,VK,1"),
        "yandex,*,Директ,0",
    ],
)
def test_a_channel_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str) -> None:
    channels = tmp_path / "channels.csv"
    channels.write_text(f"utm_source,utm_medium,channel,is_paid\nyandex,*,Яндекс,1\n{line}\n", "utf-8")
    monkeypatch.setattr(ddl, "CHANNELS", channels)
    monkeypatch.setattr(ddl, "_channels", ddl._channels.__wrapped__)
    with pytest.raises(InvalidInput, match=r"channels\.csv, line 3: .*: expected tags in lower case"):
        ddl.parameters("{channels:String}")


PLANNED = "2026-12,7,Казань,150000,900000.50"


@pytest.mark.parametrize(
    "line",
    [
        *("2026-13,7,Казань,1,1", "2026-12-01,7,Казань,1,1", "2026-1,7,Казань,1,1", "1926-12,7,Казань,1,1"),
        *("2026-12,0,Казань,1,1", "2026-12,x,Казань,1,1", "2026-12,-7,Казань,1,1", f"2026-12,{10**19},Казань,1,1"),
        *("2026-12,7,,1,1", "2026-12,7,Казань ,1,1", "2026-12,7,Ка\tзань,1,1", '2026-12,7,"Ка\nзань",1,1'),
        *("2026-12,7,Казань,,1", "2026-12,7,Казань,1 000,1", "2026-12,7,Казань,1.005,1", "2026-12,7,Казань,-1,1"),
        *("2026-12,7,Казань,1,1e3", "2026-12,7,Казань,1,", f"2026-12,7,Казань,1,{10**12}", "2026-12,7,Казань,1,١"),
        *("2026-12;7;Казань;1;1", "2026-12,7,Казань,1", "2026-12,7,Казань,1,1,1", "", PLANNED),
    ],
)
def test_a_planned_month_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text(f"month,account_id,city,budget,revenue_plan\n{PLANNED}\n{line}\n", encoding="utf-8-sig")
    monkeypatch.setattr(of_plan, "PLAN", plan)
    told = re.escape(line.replace('"', "")).replace("\\\n", r"\\n").replace("\\\t", r"\\t")
    with pytest.raises(InvalidInput, match=f"plan.csv, line 3: '{told}': expected a month, an account, a city, "):
        migrate(WarehouseHook())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: '': expected month,account_id,city,budget,revenue_plan"),
        (f"{PLANNED}\n".encode(), f"line 1: '{PLANNED}': expected month,account_id,city,budget,revenue_plan"),
        ("month,account_id,city,budget,revenue_plan\nКазань".encode("cp1251"), "expected CSV in UTF-8: "),
        (b"month\0\xff", "expected CSV in UTF-8: "),
    ],
)
def test_a_plan_that_is_another_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, said: str
) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_bytes(content)
    monkeypatch.setattr(of_plan, "PLAN", plan)
    with pytest.raises(InvalidInput, match=re.escape(said)):
        migrate(WarehouseHook())
