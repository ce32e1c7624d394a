"""Each task names the tables that it makes its rows of and those that it writes, and says which days these are."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from airflow.models.asset import AssetDagRunQueue, AssetEvent, AssetModel

import our_dags
from zakaz import airflow_internals
from zakaz.orchestration.assets import TABLES, WAREHOUSE
from zakaz.pipeline import runner
from zakaz.registry.attempt import Attempt
from zakaz.settings import PROJECT_DIR
from zakaz.stages import LAST_STAGE
from zakaz.warehouse.ddl import name_of, views
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
# What tasks write about themselves, or to read it again themselves.
NO_ASSETS = {"meta.etl_runs", "meta.etl_alerts", "meta.restatements", "zakaz.parsed_vk_ads"}
EXAMPLE = re.compile(r"```python\n(.+?)```", re.DOTALL)


class Statements:
    """The tables that the statements of each stage write, and those that they are written from."""

    def __init__(self) -> None:
        self.stage = ""
        self.written, self.sources = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        self._views = {name_of(file): file.read_text(encoding="utf-8") for file in views()}

    def look(self, sql: str) -> None:
        if written := re.search(r"^INSERT INTO (\w+\.\w+)", sql, re.MULTILINE):
            self.written[self.stage].add(written[1])
            self.sources[self.stage].update(self._sources(sql))

    def _sources(self, sql: str) -> Iterator[str]:
        for name in re.findall(r"(?:FROM|JOIN) ((?:zakaz|meta|bi)\.\w+)", sql):
            yield from self._sources(self._views[name]) if name in self._views else [name]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    seen = Statements()
    execute, insert, record = WarehouseHook.execute, WarehouseHook.insert, runner._record

    def execute_seen(self: WarehouseHook, sql: str, *more: Any, **also: Any) -> Any:
        seen.look(sql)
        return execute(self, sql, *more, **also)

    def insert_seen(self: WarehouseHook, table: str, *more: Any, **also: Any) -> Any:
        seen.written[seen.stage].add(table)
        return insert(self, table, *more, **also)

    def record_seen(stage: Any, days: Any, attempt: Attempt, lacking: Any) -> Any:
        seen.stage = attempt.job
        return record(stage, days, attempt, lacking)

    monkeypatch.setattr(WarehouseHook, "execute", execute_seen)
    monkeypatch.setattr(WarehouseHook, "insert", insert_seen)
    monkeypatch.setattr(runner, "_record", record_seen)
    return seen


def test_the_assets_of_a_task_are_its_tables_and_a_finished_mart_starts_other_dags(
    airflow: None, warehouse: WarehouseHook, statements: Statements, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = EXAMPLE.findall((PROJECT_DIR / "docs" / "ASSETS.md").read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    exec(example, found)
    theirs = found["dag"]
    theirs.is_paused_upon_creation = False
    dags = our_dags.read()
    dags.dags[theirs.dag_id] = theirs
    theirs.fileloc, theirs.relative_fileloc = str(our_dags.FOLDER / "theirs.py"), "theirs.py"
    our_dags.make_known(dags)

    assert our_dags.run(dags.get_dag("zakaz_etl"), DAY).state == "success"

    for stage, tables in TABLES.items():
        of_others = set() if stage == LAST_STAGE else {"meta.quality_results"}
        assert statements.written[stage] - NO_ASSETS - of_others == set(tables.writes), stage
        if stage != LAST_STAGE:  # it writes what Python found
            assert statements.sources[stage] - statements.written[stage] == set(tables.reads), stage
    with airflow_internals.create_session() as session:
        events = {
            model.name: (model.uri, event.extra)
            for model, event in session.query(AssetModel, AssetEvent).filter(AssetModel.id == AssetEvent.asset_id)
        }
        queued = [dag_id for (dag_id,) in session.query(AssetDagRunQueue.target_dag_id)]
    assert set(events) == {table for tables in TABLES.values() for table in tables.writes}
    uri, extra = events["zakaz.dm_vk_ads_daily"]
    ((rows, spend),) = warehouse.execute("SELECT count(), sum(spend) FROM zakaz.dm_vk_ads_daily FINAL")
    assert uri == f"{WAREHOUSE}/zakaz/dm_vk_ads_daily"
    assert (extra["from_date"], extra["to_date"], extra["rows_written"]) == (*["2026-11-20"] * 2, rows)
    assert Decimal(extra["sums"]["spend"]) == spend
    assert queued == [theirs.dag_id]

    capsys.readouterr()
    assert theirs.test().state == "success"
    assert f"2026-11-20 2026-11-20 {spend}" in capsys.readouterr().out
