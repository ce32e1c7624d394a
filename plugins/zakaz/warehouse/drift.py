"""Drift: where the tables of a warehouse differ from their DDL."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from zakaz.warehouse.ddl import actual_engine, for_cluster, name_of, parameters
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files, statement

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
        place = self.column if self.column.startswith("(") else f"column {self.column}"
        return f"{self.table}: {place}: expected {self.expected}, found {self.found}"


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
