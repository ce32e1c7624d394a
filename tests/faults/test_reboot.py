"""The machine reboots while the morning's run is at work: the day is green without a human."""

import pytest

from faults.conftest import Judge
from faults.installation import Installation
from zakaz.days import last_complete_day as yesterday
from zakaz.registry.lost import LOST

pytestmark = pytest.mark.timeout(600)
GOOD = "SELECT 1 FROM meta.v_good_days WHERE job = 'healthcheck' AND day = {day:Date}"


def begin_the_morning_run(installation: Installation) -> None:
    installation.until_known("zakaz_etl")
    installation.console.run(
        "from airflow.utils.types import DagRunType\n"
        "from airflow.utils.session import create_session\n"
        "import our_dags\n"
        "from zakaz.days import last_complete_day\n"
        "with create_session() as session:\n"
        "    run_type, day = DagRunType.SCHEDULED, last_complete_day()\n"
        "    our_dags.make_run('zakaz_etl', run_type, day, state='queued', session=session)"
    )


def let_it_be_later(installation: Installation) -> None:
    """A machine takes longer to come back than Airflow takes to call a scheduler dead."""
    installation.console.run(
        "from datetime import timedelta\n"
        "from airflow.jobs.job import Job\n"
        "from airflow.utils.session import create_session\n"
        "with create_session() as session:\n"
        "    for job in session.query(Job):\n"
        "        job.latest_heartbeat -= timedelta(minutes=5)"
    )


def test_a_reboot_at_twenty_to_six(installation: Installation, judge: Judge) -> None:
    installation.forget_airflow_runs()
    installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", times=1, seconds=300)
    with installation.scheduling() as scheduler:
        begin_the_morning_run(installation)
        installation.task_process(scheduler, "vk_fetch")
        installation.until(lambda: installation.is_asking("statistics/banners"), 60, "a call that hangs")
        installation.until(lambda: installation.is_asking("/api/rest/v1"), 60, "the other source")
    # The end of the block kills each service with all its children, at once and without a word.
    assert installation.runs() == [("running", "", 1)]
    let_it_be_later(installation)
    with installation.scheduling():
        installation.watchdog()  # it comes before the retry
        assert installation.runs()[0] == ("error", LOST, 1)
        installation.until(lambda: installation.warehouse.execute(GOOD, {"day": yesterday()}), 420, "a green day")
    installation.watchdog()
    assert installation.runs() == [("error", LOST, 1), ("ok", "", 2)]
    assert [alert for alert in installation.alerts() if alert[0] != "zakaz_etl"] == []
    assert installation.heads("ошибка") == []
    judge(installation)
