"""What stands in Airflow's own database and no callback tells of, seen by a run of zakaz_watchdog."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

if not IS_AIRFLOW_2:
    pytest.skip("no task of Airflow 3 may ask its database: tests/alerts/test_watch.py", allow_module_level=True)

from airflow.jobs.job import Job
from airflow.models import DagModel
from airflow.utils.session import create_session
from airflow.utils.state import JobState
from airflow.utils.types import DagRunType

from faults.conftest import Judge, PutRun
from faults.place import Place
from made_runs import DAY, attempt, put_run
from zakaz.days import last_complete_day

YESTERDAY = last_complete_day()
Watchdog = Callable[[], None]
pytestmark = pytest.mark.usefixtures("no_token_kept")


@pytest.fixture
def good_days(place: Place) -> None:
    for back in range(2):
        day = YESTERDAY - timedelta(days=back)
        put_run(place.warehouse, attempt("healthcheck", day), "ok", day=day)


@pytest.fixture
def scheduler_lives(place: Place) -> None:
    with create_session() as session:
        job = Job(job_type="SchedulerJob", state=JobState.RUNNING)
        job.latest_heartbeat = datetime.now(UTC)
        session.add(job)


@pytest.fixture(autouse=True)
def no_scheduler(metadata: None) -> None:
    with create_session() as session:
        session.query(Job).filter(Job.job_type == "SchedulerJob").delete()


def stale(place: Place) -> str:
    (message,) = [message["plain"] for message in place.sandbox.messages() if "Нет данных" in message["plain"]]
    return str(message)


@pytest.mark.usefixtures("good_days", "scheduler_lives")
def test_a_chain_that_failed_upstream_is_one_message(
    place: Place, put_airflow_run: PutRun, watchdog: Watchdog, judge: Judge
) -> None:
    """Its first task never had a process, and so no row: it was marked as failed while it was queued."""
    behind = dict.fromkeys(("build_dm_vk", "build_dm_sales", "healthcheck"), "upstream_failed")
    tasks = {"vk_fetch": "failed", "qtickets_fetch": "skipped", **behind}
    run_id = put_airflow_run(DagRunType.SCHEDULED, "failed", hours_ago=0.1, tasks=tasks)
    for _ in range(2):
        watchdog()
    assert [alert for alert in place.alerts() if alert[1] == "RUN_FAILED"] == [("vk_fetch", "RUN_FAILED", "sent")]
    assert place.heads("ошибка") == ["🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"]
    (message,) = [message["plain"] for message in place.sandbox.messages() if "ошибка" in message["plain"]]
    assert run_id in message
    judge(place)


@pytest.mark.usefixtures("scheduler_lives")
@pytest.mark.parametrize("is_paused", [True, False], ids=["paused", "no run"])
def test_a_day_without_any_run(place: Place, watchdog: Watchdog, judge: Judge, is_paused: bool) -> None:
    with create_session() as session:
        session.get(DagModel, "zakaz_etl").is_paused = is_paused
    try:
        for _ in range(2):
            watchdog()
    finally:
        with create_session() as session:
            session.get(DagModel, "zakaz_etl").is_paused = False
    assert [alert for alert in place.alerts() if alert[1] == "STALE"] == [("zakaz_etl", "STALE", "sent")]
    cause = "DAG на паузе: его никто не запускает" if is_paused else "запуска за этот день не было"
    assert f"Причина: {cause}\n" in stale(place)
    assert "Планировщик" not in stale(place)
    assert "Проверено снаружи" not in stale(place)
    judge(place)


def test_a_scheduler_that_is_dead_is_named(place: Place, watchdog: Watchdog, judge: Judge) -> None:
    watchdog()
    assert "Планировщик Airflow не подаёт признаков жизни" in stale(place)
    judge(place)


@pytest.mark.usefixtures("scheduler_lives")
def test_a_stuck_backfill_run_is_told_once_and_named_by_the_missing_day(
    place: Place, put_airflow_run: PutRun, watchdog: Watchdog, judge: Judge
) -> None:
    backfill = DagRunType.BACKFILL_JOB
    stuck = put_airflow_run(backfill, "running", hours_ago=3, tasks={"vk_fetch": "up_for_retry"})
    at_work, young = (DAY - timedelta(days=back) for back in (1, 2))
    put_airflow_run(backfill, "running", hours_ago=3, tasks={"vk_fetch": "running"}, day=at_work)
    put_airflow_run(backfill, "running", hours_ago=1, tasks={"vk_fetch": "scheduled"}, day=young)
    for _ in range(2):
        watchdog()
    assert place.heads("Запуск завис") == [f"🟡 Запуск завис: {stuck}"]
    assert ("airflow", "STALE", "sent") in place.alerts()
    assert f"Завис запуск {stuck}: «running» с " in stale(place)
    assert stale(place).count("Завис запуск") == 1
    judge(place)
