"""Schema migration: applies the DDL of include/sql, adds what tables lack, seeds the city aliases, reports drift."""

from zakaz.days import DayRange, last_complete_day
from zakaz.settings import settings
from zakaz.warehouse.cities import build_sale_cities, seed_city_aliases
from zakaz.warehouse.cluster import find_unreplicated, require_one_shard
from zakaz.warehouse.ddl import for_cluster, parameters, view_statement, views
from zakaz.warehouse.drift import Drift, find_drift, write_comments
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.known_ads import build_known_ads
from zakaz.warehouse.plan import read_plan, write_plan
from zakaz.warehouse.sql import files, statement

CLEAN_UP = "old_parts_lifetime = 60, merge_tree_clear_old_parts_interval_seconds = 0"


def migrate(warehouse: WarehouseHook) -> list[Drift]:
    """Bring the schema up to date; safe to repeat, never drops anything.

    :returns: where existing tables differ from their DDL, and on a cluster from host to host. If any but harmless ones
        do, views and aliases are not touched.
    :raises InvalidInput: CLICKHOUSE_CLUSTER is a cluster that the server does not know, or one of several shards; or a
        line of include/plan.csv, vat_rates.csv or channels.csv is wrong.
    """
    plan = read_plan()
    with warehouse.session():
        require_one_shard(warehouse)
        for folder in ("databases", "*/functions", "*/tables"):
            for file in files(folder):
                text = file.read_text(encoding="utf-8")
                warehouse.execute(for_cluster(text), parameters(text))
        keep_raw_days(warehouse)
        if warehouse.is_embedded:
            clean_up_at_once(warehouse)
        drifts = find_drift(warehouse, bring_forward=True) + find_unreplicated(warehouse)
        if all(drift.is_harmless for drift in drifts):
            for file in views():
                warehouse.execute(for_cluster(view_statement(file)))
            # A list of columns with comments in CREATE VIEW would have to repeat their types.
            alters = (file.read_text(encoding="utf-8") for file in files("*/comments"))
            drifts += write_comments(warehouse, "views", alters)
            seed_city_aliases(warehouse)
            write_plan(warehouse, plan)
            # A release without these tables may have loaded days.
            build_known_ads(warehouse, DayRange(last_complete_day(), last_complete_day()))
            warehouse.execute(statement("sales/dim_show.sql"))
            build_sale_cities(warehouse)
    return drifts


def keep_raw_days(warehouse: WarehouseHook) -> None:
    """Apply RAW_DAYS to the raw tables, since it may have changed after they were created."""
    found = warehouse.execute(statement("schema/other_raw_days.sql"), {"days": settings().raw_days})
    for database, table, ttl in found:
        # Expired rows go with the next merge; nothing is rewritten now.
        alter = f"ALTER TABLE {database}.{table} MODIFY TTL {ttl} SETTINGS materialize_ttl_after_modify = 0"
        warehouse.execute(for_cluster(alter))


def clean_up_at_once(warehouse: WarehouseHook) -> None:
    """Make the embedded engine remove merged parts, although it is never open for long.

    By default merged parts are kept for eight minutes. An engine that is open for less never removes any, and each
    opening reads them all. After a minute the part they were merged into is safely on disk.
    """
    for database, table in warehouse.execute(statement("schema/keeps_merged_parts.sql")):
        warehouse.execute(f"ALTER TABLE {database}.{table} MODIFY SETTING {CLEAN_UP}")
