"""What Airflow knows and no callback tells of, seen by a run of zakaz_watchdog and by `bin/zakaz watchdog`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from airflow.jobs.job import Job, JobState
from airflow.models import DagModel
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

from faults.conftest import Judge, PutRun
from faults.place import Place
from made_runs import DAY, attempt, put_run
from zakaz.cli.commands.watchdog import watchdog as command
from zakaz.days import last_complete_day as yesterday
from zakaz.orchestration.attempts import WAREHOUSE

Watchdog = Callable[[], None]
pytestmark = pytest.mark.usefixtures("no_token_kept")


@pytest.fixture
def good_days(place: Place) -> None:
    for back in range(2):
        day = yesterday() - timedelta(days=back)
        put_run(place.warehouse, attempt("healthcheck", day), "ok", day=day)


@pytest.fixture(params=["task", "outside"])
def look(request: pytest.FixtureRequest, place: Place, watchdog: Watchdog) -> Iterator[Watchdog]:
    """Either watchdog, with a scheduler that lives."""
    with create_session() as session:
        job = Job(job_type="SchedulerJob", state=JobState.RUNNING)
        job.latest_heartbeat = datetime.now(UTC)
        session.add(job)
    yield watchdog if request.param == "task" else look_from_outside
    with create_session() as session:
        session.query(Job).filter(Job.job_type == "SchedulerJob").delete()


def look_from_outside() -> None:
    assert command.main([], standalone_mode=False) in (0, 2)


def stale(place: Place) -> str:
    (message,) = [message["plain"] for message in place.sandbox.messages() if "Нет данных" in message["plain"]]
    return str(message)


@pytest.mark.usefixtures("good_days")
def test_a_chain_that_failed_upstream_is_one_message(
    place: Place, put_airflow_run: PutRun, look: Watchdog, judge: Judge
) -> None:
    """Its first task never had a process, and so no row: it was marked as failed while it was queued."""
    behind = dict.fromkeys(("build_dm_vk", "build_dm_sales", "healthcheck"), "upstream_failed")
    tasks = {"vk_fetch": "failed", "qtickets_fetch": "skipped", **behind}
    run_id = put_airflow_run(DagRunType.SCHEDULED, "failed", hours_ago=0.1, tasks=tasks)
    for _ in range(2):
        look()
    assert [alert for alert in place.alerts() if alert[1] == "RUN_FAILED"] == [("vk_fetch", "RUN_FAILED", "sent")]
    assert place.heads("ошибка") == ["🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"]
    (message,) = [message["plain"] for message in place.sandbox.messages() if "ошибка" in message["plain"]]
    assert run_id in message
    judge(place)


@pytest.mark.usefixtures("good_days")
@pytest.mark.parametrize("is_ours", [True, False], ids=["in this warehouse", "in another"])
def test_a_failure_is_told_by_the_watchdog_of_its_warehouse(
    place: Place, put_airflow_run: PutRun, look: Watchdog, is_ours: bool
) -> None:
    """The sandbox and the real sources share Airflow's database."""
    run_id = put_airflow_run(DagRunType.SCHEDULED, "failed", hours_ago=0.1, tasks={"vk_fetch": "failed"})
    where = place.warehouse.identity if is_ours else "warehouse-sandbox-0a1b2c3d"
    XComModel.set(WAREHOUSE, where, dag_id="zakaz_etl", task_id="vk_fetch", run_id=run_id, serialize=False)
    look()
    assert ("vk_fetch" in [job for job, *_ in place.alerts()]) == is_ours


@pytest.mark.parametrize("is_paused", [True, False], ids=["paused", "no run"])
def test_a_day_without_any_run(place: Place, look: Watchdog, judge: Judge, is_paused: bool) -> None:
    with create_session() as session:
        session.get(DagModel, "zakaz_etl").is_paused = is_paused
    try:
        for _ in range(2):
            look()
    finally:
        with create_session() as session:
            session.get(DagModel, "zakaz_etl").is_paused = False
    assert [alert for alert in place.alerts() if alert[1] == "STALE"] == [("zakaz_etl", "STALE", "sent")]
    cause = "DAG на паузе: его никто не запускает" if is_paused else "запуска за этот день не было"
    assert f"Причина: {cause}\n" in stale(place)
    assert "Планировщик" not in stale(place)
    assert "Проверено снаружи" not in stale(place)
    judge(place)


def test_a_scheduler_that_is_dead_is_named_from_outside(place: Place, judge: Judge) -> None:
    look_from_outside()
    assert "Планировщик Airflow не подаёт признаков жизни" in stale(place)
    judge(place)


def test_a_stuck_backfill_run_is_told_once_and_named_by_the_missing_day(
    place: Place, put_airflow_run: PutRun, look: Watchdog, judge: Judge
) -> None:
    backfill = DagRunType.BACKFILL_JOB
    stuck = put_airflow_run(backfill, "running", hours_ago=3, tasks={"vk_fetch": "success"})
    at_work, young = (DAY - timedelta(days=back) for back in (1, 2))
    put_airflow_run(backfill, "running", hours_ago=3, tasks={"vk_fetch": "running"}, day=at_work)
    put_airflow_run(backfill, "running", hours_ago=1, tasks={"vk_fetch": "scheduled"}, day=young)
    for _ in range(2):
        look()
    assert place.heads("завис") == ["🟡 Запуск за 20 ноября 2026 завис"]
    assert ("airflow", "STALE", "sent") in place.alerts()
    assert f"Завис запуск за 20 ноября 2026 ({stuck}): «running» с " in stale(place)
    assert stale(place).count("Завис запуск") == 1
    judge(place)
