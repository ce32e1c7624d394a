"""The schema: applies what include/sql creates, seeds the city aliases, and reports where a table differs."""

import csv
import json
import re
import uuid
from dataclasses import dataclass

from zakaz.settings import INCLUDE_DIR, settings
from zakaz.stages import LAST_STAGE, STAGES
from zakaz.warehouse.ddl import for_cluster, name_of, standing_engine, views
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files, statement

CITY_ALIASES = INCLUDE_DIR / "city_aliases.csv"
CLEAN_UP = "old_parts_lifetime = 60, merge_tree_clear_old_parts_interval_seconds = 0"
JOBS = INCLUDE_DIR / "messages" / "jobs.json"
BOUND = re.compile(r"\{(\w+):")


@dataclass(frozen=True)
class Drift:
    """One place where a table that stands differs from its DDL; the table is left as it is."""

    table: str
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}: column {self.column}: expected {self.expected}, found {self.found}"


def migrate(warehouse: WarehouseHook) -> list[Drift]:
    """Bring the warehouse up to date; safe to repeat, nothing is ever dropped.

    :returns: where existing tables differ from their DDL; empty when all is well.
    :raises WarehouseRefused: ClickHouse refused a statement.
    :raises WarehouseUnavailable: ClickHouse can't be reached.
    """
    with warehouse.session():
        for folder in ("databases", "*/functions", "*/tables"):
            for file in files(folder):
                text = file.read_text(encoding="utf-8")
                warehouse.execute(for_cluster(text), parameters(text))
        keep_raw_days(warehouse)
        if warehouse.is_embedded:
            clean_up_at_once(warehouse)
        drifts = find_drift(warehouse)
        if not drifts:
            for file in views():
                warehouse.execute(for_cluster(file.read_text(encoding="utf-8")))
            seed_city_aliases(warehouse)
    return drifts


def find_drift(warehouse: WarehouseHook) -> list[Drift]:
    """Compare every table with its DDL, as the engine itself understands both.

    Each DDL is applied a second time, on this server alone, in a database of its own, which is removed afterwards.
    """
    scratch = f"zakaz_expected_{uuid.uuid4().hex[:8]}"
    drifts: list[Drift] = []
    warehouse.execute(f"CREATE DATABASE {scratch}")
    try:
        for file in files("*/tables"):
            name = name_of(file)
            database, table = name.split(".")
            twin = file.read_text(encoding="utf-8").replace(f"EXISTS {name}", f"EXISTS {scratch}.{table}", 1)
            warehouse.execute(twin, parameters(twin))
            expected = _shape(warehouse, scratch, table)
            expected["(engine)"] = standing_engine(expected["(engine)"])
            drifts += _differences(name, expected, _shape(warehouse, database, table))
    finally:
        warehouse.execute(f"DROP DATABASE {scratch} SYNC")
    return drifts


def keep_raw_days(warehouse: WarehouseHook) -> None:
    """Let the tables of raw replies follow RAW_DAYS, which may have changed since they were created."""
    found = warehouse.execute(statement("schema/other_raw_days.sql"), {"days": settings().raw_days})
    for database, table, ttl in found:
        # Rows that are too old go with the next merge; nothing is rewritten now.
        alter = f"ALTER TABLE {database}.{table} MODIFY TTL {ttl} SETTINGS materialize_ttl_after_modify = 0"
        warehouse.execute(for_cluster(alter))


def clean_up_at_once(warehouse: WarehouseHook) -> None:
    """Let the embedded engine remove merged parts though it is never open for long.

    By default they stay for eight minutes and are looked for once a second: an engine that is open for less never
    removes any, and each opening reads them all. After a minute the merged part is safely on disk.
    """
    for database, table in warehouse.execute(statement("schema/keeps_merged_parts.sql")):
        warehouse.execute(f"ALTER TABLE {database}.{table} MODIFY SETTING {CLEAN_UP}")


def parameters(text: str) -> dict[str, str | int]:
    """What a statement of the schema binds: a setting, or what Python and SQL share and is written down once."""
    names = {job: texts["name"] for job, texts in json.loads(JOBS.read_text(encoding="utf-8")).items()}
    known: dict[str, str | int] = {
        "raw_days": settings().raw_days,
        "stages": ",".join(STAGES),
        "last_stage": LAST_STAGE,
        "jobs": ",".join(names),
        "job_names": ",".join(names.values()),
    }
    return {name: known[name] for name in BOUND.findall(text)}


def _shape(warehouse: WarehouseHook, database: str, table: str) -> dict[str, str]:
    where = {"database": database, "table": table}
    columns = warehouse.execute(
        "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}", where
    )
    keys = warehouse.execute(
        "SELECT engine, partition_key, sorting_key FROM system.tables "
        "WHERE database = {database:String} AND name = {table:String}",
        where,
    )
    labels = ("(engine)", "(partition key)", "(sorting key)")
    return {**dict(columns), **dict(zip(labels, keys[0], strict=True))}


def _differences(table: str, expected: dict[str, str], found: dict[str, str]) -> list[Drift]:
    return [
        Drift(table, name, expected.get(name, "no such column"), found.get(name, "no such column"))
        for name in {**expected, **found}
        if expected.get(name) != found.get(name)
    ]


def seed_city_aliases(warehouse: WarehouseHook) -> None:
    """Add the aliases of include/city_aliases.csv that the table has never known; edits in the table stay."""
    with CITY_ALIASES.open(encoding="utf-8", newline="") as file:
        seed = [(row["alias"], row["city"]) for row in csv.DictReader(file)]
    # Without FINAL: an alias that was taken out (_deleted = 1) is known, and stays out.
    known = {alias for (alias,) in warehouse.execute("SELECT DISTINCT alias FROM zakaz.dim_city_alias")}
    warehouse.insert("zakaz.dim_city_alias", ["alias", "city"], [row for row in seed if row[0] not in known])
