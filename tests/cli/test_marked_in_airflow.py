"""Whether a day is done is the registry's word at every door, whatever somebody marked or deleted in Airflow."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from airflow.api.common.mark_tasks import set_dag_run_state_to_success, set_state
from airflow.models import DagRun
from airflow.utils.db_cleanup import run_cleanup
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

import our_dags
from cli.conftest import Command, Zakaz
from made_runs import attempt, put_good_days, put_run
from orchestration.conftest import airflow as airflow
from sandbox import Sandbox
from zakaz import airflow_internals
from zakaz.alerts.digest import send_digest
from zakaz.alerts.schedule import Schedule
from zakaz.alerts.watch import watch
from zakaz.cli.commands import backfill as backfill_command
from zakaz.days import DayRange, moscow_day
from zakaz.days import last_complete_day as yesterday
from zakaz.orchestration import local_runner, runs
from zakaz.stages import DAG_ID
from zakaz.status_page.data import read
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 10)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
BACKFILL = ("-s", str(DAY), "-e", str(DAY), DAG_ID)
pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("airflow")]
Doors = Callable[[], dict[str, Any]]


@pytest.fixture(autouse=True)
def other_days(warehouse: WarehouseHook) -> None:
    """All other days are good."""
    put_good_days(warehouse, [DayRange(BEFORE, BEFORE), DayRange(AFTER, yesterday())])


@pytest.fixture
def doors(zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox) -> Doors:
    """Whether the day is missing, by everybody who tells of days."""

    def asked() -> dict[str, Any]:
        page = read({})
        (checked,) = [stage["cells"] for stage in page["stages"] if stage["job"] == "healthcheck"]
        (cell,) = [cell for cell in checked if cell["d"] == str(DAY)]
        plan = zakaz("backfill", "--from", str(BEFORE), "--to", str(AFTER), "--only-gaps", "--dry-run")[1]
        code, status, _ = zakaz("status")
        warehouse.execute("TRUNCATE TABLE meta.etl_alerts")
        send_digest(warehouse, yesterday())
        digest = sandbox.messages()[-1]["plain"].lower()
        missing = watch(warehouse, Schedule(is_known=True, is_scheduler_alive=True))
        told = f"не хватает дней: 1 ({DAY:%d.%m.%Y})"
        return {
            "gaps": zakaz("gaps")[0] == 2,
            "gaps of the day": zakaz("gaps", "--from", str(DAY), "--to", str(DAY))[0] == 2,
            "plan": "To do, 1 days" in plan,
            "status": code == 1 and told in status,
            "page": page["whole"]["light"] == "yellow" and told in page["whole"]["reason"],
            "calendar": cell["state"] != "good",
            "digest": told in digest,
            "watchdog": [one.day for one in missing] == [DAY],
        }

    return asked


def never_begun(_: WarehouseHook) -> str:
    """As `dags backfill -m` of Airflow 2 left it."""
    return "the run registry has no good run of it"


def failed(warehouse: WarehouseHook) -> str:
    """Its first task failed, and somebody would not see red."""
    put_run(warehouse, attempt("vk_fetch", DAY, "scheduled"), "error", day=DAY, err_msg="VK is down")
    return "VK is down"


def not_checked(warehouse: WarehouseHook) -> str:
    """All went well but for the check, which somebody marked."""
    for job in ("vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales"):
        put_run(warehouse, attempt(job, DAY, "scheduled"), "ok", day=DAY)
    put_run(warehouse, attempt("healthcheck", DAY, "scheduled"), "error", day=DAY, err_msg="MISMATCH")
    return "MISMATCH"


@pytest.mark.parametrize("what_was", [never_begun, failed, not_checked])
def test_a_day_that_was_only_marked_as_success_is_missing_until_it_is_done(
    command: Command, zakaz: Zakaz, doors: Doors, warehouse: WarehouseHook, what_was: Callable[[WarehouseHook], str]
) -> None:
    known = what_was(warehouse)
    with create_session() as session:
        run = our_dags.make_run(DAG_ID, DagRunType.SCHEDULED, DAY, state="failed", session=session)
        run_id, dag = run.run_id, runs.serialized_dag(DAG_ID, session)
        if what_was is not_checked:
            tasks = [dag.get_task(task) for task in dag.task_dict]
            set_state(tasks=tasks, run_id=run_id, state="success", commit=True, session=session)
        set_dag_run_state_to_success(dag=dag, run_id=run_id, commit=True, session=session)
    with create_session() as session:
        assert [run.state for run in session.query(DagRun)] == ["success"]

    assert set(doors().values()) == {True}, doors()
    for flag in ("--continue-on-failures", "--rerun-failed-tasks"):
        code, out, err = command(flag, *BACKFILL)
        assert code == 1
        assert "0 of 1 days are loaded" in out
        assert err == (
            f"{DAY}: its run was success before and was left alone (--reset-dagruns -y does it again): only marked so "
            f"by hand, or done in part: {known}\n"
        )
    code, out, err = command("--reset-dagruns", "-y", *BACKFILL)
    assert (code, err) == (0, "")
    assert "1 of 1 days are loaded" in out
    assert set(doors().values()) == {False}, doors()


def mark(task_instance: Any, _: Any) -> None:
    """A task that somebody marks never runs."""
    with airflow_internals.create_session(scoped=False) as session:
        session.get_one(airflow_internals.TaskInstance, task_instance.id).state = "success"


def test_what_is_marked_while_it_runs_is_not_done(
    command: Command, zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands that wait for it are not fooled."""
    monkeypatch.setattr(local_runner, "run_task", mark)
    code, out, err = command("--reset-dagruns", "-y", *BACKFILL)
    assert (code, "0 of 1 days are loaded" in out) == (1, True)
    assert err == f"{DAY}: the run registry has no good run of it\n"
    code, out, err = zakaz("backfill", "--from", str(DAY), "--to", str(DAY))
    assert (code, "0 of 1 days are good" in out) == (2, True)
    assert f"{DAY}: missing: no attempt of it ended" in err
    code, _, err = zakaz("run", "--date", str(DAY))
    assert (code, f"zakaz run: {DAY} is RED" in err) == (1, True)


def test_a_piece_whose_check_was_marked_is_not_done(
    zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = local_runner.run_task
    monkeypatch.setattr(backfill_command, "LONGEST_BY_DAYS", 0)
    monkeypatch.setattr(
        local_runner, "run_task", lambda one, task: (mark if task.task_id == "healthcheck" else real)(one, task)
    )
    code, out, err = zakaz("backfill", "--from", str(DAY), "--to", str(DAY))
    assert (code, f"{DAY}/{DAY}  failed\n" in out, "0 of 1 days are good" in out) == (2, True, True)
    assert f"{DAY}: missing: " in err


@pytest.mark.parametrize("was", ["failed", "deleted"])
def test_a_day_that_the_registry_has_is_done_whatever_became_of_its_run(
    command: Command, doors: Doors, warehouse: WarehouseHook, was: str
) -> None:
    code, _, err = command(*BACKFILL)
    assert (code, err) == (0, "")
    with create_session() as session:
        session.query(DagRun).one().state = "failed"
        # `airflow db clean` keeps the last one.
        our_dags.make_run(
            DAG_ID, DagRunType.SCHEDULED, AFTER, state="success", start_date=datetime.now(UTC), session=session
        )
    if was == "deleted":
        run_cleanup(
            clean_before_timestamp=datetime.now(UTC) + timedelta(minutes=1),
            table_names=["task_instance", "dag_run", "backfill_dag_run", "backfill"],
            confirm=False,
            skip_archive=True,
        )
        with create_session() as session:
            assert [moscow_day(run.logical_date) for run in session.query(DagRun)] == [AFTER]
    assert set(doors().values()) == {False}, doors()
    code, out, err = command(*BACKFILL)
    assert (code, err) == (0, "")
    assert "1 of 1 days are loaded" in out
