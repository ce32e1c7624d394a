"""bin/zakaz run: a day here and now, what is shown of it, and the exit code."""

import pytest

from cli.conftest import Zakaz
from orchestration.conftest import airflow as airflow
from sandbox import Sandbox

DAY = "2026-11-03"


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("airflow")
def test_the_exit_code_is_that_of_the_day(zakaz: Zakaz, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "403")
    code, out, err = zakaz("run", "--date", DAY)
    assert code == 1
    assert f"zakaz run: {DAY} is RED after " in err
    registry = out.partition("Run registry (meta.etl_runs)")[2].partition("Yesterday's quality")[0]
    assert "vk_fetch" in registry, "it says why"
    sandbox.clear_faults()
    code, out, _ = zakaz("run", "--date", DAY)
    assert code == 0
    assert f"{DAY} is green after " in out
    assert "bin/airflow dags backfill -s 2026-10-30 -e 2026-11-02 zakaz_etl" in out
