"""The schema's statements as they are sent: those of include/sql, or the same for every replica of a cluster."""

import re

from zakaz.settings import settings

CREATED = re.compile(
    r"^(CREATE (?:OR REPLACE )?(?:DATABASE|FUNCTION|TABLE|VIEW) (?:IF NOT EXISTS )?[\w.]+|ALTER TABLE [\w.]+)",
    re.MULTILINE,
)
ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)", re.MULTILINE)


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
