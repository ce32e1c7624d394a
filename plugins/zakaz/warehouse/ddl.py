"""The schema's statements as they are sent: those of include/sql, or the same for every replica of a cluster."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

from zakaz.errors import InvalidInput
from zakaz.settings import settings
from zakaz.warehouse.sql import files

CREATED = re.compile(
    r"^(CREATE (?:OR REPLACE )?(?:DATABASE|FUNCTION|TABLE|VIEW) (?:IF NOT EXISTS )?[\w.]+|ALTER TABLE [\w.]+)",
    re.MULTILINE,
)
NAME = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+\.\w+)", re.MULTILINE)
ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)", re.MULTILINE)


def views() -> list[Path]:
    """The files of all views, each after the views that it reads."""
    texts = {file: file.read_text(encoding="utf-8") for file in files("*/views")}
    reads = {
        file: [other for other in texts if other != file and re.search(rf"\b{name_of(other)}\b", text)]
        for file, text in texts.items()
    }
    return list(TopologicalSorter(reads).static_order())


def name_of(file: Path) -> str:
    """The table or view that a file creates, with its database.

    :raises InvalidInput: it creates none.
    """
    if found := NAME.search(file.read_text(encoding="utf-8")):
        return found[1]
    raise InvalidInput(f"{file}: expected CREATE TABLE IF NOT EXISTS database.table, or CREATE OR REPLACE VIEW")


def takes_parameters(file: Path) -> bool:
    """Whether a view is read like a function, `meta.v_usual(first_day = …)`, and so by our own statements alone."""
    return "{" in file.read_text(encoding="utf-8")


def for_cluster(statement: str) -> str:
    """A statement that creates or alters something, for the cluster that CLICKHOUSE_CLUSTER names, if there is one.

    Path and name of a replica are the server's own (`default_replica_path`, `default_replica_name`).
    """
    if not (cluster := settings().clickhouse_cluster):
        return statement
    everywhere = CREATED.sub(rf"\1 ON CLUSTER '{cluster}'", statement, count=1)
    return ENGINE.sub(r"ENGINE = Replicated\1", everywhere, count=1)


def standing_engine(engine: str) -> str:
    """What an engine of include/sql is called in the warehouse."""
    return f"Replicated{engine}" if settings().clickhouse_cluster else engine
