"""The DDL of include/sql, in dependency order, and rewritten ON CLUSTER where a cluster is configured."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

from zakaz.errors import InvalidInput
from zakaz.settings import settings
from zakaz.warehouse.pins import PINS, PINS_OF_VIEWS, assigned
from zakaz.warehouse.sql import files

CREATED = re.compile(
    r"^(CREATE (?:OR REPLACE )?(?:DATABASE|FUNCTION|TABLE|VIEW) (?:IF NOT EXISTS )?[\w.]+|ALTER TABLE [\w.]+)",
    re.MULTILINE,
)
NAME = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+\.\w+)", re.MULTILINE)
ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)", re.MULTILINE)


def views() -> list[Path]:
    """The files of all views, in dependency order."""
    texts = {file: file.read_text(encoding="utf-8") for file in files("*/views")}
    reads = {
        file: [other for other in texts if other != file and re.search(rf"\b{name_of(other)}\b", text)]
        for file, text in texts.items()
    }
    return list(TopologicalSorter(reads).static_order())


def view_statement(file: Path) -> str:
    """The statement that creates a view, with the settings that no profile of its readers must change."""
    text = file.read_text(encoding="utf-8").rstrip()
    own = re.search(r"^SETTINGS (.*)", text, re.MULTILINE)
    pins = {name: PINS[name] for name in PINS_OF_VIEWS if not (own and name in own[1])}
    return f"{text}{',' if own else chr(10) + 'SETTINGS'} {assigned(pins)}"


def name_of(file: Path) -> str:
    """The table or view that a file creates, as `database.name`.

    :raises InvalidInput: the file creates neither.
    """
    if found := NAME.search(file.read_text(encoding="utf-8")):
        return found[1]
    raise InvalidInput(f"{file}: expected CREATE TABLE IF NOT EXISTS database.table, or CREATE OR REPLACE VIEW")


def for_cluster(statement: str) -> str:
    """A DDL statement, rewritten ON CLUSTER and to Replicated engines if CLICKHOUSE_CLUSTER is set.

    Replica path and name are the server's defaults (`default_replica_path`, `default_replica_name`).
    """
    if not (cluster := settings().clickhouse_cluster):
        return statement
    everywhere = CREATED.sub(rf"\1 ON CLUSTER '{cluster}'", statement, count=1)
    return ENGINE.sub(r"ENGINE = Replicated\1", everywhere, count=1)


def actual_engine(engine: str) -> str:
    """The name that an engine of include/sql has in the warehouse: Replicated… on a cluster."""
    return f"Replicated{engine}" if settings().clickhouse_cluster else engine
