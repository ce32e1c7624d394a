"""Schema migration: applies the DDL of include/sql, adds missing columns, seeds the city aliases, and reports drift."""

import csv
import json
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from zakaz.settings import INCLUDE_DIR, settings
from zakaz.stages import LAST_STAGE, STAGES, VK_DAYS_SERVED
from zakaz.warehouse.ddl import actual_engine, for_cluster, name_of, view_statement, views
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files, statement

CITY_ALIASES = INCLUDE_DIR / "city_aliases.csv"
CLEAN_UP = "old_parts_lifetime = 60, merge_tree_clear_old_parts_interval_seconds = 0"
JOBS = INCLUDE_DIR / "messages" / "jobs.json"
BOUND = re.compile(r"\{(\w+):")


NO_COLUMN = "no such column"
# Labels of a table's shape that are not columns.
ENGINE, PARTITION_KEY, SORTING_KEY = "(engine)", "(partition key)", "(sorting key)"
Shape = dict[str, str]


@dataclass(frozen=True)
class Drift:
    """A difference between an existing table and its DDL; the table is left alone."""

    table: str
    column: str
    expected: str
    found: str

    @property
    def is_harmless(self) -> bool:
        """Whether it is a column more: of a newer release, or an analyst's own. All our statements name columns."""
        return self.expected == NO_COLUMN

    def __str__(self) -> str:
        return f"{self.table}: column {self.column}: expected {self.expected}, found {self.found}"


def migrate(warehouse: WarehouseHook) -> list[Drift]:
    """Bring the schema up to date; safe to repeat, never drops anything.

    :returns: where existing tables differ from their DDL. If any but harmless ones do, views and aliases are not
        touched.
    """
    with warehouse.session():
        for folder in ("databases", "*/functions", "*/tables"):
            for file in files(folder):
                text = file.read_text(encoding="utf-8")
                warehouse.execute(for_cluster(text), parameters(text))
        keep_raw_days(warehouse)
        if warehouse.is_embedded:
            clean_up_at_once(warehouse)
        drifts = find_drift(warehouse, add_columns=True)
        if all(drift.is_harmless for drift in drifts):
            for file in views():
                warehouse.execute(for_cluster(view_statement(file)))
            seed_city_aliases(warehouse)
    return drifts


def find_drift(warehouse: WarehouseHook, *, add_columns: bool = False) -> list[Drift]:
    """Compare every table with its DDL, as the engine itself parses both.

    Each DDL is applied once more, on this server only, in a scratch database that is dropped afterwards.

    :param add_columns: add the columns that a table lacks, in their place and with their defaults; not to a table with
        other keys or another engine.
    :returns: what differs still.
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
            expected[ENGINE] = actual_engine(expected[ENGINE])
            found = _shape(warehouse, database, table)
            if add_columns and all(expected[key] == found[key] for key in (ENGINE, PARTITION_KEY, SORTING_KEY)):
                added = _add_columns(warehouse, name, scratch, expected.keys() - found.keys())
                found |= {column: expected[column] for column in added}
            drifts += _differences(name, expected, found)
    finally:
        warehouse.execute(f"DROP DATABASE {scratch} SYNC")
    return drifts


def _add_columns(warehouse: WarehouseHook, name: str, scratch: str, missing: Collection[str]) -> Collection[str]:
    """Add the columns that a table lacks, as they are defined in its twin; each after the one it follows there."""
    twin = {"database": scratch, "table": name.split(".")[1]}
    before = ""
    for column, definition in warehouse.execute(statement("schema/column_definitions.sql"), twin) if missing else ():
        if column in missing:
            place = f"AFTER {before}" if before else "FIRST"
            warehouse.execute(for_cluster(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {definition} {place}"))
        before = column
    return missing


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


def parameters(text: str) -> dict[str, str | int]:
    """The parameters of a DDL statement: settings, and names that are defined once for Python and SQL."""
    names = {job: texts["name"] for job, texts in json.loads(JOBS.read_text(encoding="utf-8")).items()}
    known: dict[str, str | int] = {
        "raw_days": settings().raw_days,
        "stages": ",".join(STAGES),
        "last_stage": LAST_STAGE,
        "jobs": ",".join(names),
        "job_names": ",".join(names.values()),
        "vk_days_served": VK_DAYS_SERVED,
    }
    return {name: known[name] for name in BOUND.findall(text)}


def _shape(warehouse: WarehouseHook, database: str, table: str) -> Shape:
    where = {"database": database, "table": table}
    columns = warehouse.execute(
        "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}", where
    )
    keys = warehouse.execute(
        "SELECT engine, partition_key, sorting_key FROM system.tables "
        "WHERE database = {database:String} AND name = {table:String}",
        where,
    )
    return {**dict(columns), **dict(zip((ENGINE, PARTITION_KEY, SORTING_KEY), keys[0], strict=True))}


def _differences(table: str, expected: Shape, found: Shape) -> list[Drift]:
    return [
        Drift(table, name, expected.get(name, NO_COLUMN), found.get(name, NO_COLUMN))
        for name in {**expected, **found}
        if expected.get(name) != found.get(name)
    ]


def seed_city_aliases(warehouse: WarehouseHook) -> None:
    """Add the aliases of include/city_aliases.csv that the table has never had; edits in the table stay."""
    with CITY_ALIASES.open(encoding="utf-8", newline="") as file:
        seed = [(row["alias"], row["city"]) for row in csv.DictReader(file)]
    # Without FINAL, so that a removed alias (_deleted = 1) counts as known and is not re-added.
    known = {alias for (alias,) in warehouse.execute("SELECT DISTINCT alias FROM zakaz.dim_city_alias")}
    warehouse.insert("zakaz.dim_city_alias", ["alias", "city"], [row for row in seed if row[0] not in known])
