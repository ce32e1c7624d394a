"""A backfill without a scheduler: which days are done, what stands in Airflow and in the registry, what is said."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.configuration import conf
from airflow.jobs.job import Job
from sqlalchemy.exc import OperationalError

import our_dags
from orchestration.conftest import CarryOut, Runs
from sandbox import Sandbox
from zakaz import airflow_internals
from zakaz.days import last_complete_day
from zakaz.errors import DaysAreBusy, TransientError
from zakaz.orchestration import backfill, backfill_runs, local_runner, runs
from zakaz.orchestration.console import Work
from zakaz.orchestration.local_runner import claim
from zakaz.orchestration.rerun import Rerun
from zakaz.orchestration.timetable import MoscowDayTimetable
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook

FIRST, SECOND, THIRD = (date(2026, 11, number) for number in (3, 4, 5))
pytestmark = pytest.mark.timeout(300)


def attempts(warehouse: WarehouseHook) -> list[tuple[str, str, str, int]]:
    rows = warehouse.execute(
        "SELECT toString(from_date), job, status, try_number FROM meta.etl_runs FINAL ORDER BY started_at, job"
    )
    return [tuple(row) for row in rows]


def states(airflow_runs: Runs) -> dict[str, str]:
    return {run_id: str(run.state) for run_id, run in airflow_runs().items()}


def backfill_id(day: date) -> str:
    return f"backfill__{day}T00:00:00+03:00"


def test_the_days_are_airflow_s_own_backfill_runs(
    carry_out: CarryOut, airflow_runs: Runs, warehouse: WarehouseHook, work: Work
) -> None:
    began = datetime.now(UTC)
    outcomes = carry_out([FIRST, SECOND])
    assert [(one.day, one.is_loaded, one.was_done, one.error) for one in outcomes] == [
        (FIRST, True, True, ""),
        (SECOND, True, True, ""),
    ]
    assert {(day, job, status) for day, job, status, _ in attempts(warehouse)} == {
        (str(day), job, "ok") for day in (FIRST, SECOND) for job in STAGES
    }
    found = airflow_runs()
    assert list(found) == [backfill_id(FIRST), backfill_id(SECOND)], "an id names the day, not the next morning"
    for run in found.values():
        assert (run.run_type, run.state, run.backfill_id is not None) == ("backfill", "success", True)
        assert run.start_date >= began, "the grid must not show a day that was run here as 24 hours long"
    assert [run.note for run in found.values()] == ["Данные за 3 ноября 2026", "Данные за 4 ноября 2026"]
    with airflow_internals.create_session() as session:
        (made,) = session.query(airflow_internals.Backfill).all()
        assert made.completed_at is not None
    said = work.terminal[0].getvalue()
    assert f"{FIRST}  ok" in said
    assert said.count("\n") == 3


def test_days_that_ran_are_left_alone_until_a_reset(
    carry_out: CarryOut, airflow_runs: Runs, warehouse: WarehouseHook
) -> None:
    carry_out([FIRST])
    (outcome,) = carry_out([FIRST])
    assert (outcome.is_loaded, outcome.was_done) == (True, False)
    assert len(attempts(warehouse)) == len(STAGES)
    (outcome,) = carry_out([FIRST], rerun=Rerun.EVERYTHING)
    assert (outcome.is_loaded, outcome.was_done) == (True, True)
    assert [number for *_, number in attempts(warehouse)] == [1] * len(STAGES) + [2] * len(STAGES)
    assert len(airflow_runs()) == 1


def test_a_day_that_was_only_marked_as_success_is_not_loaded(carry_out: CarryOut) -> None:
    carry_out([FIRST], stage="vk_fetch")
    (outcome,) = carry_out([FIRST])
    assert not outcome.is_loaded
    assert outcome.error.startswith("its run was success before and was left alone (--reset-dagruns -y does it again)")


def test_after_a_day_that_failed_no_further_one_begins(
    carry_out: CarryOut, airflow_runs: Runs, sandbox: Sandbox, warehouse: WarehouseHook
) -> None:
    """Then the same command does the others, and --rerun-failed-tasks what failed and nothing else."""
    sandbox.fault("vk_ads", "403")
    first, second = carry_out([FIRST, SECOND])
    assert "vk" in first.error.lower()
    assert (first.was_done, second.was_done, second.error) == (True, False, "not begun")
    assert states(airflow_runs) == {backfill_id(FIRST): "failed"}, "a day that was not begun leaves nothing behind"
    sandbox.clear_faults()
    first, second = carry_out([FIRST, SECOND])
    assert (first.is_loaded, second.is_loaded) == (False, True)
    assert first.error.startswith("its run was failed before and was left alone (--rerun-failed-tasks does it again): ")
    before = len(attempts(warehouse))
    (outcome, _) = carry_out([FIRST, SECOND], rerun=Rerun.FAILED)
    assert outcome.is_loaded
    assert [job for _, job, *_ in attempts(warehouse)[before:]] == [job for job in STAGES if job != "qtickets_fetch"]


def test_a_task_that_may_heal_is_tried_again_and_told(
    carry_out: CarryOut, sandbox: Sandbox, warehouse: WarehouseHook
) -> None:
    sandbox.fault("vk_ads", "500")
    (outcome,) = carry_out([FIRST], stage="vk_fetch")
    assert "HTTP 500" in outcome.error
    assert [number for *_, number in attempts(warehouse)] == [1, 2]
    (message,) = sandbox.messages()
    assert "попытка 2" in message["plain"]


def test_continue_on_failures_does_all_days(carry_out: CarryOut, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "403", path="banners", times=1)
    outcomes = carry_out([FIRST, SECOND, THIRD], stage="vk_fetch", goes_on_after_failure=True)
    assert [one.is_loaded for one in outcomes] == [False, True, True]


def test_backwards_begins_with_the_last_day(carry_out: CarryOut, warehouse: WarehouseHook) -> None:
    carry_out([SECOND, FIRST], stage="vk_fetch")
    days = [day for day, *_ in attempts(warehouse)]
    assert days == sorted(days, reverse=True)


def test_chosen_tasks_alone(carry_out: CarryOut, warehouse: WarehouseHook) -> None:
    (outcome,) = carry_out([FIRST], stage="vk_fetch,build_dm_vk")
    assert outcome.is_loaded, "judged by the last task that was asked for"
    assert [job for _, job, *_ in attempts(warehouse)] == ["vk_fetch", "build_dm_vk"]


def test_a_fetch_alone_is_red_for_what_it_lacks(
    carry_out: CarryOut, warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    sandbox.fault("qtickets", "wrong_types")
    (outcome,) = carry_out([FIRST], stage="qtickets_fetch")
    assert not outcome.is_loaded
    assert warehouse.execute("SELECT job, status FROM meta.etl_runs FINAL") == [("qtickets_fetch", "error")]


def test_a_run_that_is_at_work_is_named_and_nothing_is_done(carry_out: CarryOut, sandbox: Sandbox) -> None:
    with airflow_internals.create_session() as session:
        run = our_dags.make_run(
            "zakaz_etl", airflow_internals.DagRunType.SCHEDULED, FIRST, state="running", session=session
        )
        for task_instance in run.task_instances:
            task_instance.state, task_instance.last_heartbeat_at = "running", datetime.now(UTC)
        busy = run.run_id
    with pytest.raises(DaysAreBusy, match=rf"{busy.replace('+', '.')} of zakaz_etl is at work .*: nothing was done"):
        carry_out([FIRST, SECOND])
    assert sandbox.requests()["counts"] == {}


def test_what_a_dead_scheduler_left_is_taken_over(carry_out: CarryOut, airflow_runs: Runs) -> None:
    """Its run of the day is done as a backfill: that day and no other."""
    with airflow_internals.create_session() as session:
        run = our_dags.make_run(
            "zakaz_etl", airflow_internals.DagRunType.SCHEDULED, FIRST, state="running", session=session
        )
        for task_instance in run.task_instances:
            task_instance.state = "running"
            task_instance.last_heartbeat_at = datetime.now(UTC) - timedelta(minutes=10)
    (outcome,) = carry_out([FIRST])
    assert outcome.is_loaded
    assert [(run.run_type, run.state) for run in airflow_runs().values()] == [("backfill", "success")]


def test_what_a_killed_backfill_left_is_gone_on_with(
    carry_out: CarryOut, airflow_runs: Runs, warehouse: WarehouseHook
) -> None:
    """As after kill -9: an open backfill, a day at work, and one that did not begin."""
    days = [FIRST, SECOND]
    made = backfill_runs.make("zakaz_etl", days, "all", Rerun.NOTHING, 1, is_served=False)
    with airflow_internals.create_session() as session:
        run = session.get_one(airflow_internals.DagRun, made.runs[FIRST])
        run.state = "running"
        (cut,) = (one for one in run.task_instances if one.task_id == "vk_fetch")
        cut.state, cut.try_number = "running", 1
    assert all(outcome.is_loaded for outcome in carry_out(days))
    assert list(states(airflow_runs).values()) == ["success", "success"]
    first_day = [(job, number) for day, job, _, number in attempts(warehouse) if day == str(FIRST)]
    assert ("vk_fetch", 2) in first_day, "what was cut off is tried again, under a number of its own"
    with airflow_internals.create_session() as session:
        assert all(one.completed_at for one in session.query(airflow_internals.Backfill))


@pytest.fixture
def scheduler(airflow: None) -> Iterator[Any]:
    """A scheduler that gave a sign of life 28 seconds ago: Airflow believes in it for two more."""
    with airflow_internals.create_session() as session:
        job = Job(job_type="SchedulerJob", state="running")
        job.latest_heartbeat = datetime.now(UTC) - timedelta(seconds=28)
        session.add(job)
        session.flush()
        number = job.id
    yield number
    with airflow_internals.create_session() as session:
        session.delete(session.get_one(Job, number))


def test_a_scheduler_that_dies_in_the_middle_is_noticed(
    carry_out: CarryOut, airflow_runs: Runs, scheduler: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "SCHEDULER_AWAY", timedelta(seconds=1))
    monkeypatch.setattr(backfill, "END_SECONDS", 0)
    with pytest.raises(TransientError, match="Airflow's scheduler gave no sign of life since"):
        carry_out([FIRST, SECOND])
    assert airflow_runs() == {}, "what nobody began is not left behind"
    with airflow_internals.create_session() as session:
        assert all(one.completed_at for one in session.query(airflow_internals.Backfill))


def test_a_paused_dag_is_done_here_whatever_scheduler_lives(carry_out: CarryOut, scheduler: int) -> None:
    """As in Airflow 2.11: the scheduler leaves its runs alone."""
    with airflow_internals.create_session() as session:
        session.get_one(airflow_internals.DagModel, "zakaz_etl").is_paused = True
    try:
        (outcome,) = carry_out([FIRST], stage="vk_fetch")
    finally:
        with airflow_internals.create_session() as session:
            session.get_one(airflow_internals.DagModel, "zakaz_etl").is_paused = False
    assert outcome.is_loaded


def test_a_database_that_does_not_answer_once_ends_no_wait(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [OperationalError("locked", None, Exception()), False, True]

    def is_over() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    assert local_runner.wait_for(is_over, work.stop)
    assert answers == []
    monkeypatch.setattr(local_runner, "SILENT_SECONDS", 0)
    answers[:] = [OperationalError("locked", None, Exception())]
    with pytest.raises(OperationalError):
        local_runner.wait_for(is_over, work.stop)


def test_airflow_s_backfill_of_somebody_else_is_named(carry_out: CarryOut) -> None:
    made = backfill_runs.make("zakaz_etl", [FIRST], "all", Rerun.NOTHING, 1, is_served=True)
    with airflow_internals.create_session() as session:
        session.get_one(airflow_internals.Backfill, made.backfill_id).triggering_user_name = "admin"
    with pytest.raises(
        DaysAreBusy, match=rf"backfill {made.backfill_id} of zakaz_etl \({FIRST}, by admin\) is not over"
    ):
        carry_out([SECOND])


def test_yesterday_can_be_done_before_the_hour_of_the_schedule(airflow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler starts no run before its `run_after`: a backfill given at night would wait until the morning."""
    late = MoscowDayTimetable(time(23, 59), 7)
    monkeypatch.setattr(MoscowDayTimetable, "deserialize", lambda _: late)
    day = last_complete_day()
    made = backfill_runs.make("zakaz_etl", [day], "all", Rerun.NOTHING, 1, is_served=True)
    with airflow_internals.create_session() as session:
        assert session.get_one(airflow_internals.DagRun, made.runs[day]).run_after <= datetime.now(UTC)
    backfill_runs.close(made.backfill_id)


def test_a_day_that_is_cleared_later_is_taken_up_by_a_scheduler(carry_out: CarryOut) -> None:
    carry_out([FIRST], stage="vk_fetch")
    with airflow_internals.create_session() as session:
        session.get_one(airflow_internals.DagModel, "zakaz_etl").is_paused = False
        runs.serialized_dag("zakaz_etl", session).clear(run_id=backfill_id(FIRST), session=session)
        session.flush()
        waiting = airflow_internals.DagRun.get_queued_dag_runs_to_set_running(session)
        assert [run.run_id for run in waiting] == [backfill_id(FIRST)]


def test_a_task_is_claimed_once(airflow: None) -> None:
    made = backfill_runs.make("zakaz_etl", [FIRST], "all", Rerun.NOTHING, 1, is_served=False)
    with (
        airflow_internals.create_session(scoped=False) as ours,
        airflow_internals.create_session(scoped=False) as theirs,
    ):
        one, other = (
            session.query(airflow_internals.TaskInstance).filter_by(run_id=backfill_id(FIRST), task_id="vk_fetch").one()
            for session in (ours, theirs)
        )
        theirs.commit()
        assert claim(one, ours)
        assert not claim(other, theirs)
    backfill_runs.close(made.backfill_id)


def test_each_task_s_log_is_where_the_web_ui_looks(carry_out: CarryOut) -> None:
    carry_out([FIRST])
    logs = Path(conf.get("logging", "base_log_folder")) / "dag_id=zakaz_etl" / f"run_id={backfill_id(FIRST)}"
    assert {file.parent.name: file.name for file in logs.rglob("*.log")} == {
        f"task_id={stage}": "attempt=1.log" for stage in STAGES
    }
