"""bin/zakaz stage: one job of the chain, without a scheduler."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import our_dags
from sandbox import Sandbox
from zakaz.days import last_complete_day
from zakaz.settings import PROJECT_DIR
from zakaz.stages import DAG_ID, LAST_STAGE, STAGES

DAY = last_complete_day()
Zakaz = Callable[..., tuple[int, str, str]]
RUNS = "SELECT job, status, from_date FROM meta.etl_runs FINAL ORDER BY started_at"


def test_the_jobs_are_those_of_the_chain(metadata: None) -> None:
    dag = our_dags.read().get_dag(DAG_ID)
    assert set(STAGES) == set(dag.task_ids)
    assert dag.topological_sort()[-1].task_id == LAST_STAGE


@pytest.fixture
def zakaz(tmp_path: Path, sandbox: Sandbox, no_token_kept: None) -> Zakaz:
    """bin/zakaz on a warehouse of its own, in processes of its own."""
    connection = {"conn_type": "clickhouse", "extra": {"embedded_path": str(tmp_path / "warehouse")}}

    def run(*arguments: str) -> tuple[int, str, str]:
        environment = {**os.environ, "AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(connection)}
        environment["PYTHONPATH"] = str(PROJECT_DIR / "plugins")
        command = [sys.executable, "-m", "zakaz.cli", *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110)
        return ended.returncode, ended.stdout, ended.stderr

    assert run("migrate")[0] == 0
    return run


@pytest.mark.timeout(300)
def test_a_job_runs_alone_and_a_second_try_only_if_the_first_failed(zakaz: Zakaz, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "403")
    code, out, err = zakaz("stage", "vk_fetch", "--if-needed")
    assert (code, out) == (1, ""), err
    assert f"zakaz stage: vk_fetch for {DAY} is RED; log: " in err
    assert len(sandbox.messages()) == 1
    sandbox.reset()
    assert zakaz("stage", "vk_fetch", "--if-needed") == (0, f"vk_fetch for {DAY} is green\n", "")
    assert zakaz("stage", "vk_fetch", "--if-needed") == (0, f"vk_fetch for {DAY}: there is a good run already\n", "")
    _, runs, _ = zakaz("sql", RUNS)
    assert runs.splitlines()[1:] == [f"vk_fetch\terror\t{DAY}", f"vk_fetch\tok\t{DAY}"]


@pytest.mark.timeout(300)
def test_a_job_that_looks_back_is_needed_until_all_its_days_are_good(zakaz: Zakaz) -> None:
    """A day that was done by hand, or mornings without a machine, leave gaps before a good day."""
    assert zakaz("stage", "vk_fetch")[0] == 0
    tried = f"vk_fetch for {DAY} and the days before it"
    arguments = ("stage", "vk_fetch", "--lookback", "--if-needed")
    assert zakaz(*arguments) == (0, f"{tried} is green\n", "")
    assert zakaz(*arguments) == (0, f"{tried}: there is a good run already\n", "")
    _, runs, _ = zakaz("sql", RUNS)
    assert runs.splitlines()[1:] == [f"vk_fetch\tok\t{DAY}", f"vk_fetch\tok\t{DAY - timedelta(days=6)}"]


@pytest.mark.timeout(300)
def test_a_job_that_was_skipped_is_not_green(zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good attempt of before doesn't stand for this one."""
    assert zakaz("stage", "qtickets_fetch") == (0, f"qtickets_fetch for {DAY} is green\n", "")
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFUALT", os.environ["AIRFLOW_CONN_QTICKETS_DEFAULT"])
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    why = "there is no connection qtickets_default: set AIRFLOW_CONN_QTICKETS_DEFAULT"
    code, out, err = zakaz("stage", "qtickets_fetch")
    assert (code, out) == (1, "")
    assert err.startswith(f"zakaz stage: qtickets_fetch for {DAY} was skipped: {why}; log: ")


def test_an_unknown_job_is_named(zakaz: Zakaz) -> None:
    code, _, err = zakaz("stage", "everything")
    assert code == 1
    assert "everything" in err
