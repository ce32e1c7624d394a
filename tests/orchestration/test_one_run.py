"""A day here and now, as `bin/zakaz run` and `stage` do it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from orchestration.conftest import Runs
from zakaz.days import moscow_day
from zakaz.orchestration.console import Work
from zakaz.orchestration.one_run import run_day
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
pytestmark = [pytest.mark.usefixtures("airflow"), pytest.mark.timeout(300)]


def test_each_run_of_a_day_has_attempts_of_its_own(work: Work, airflow_runs: Runs, warehouse: WarehouseHook) -> None:
    began = datetime.now(UTC)
    for _ in range(2):
        assert run_day(DAY, work)
    jobs = [job for (job,) in warehouse.execute("SELECT job FROM meta.etl_runs FINAL ORDER BY started_at")]
    assert sorted(jobs) == sorted([*STAGES, *STAGES])
    assert len(airflow_runs()) == 2
    for run_id, run in airflow_runs().items():
        assert run_id.startswith("manual__2026-11-20T"), "the id names the day"
        assert moscow_day(run.logical_date) == DAY
        assert run.note == "Данные за 20 ноября 2026"
        assert run.start_date >= began
        assert run.end_date - run.start_date < timedelta(minutes=5), "the grid must not show 24 hours"
