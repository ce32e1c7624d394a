"""What a task's log says of its statements."""

import logging

import pytest

from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

pytestmark = pytest.mark.warehouse
ASKED = {"database": "meta", "table": "etl_runs", "day_column": "to_date", "from_date": "2026-11-01"}


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_a_statement_is_one_line_and_its_text_is_for_debugging(
    warehouse: WarehouseHook, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, level: int
) -> None:
    # Airflow 3's own logger does not pass through Python's logging.
    monkeypatch.setattr(WarehouseHook, "log", logging.getLogger("of this test"))
    caplog.set_level(level, logger=warehouse.log.name)
    warehouse.execute(statement("days/live_rows.sql"), {**ASKED, "to_date": "2026-11-02"})
    warehouse.execute(["SELECT 1", "SELECT 2"])
    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == warehouse.log.name]
    assert [line for name, line in told if name == "INFO"] == [
        "The number of live rows of a table for the days from_date to to_date, both included. "
        "[database=meta, table=etl_runs, day_column=to_date, from_date=2026-11-01, to_date=2026-11-02]",
        "SELECT 1",
        "SELECT 2",
    ]
    whole = [line for name, line in told if name == "DEBUG"]
    assert len(whole) == (3 if level == logging.DEBUG else 0)
    assert all("FROM {database:Identifier}" in line for line in whole[:1])
