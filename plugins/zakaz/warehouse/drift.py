"""Drift: where the tables of a warehouse differ from their DDL."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from zakaz.errors import WarehouseRefused, one_line
from zakaz.warehouse.ddl import actual_engine, for_cluster, name_of, parameters
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files, statement

NO_COLUMN = "no such column"
# Labels of a table's shape that are not columns.
ENGINE, PARTITION_KEY, SORTING_KEY = "(engine)", "(partition key)", "(sorting key)"
COMMENTS = "(comments)"
ACCESS_DENIED = 497
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
        """Whether it is a column more, also in the sorting key: of a newer release, or an analyst's own.

        All our statements name columns. Nor does any of them read a comment.
        """
        is_longer_key = self.column == SORTING_KEY and self.found.startswith(f"{self.expected}, ")
        return self.expected == NO_COLUMN or is_longer_key or self.column == COMMENTS

    def __str__(self) -> str:
        place = self.column if self.column.startswith("(") else f"column {self.column}"
        return f"{self.table}: {place}: expected {self.expected}, found {self.found}"


def find_drift(warehouse: WarehouseHook, *, bring_forward: bool = False) -> list[Drift]:
    """Compare every table with its DDL, as the engine itself parses both.

    Each DDL is applied once more, on this server only, in a scratch database that is dropped afterwards.

    :param bring_forward: add the columns that a table lacks, in their place and with their defaults, also to the end of
        its sorting key; not to a table with other keys or another engine. And write the comments that it lacks.
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
            if bring_forward and expected != found and _can_grow(expected, found):
                _add_columns(warehouse, name, scratch, expected, found)
                found = _shape(warehouse, database, table)
            drifts += _differences(name, expected, found)
        if bring_forward:
            others = warehouse.execute(statement("schema/other_comments.sql"), {"scratch": scratch})
            drifts += write_comments(warehouse, "tables", (alter for (alter,) in others))
    finally:
        warehouse.execute(f"DROP DATABASE {scratch} SYNC")
    return drifts


def write_comments(warehouse: WarehouseHook, whose: str, alters: Iterable[str]) -> list[Drift]:
    """Execute statements that change nothing but comments.

    :returns: that they are not as expected, if the user has no right to change them.
    """
    try:
        for alter in alters:
            warehouse.execute(for_cluster(alter))
    except WarehouseRefused as error:
        if error.code != ACCESS_DENIED:
            raise
        return [Drift(whose, COMMENTS, "those of include/sql", f"others: {one_line(error)}")]
    return []


def _can_grow(expected: Shape, found: Shape) -> bool:
    """Whether a table differs from its DDL at most by columns, some of them at the end of the sorting key."""
    same = all(expected[key] == found[key] for key in (ENGINE, PARTITION_KEY))
    return same and (expected[SORTING_KEY] == found[SORTING_KEY] or bool(_new_keys(expected, found)))


def _new_keys(expected: Shape, found: Shape) -> list[str]:
    """The columns that the sorting key lacks, if it lacks nothing else: only new columns can be added to a key."""
    start, _, rest = expected[SORTING_KEY].partition(f"{found[SORTING_KEY]}, ")
    columns = rest.split(", ") if rest and not start else []
    return columns if all(column in expected and column not in found for column in columns) else []


def _add_columns(warehouse: WarehouseHook, name: str, scratch: str, expected: Shape, found: Shape) -> None:
    """Add what a table lacks, as it is defined in its twin: columns, each after the one it follows there, and defaults.

    A column that comes to the sorting key must have no default until it is there (ClickHouse, MODIFY ORDER BY); it
    lacks one if that was interrupted.
    """
    twin = {"database": scratch, "table": name.split(".")[1]}
    keys, added, changes = _new_keys(expected, found), list[str](), list[str]()
    before = ""
    for column, type_, definition in warehouse.execute(statement("schema/column_definitions.sql"), twin):
        if column not in found:
            what = f"{column} {type_}" if column in keys else definition
            added.append(f"ADD COLUMN IF NOT EXISTS {what} {f'AFTER {before}' if before else 'FIRST'}")
        if column in keys or (found.get(column) == type_ != expected[column]):
            changes.append(f"MODIFY COLUMN {definition}")
        before = column
    if keys:
        added.append(f"MODIFY ORDER BY ({expected[SORTING_KEY]})")
    for clauses in filter(None, (added, changes)):
        warehouse.execute(for_cluster(f"ALTER TABLE {name} {', '.join(clauses)}"))


def _shape(warehouse: WarehouseHook, database: str, table: str) -> Shape:
    where = {"database": database, "table": table}
    # The default of a key column belongs to its shape: rows that lack the column are found by it.
    columns = warehouse.execute(
        "SELECT name, concat(type, if(is_in_sorting_key AND default_kind > '', ' DEFAULT ' || default_expression, '')) "
        "FROM system.columns WHERE database = {database:String} AND table = {table:String}",
        where,
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
