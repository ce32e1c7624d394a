"""The DAG files: what is in them, and that reading them opens nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

from zakaz.orchestration.callbacks import alert_on_failure
from zakaz.orchestration.retries import RetryWhatMayHeal
from zakaz.orchestration.run_days import state_name
from zakaz.orchestration.timetable import MoscowDayTimetable
from zakaz.settings import BACKUP_LIMIT, PROJECT_DIR, RETRY_DELAYS, TASK_LIMIT, Settings, settings
from zakaz.stages import STAGES, lookback_days

DAGS = PROJECT_DIR / "dags"
CHAIN = ["vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck"]
TASKS = {
    "zakaz_etl": CHAIN,
    "zakaz_backfill": ["plan", "report", *CHAIN],
    "zakaz_watchdog": ["watchdog"],
    "zakaz_backup": ["backup", "restore_check"],
}
# Of their failures others tell: whoever filled in the form, and the piece that failed.
SILENT = {"plan", "report"}
FORBIDDEN = ("pandas", "chdb", "telegram", "pyarrow", "clickhouse_connect", "matplotlib")


@pytest.fixture(scope="module")
def dagbag(metadata: None) -> DagBag:
    return DagBag(dag_folder=DAGS)


def test_every_file_is_one_dag_of_its_name(dagbag: DagBag) -> None:
    assert dagbag.import_errors == {}
    assert {dag_id: dag.topological_sort() and dag.task_ids for dag_id, dag in dagbag.dags.items()} == TASKS
    assert {file.stem for file in DAGS.glob("*.py")} == set(TASKS)
    assert all(len(file.read_text(encoding="utf-8").splitlines()) <= 120 for file in DAGS.glob("*.py"))


def test_the_chain(dagbag: DagBag) -> None:
    dag = dagbag.dags["zakaz_etl"]
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
        "vk_fetch": {"build_dm_vk"},
        "qtickets_fetch": {"build_dm_vk"},
        "build_dm_vk": {"build_dm_sales"},
        "build_dm_sales": {"healthcheck"},
        "healthcheck": set(),
    }
    assert dag.task_group.children["fetch"].children.keys() == {"vk_fetch", "qtickets_fetch"}
    # A source that is not set up is skipped, and the chain goes on.
    rules = {task.task_id: state_name(task.trigger_rule) for task in dag.tasks}
    assert rules == {**dict.fromkeys(CHAIN, "none_failed"), "vk_fetch": "all_success", "qtickets_fetch": "all_success"}


def test_a_backfill_goes_through_the_same_chain(dagbag: DagBag) -> None:
    dag = dagbag.dags["zakaz_backfill"]
    day = dagbag.dags["zakaz_etl"]
    for task_id in CHAIN:
        ours, theirs = dag.get_task(task_id), day.get_task(task_id)
        assert ours.operator_class is type(theirs)
        assert ours.pool == theirs.pool
        assert ours.downstream_task_ids - {"report"} == theirs.downstream_task_ids


def test_how_far_a_scheduled_run_looks_back() -> None:
    limits = Settings(lookback_days=7, sales_lookback_days=30)
    assert {stage: lookback_days(stage, limits) for stage in STAGES} == {
        "vk_fetch": 7,
        "qtickets_fetch": 30,
        "build_dm_vk": 7,
        "build_dm_sales": 30,
        "healthcheck": 30,
    }


def test_every_task_is_limited_told_and_explained(dagbag: DagBag) -> None:
    for dag in dagbag.dags.values():
        assert dag.doc_md
        assert dag.tags
        assert dag.max_active_runs > 1, "a run that hangs would stop the daily one"
        for task in dag.tasks:
            assert task.execution_timeout == (BACKUP_LIMIT if dag.dag_id == "zakaz_backup" else TASK_LIMIT)
            # The watchdog comes again by itself, and a trouble must not wait for its retries.
            assert task.retries == (0 if task.task_id == "watchdog" else len(RETRY_DELAYS))
            assert isinstance(task.retry_policy, RetryWhatMayHeal)
            told = [] if task.task_id in SILENT else [alert_on_failure]
            assert task.on_failure_callback in (told, alert_on_failure if told else None)
            assert task.doc_md
            assert task.owner == "data"


def test_backups_are_scheduled_where_they_are_kept_and_nowhere_else(
    dagbag: DagBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dagbag.dags["zakaz_backup"].schedule is None
    monkeypatch.setenv("BACKUP_KEEP", "14")
    settings.cache_clear()
    (dag,) = DagBag(dag_folder=DAGS / "zakaz_backup.py").dags.values()
    settings.cache_clear()
    assert (dag.schedule, dag.timezone.name) == ("30 3 * * *", "Europe/Moscow")
    assert dag.get_task("backup").downstream_task_ids == {"restore_check"}


def test_it_survives_the_metadata_database(dagbag: DagBag) -> None:
    """The scheduler and the web server read this, not the file: the timetable must be registered by the plugin."""
    restored = DagSerialization.from_dict(DagSerialization.to_dict(dagbag.dags["zakaz_etl"]))
    assert isinstance(restored.timetable, MoscowDayTimetable)
    assert restored.timetable.summary == "daily 05:35 Moscow"


def fresh_interpreter(tmp_path: Path, code: str) -> str:
    """Run code with no connection, no variable, no metadata database, and every socket closed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_CONN_")}
    environment |= {
        "AIRFLOW_HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(PROJECT_DIR / "plugins"), str(DAGS)]),
    }
    closed = (
        "import socket\n"
        "def closed(*a, **k): raise RuntimeError('a socket was opened')\n"
        "socket.socket.connect = closed\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", closed + code], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("dag_id", TASKS)
def test_reading_a_file_opens_nothing_and_is_light(tmp_path: Path, dag_id: str) -> None:
    code = f"""
import sys
from airflow.models import Connection, Variable
def refuse(*a, **k): raise RuntimeError('a connection or variable was read')
Connection.get_connection_from_secrets = refuse
Variable.get = refuse
import {dag_id}
print(sorted(set({FORBIDDEN!r}) & set(sys.modules)), [task.task_id for task in {dag_id}.dag.tasks])
"""
    assert fresh_interpreter(tmp_path, code).strip().splitlines()[-1] == f"[] {TASKS[dag_id]}"


def test_the_plugin_loader_runs_one_file_only(tmp_path: Path) -> None:
    code = """
from airflow import plugins_manager
plugins_manager.ensure_plugins_loaded()
ours = [plugin["name"] for plugin in plugins_manager.get_plugin_info() if "zakaz" in str(plugin["source"])]
print(ours, plugins_manager.get_import_errors())
"""
    assert fresh_interpreter(tmp_path, code).strip().splitlines()[-1] == "['zakaz'] {}"
