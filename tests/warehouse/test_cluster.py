"""CLICKHOUSE_CLUSTER: the same DDL for every replica. The engine reads each statement."""

import re
from typing import Any

import pytest

from zakaz.errors import InvalidInput
from zakaz.settings import Settings, settings
from zakaz.warehouse import ddl
from zakaz.warehouse.drift import find_drift
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.sql import files

# What the folders of a subject hold of the schema.
SUBJECTS = ("*/functions", "*/tables", "*/views", "*/comments")


@pytest.fixture
def sent(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What migrate sends when the schema is for a cluster, as the engine reads it; nothing of it is executed."""
    statements: list[str] = []
    execute = warehouse.execute

    def read(sql: str, params: Any = None, **options: Any) -> Any:
        if "ON CLUSTER" in sql:
            ((text,),) = execute("SELECT formatQuerySingleLine({it:String})", {"it": sql})
            statements.append(text)
            return []
        return execute(sql, params, **options)

    monkeypatch.setattr(ddl, "settings", lambda: settings().model_copy(update={"clickhouse_cluster": "main"}))
    monkeypatch.setattr(warehouse, "execute", read)
    return statements


def test_everything_that_is_created_is_created_everywhere(sent: list[str], warehouse: WarehouseHook) -> None:
    drifts = migrate(warehouse)
    assert {drift.column for drift in drifts} == {"(engine)"}  # the tables here are not replicated, and it says so
    assert {drift.expected for drift in drifts} == {"ReplicatedReplacingMergeTree", "ReplicatedAggregatingMergeTree"}
    for file in (*ddl.views(), *files("*/comments")):
        warehouse.execute(ddl.for_cluster(file.read_text(encoding="utf-8")))
    made = [file for folder in ("databases", *SUBJECTS) for file in files(folder)]
    assert len(sent) == len(made)
    for text in sent:
        assert re.match(r"(CREATE|ALTER TABLE) .*? ON CLUSTER main\b", text), text
    tables = [text for text in sent if text.startswith("CREATE TABLE")]
    assert len(tables) == len(files("*/tables"))
    for text in tables:
        path = re.escape(re.sub(r".*? (\w+)\.(\w+) ON CLUSTER .*", r"/clickhouse/tables/{shard}/\1/\2", text))
        assert re.search(
            rf" ENGINE = Replicated(Replacing|Aggregating)MergeTree\('{path}', '{{replica}}'(, _ver(, _deleted)?)?\) ",
            text,
        )


def test_a_retention_that_changed_is_changed_everywhere(sent: list[str], warehouse: WarehouseHook) -> None:
    warehouse.execute(ddl.for_cluster("ALTER TABLE zakaz.raw_sales MODIFY TTL toDateTime(loaded_at)"))
    assert sent == ["ALTER TABLE zakaz.raw_sales ON CLUSTER main (MODIFY TTL toDateTime(loaded_at))"]


def test_comments_are_written_on_each_host(sent: list[str], warehouse: WarehouseHook) -> None:
    """They are not replicated; a statement is sent to all hosts if it has comments of columns only, or of a table."""
    warehouse.execute("ALTER TABLE meta.mutes COMMENT COLUMN until '', COMMENT COLUMN who 'x', MODIFY COMMENT ''")
    migrate(warehouse)
    columns, table = [text for text in sent if text.startswith("ALTER")]
    start = "ALTER TABLE meta.mutes ON CLUSTER main"
    assert re.fullmatch(rf"{start} \(COMMENT COLUMN \w+ '[\w ]+'\), \(COMMENT COLUMN \w+ '[\w ]+'\)", columns)
    assert re.fullmatch(rf"{start} \(MODIFY COMMENT '.+'\)", table)
    for text in (columns, table):
        warehouse.execute(text.replace(" ON CLUSTER main", ""))


def test_without_a_cluster_nothing_is_added(warehouse: WarehouseHook) -> None:
    for folder in ("databases", *SUBJECTS):
        for file in files(folder):
            text = file.read_text(encoding="utf-8")
            assert ddl.for_cluster(text) == text
    assert find_drift(warehouse) == []


@pytest.mark.parametrize("name", ["a b", "a'b", "a;DROP", "{cluster}"])
def test_a_name_that_could_be_sql_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CLICKHOUSE_CLUSTER", name)
    with pytest.raises(InvalidInput, match="CLICKHOUSE_CLUSTER="):
        Settings.from_environment()
