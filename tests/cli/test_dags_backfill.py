"""`airflow dags backfill`: its words, what it refuses, and its exit code."""

import os
import subprocess
import sys
from datetime import date
from typing import Any

import pytest

import our_dags
from cli.conftest import Command
from orchestration.conftest import airflow as airflow
from sandbox import Sandbox
from zakaz.cli.dags_backfill import REFUSED
from zakaz.settings import PROJECT_DIR
from zakaz.stages import DAG_ID, STAGES, with_those_before
from zakaz.warehouse.hook import WarehouseHook

DAYS = ("-s", "2026-11-03", "-e", "2026-11-04")
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("flag", [flag for flags in REFUSED for flag in flags])
def test_a_flag_that_is_gone_is_refused_by_name(command: Command, flag: str) -> None:
    takes_value = next(value for flags, (value, _) in REFUSED.items() if flag in flags)
    code, out, err = command(*DAYS, flag, *(["x"] if takes_value else []), DAG_ID)
    assert (code, out) == (1, "")
    assert err.startswith("airflow dags backfill: ")
    assert f"{flag} " in err
    assert " is not supported: " in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-s", "yesterday", DAG_ID], "-s 'yesterday' is not a day: write it as YYYY-MM-DD"),
        (["-s", "2026-11-05", "-e", "2026-11-04", DAG_ID], "2026-11-05 to 2026-11-04 is no range"),
        (["-s", "2100-01-01", DAG_ID], "2100-01-01 is not over in Moscow"),
        ([DAG_ID], "-s and -e are missing"),
        ([*DAYS], "Missing argument 'DAG_ID'"),
        ([*DAYS, "zakaz_watchdog"], "DAG 'zakaz_watchdog' can't be backfilled by days"),
        ([*DAYS, "-t", "(", DAG_ID], "-t '(' is no regular expression"),
        ([*DAYS, "-t", "nothing", DAG_ID], "-t 'nothing' means no task: there are vk_fetch, "),
        ([*DAYS, "--reset-dagruns", DAG_ID], "nobody is there to answer: add -y"),
        ([*DAYS, "--everything", DAG_ID], "No such option '--everything'"),
    ],
)
def test_bad_input_is_one_line(command: Command, arguments: list[str], told: str) -> None:
    code, out, err = command(*arguments)
    assert (code, out) == (1, "")
    assert told in err
    assert err.count("\n") == 1


def test_it_explains_itself(command: Command) -> None:
    code, out, _ = command("--help")
    assert code == 0
    for word in ("Moscow days", "--rerun-failed-tasks", "--reset-dagruns", "-t, --task-regex", "scheduler", "Exits 0"):
        assert word in out
    assert "--pool" not in out


def test_tasks_with_those_before_them_are_airflow_s(metadata: None) -> None:
    dag = our_dags.read().get_dag(DAG_ID)
    for stage in STAGES:
        theirs = dag.partial_subset([stage], include_upstream=True, include_downstream=False).task_ids
        assert set(with_those_before([stage])) == set(theirs), stage


@pytest.mark.usefixtures("airflow")
def test_a_dry_run_tells_the_plan_and_changes_nothing(command: Command, warehouse: WarehouseHook) -> None:
    code, out, err = command(*DAYS, "--dry-run", "-t", "^build_dm_vk$", DAG_ID)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "2026-11-03  will be done: it has no run yet",
        "2026-11-04  will be done: it has no run yet",
        "tasks: vk_fetch, qtickets_fetch, build_dm_vk. Nothing was done (--dry-run)",
    ]
    assert warehouse.execute("SELECT count() FROM meta.etl_runs") == [(0,)]


@pytest.mark.usefixtures("airflow")
def test_the_exit_code_is_the_registry_s_word(command: Command, sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    sandbox.fault("vk_ads", "403")
    code, out, err = command(*DAYS, "-t", "^vk_fetch$", DAG_ID)
    assert code == 1
    assert "2026-11-03: VK Ads" in err
    assert "2026-11-04: not begun" in err
    # What Airflow prints is not kept away from pytest's own terminal: tests/faults/test_backfill_command.py.
    shown = [line for line in out.splitlines() if line.startswith(("0 of", "days to do", "2026-11-03  ", "log: "))]
    assert shown[0] == "days to do: 2, here, since no scheduler serves the DAG"
    assert shown[1].startswith("2026-11-03  failed")
    assert shown[2] == "0 of 2 days are loaded"
    assert shown[3].startswith("log: /")
    sandbox.clear_faults()
    code, out, err = command(*DAYS, "-t", "^vk_fetch$", "--rerun-failed-tasks", DAG_ID)
    assert (code, err) == (0, "")
    assert "2 of 2 days are loaded" in out
    days: Any = warehouse.execute("SELECT DISTINCT stat_date FROM zakaz.stg_vk_ads_daily FINAL ORDER BY stat_date")
    assert [day for (day,) in days] == [date(2026, 11, 3), date(2026, 11, 4)]
    # One failed day does not stop the others, if so asked.
    sandbox.fault("vk_ads", "403", path="statistics/banners", times=1)
    code, out, err = command(*DAYS, "-t", "^vk_fetch$", "--reset-dagruns", "-y", "--continue-on-failures", DAG_ID)
    assert (code, "1 of 2 days are loaded" in out) == (1, True)
    assert [line.split(":")[0] for line in err.splitlines()] == ["2026-11-03"]
    # A day that was to be done again is not loaded by what it was before.
    sandbox.fault("vk_ads", "403")
    code, out, err = command(*DAYS, "-t", "^vk_fetch$", "--reset-dagruns", "-y", DAG_ID)
    assert code == 1
    assert "0 of 2 days are loaded" in out
    assert "2026-11-04: not begun" in err


def test_the_command_line_imports_no_airflow_before_its_environment_is_there() -> None:
    code = "import sys, zakaz.cli.app, zakaz.cli.dags_backfill; print('airflow' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR / "plugins")}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
