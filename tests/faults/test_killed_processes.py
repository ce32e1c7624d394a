"""Faults done to real processes of a real Airflow: each leaves its row, is tried again, and is told if that is over."""

from datetime import date

import psutil
import pytest

from faults.conftest import Verdict
from faults.installation import Installation
from zakaz.errors import TERMINATED
from zakaz.registry.lost import LOST

pytestmark = pytest.mark.timeout(300)


PARSE = "from airflow.sdk.timezone import parse"
DAG = "from airflow.models.serialized_dag import SerializedDagModel\ndag = SerializedDagModel.get_dag('zakaz_etl')"
TOLD_TO_END = f"TaskTerminated: {TERMINATED}"


def hang(installation: Installation) -> None:
    """Let the next vk_fetch wait for VK for ever."""
    installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", times=1, seconds=120)


def until_it_hangs(installation: Installation, process: psutil.Process) -> psutil.Process:
    task = installation.task_process(process, "vk_fetch")
    installation.until(lambda: installation.is_asking("statistics/banners"), 60, "a call that hangs")
    return task


class Run:
    """A run under the scheduler whose vk_fetch hangs."""

    def __init__(self, installation: Installation, scheduler: psutil.Process, day: str) -> None:
        self.installation = installation
        self.day = date.fromisoformat(day)
        self.run_id = f"manual__{day}"
        hang(installation)
        installation.until_known("zakaz_etl")
        installation.console.run(
            "from airflow.api.client.local_client import Client\n"
            "from airflow.models import TaskInstance\n"
            "from airflow.utils.session import create_session\n"
            f"{PARSE}\n"
            f"Client(None).trigger_dag('zakaz_etl', {self.run_id!r}, None, parse('{day}T00:00:00+03:00'))\n"
            # The executor does one task at a time, and the other source takes as long as this one.
            "with create_session() as session:\n"
            f"    other = session.query(TaskInstance).filter_by(run_id={self.run_id!r}, task_id='qtickets_fetch')\n"
            "    other.update({'state': 'success'})"
        )
        self.task = until_it_hangs(installation, scheduler)

    def state(self, task_id: str = "vk_fetch") -> str:
        """Airflow's own word on a task."""
        ((state,),) = self.installation.ask_airflow(
            "SELECT state FROM task_instance WHERE run_id = ? AND task_id = ?", self.run_id, task_id
        )
        return str(state)

    def until_it_ends(self) -> None:
        """Wait for the whole run."""
        ended = "SELECT 1 FROM dag_run WHERE run_id = ? AND state IN ('success', 'failed')"
        try:
            self.installation.until(
                lambda: self.installation.ask_airflow(ended, self.run_id), 120, "the end of the run"
            )
        except AssertionError as error:
            tasks = "SELECT task_id, state, try_number FROM task_instance WHERE run_id = ?"
            error.add_note(str(self.installation.ask_airflow(tasks, self.run_id)))
            raise

    def until(self, state: str) -> None:
        """Wait for Airflow to say so."""
        self.installation.until(lambda: self.state() == state, 90, f"vk_fetch {state}")

    def change(self, line: str) -> None:
        """Change vk_fetch, which is called `task`, in Airflow's database."""
        self.installation.console.run(
            "from datetime import timedelta\n"
            "from airflow.models import TaskInstance\n"
            "from airflow.utils.session import create_session\n"
            "with create_session() as session:\n"
            f"    task = session.query(TaskInstance).filter_by(run_id={self.run_id!r}, task_id='vk_fetch').one()\n"
            f"    {line}"
        )


def test_a_task_that_is_killed_is_tried_again_and_nobody_is_woken(
    installation: Installation, scheduler: psutil.Process, verdict: Verdict
) -> None:
    run = Run(installation, scheduler, "2026-11-05")
    run.task.kill()
    run.until("up_for_retry")
    installation.watchdog()
    assert installation.runs() == [("error", LOST, 1)]
    run.change("task.end_date -= timedelta(minutes=20)")
    run.until("success")
    run.until_it_ends()
    verdict(run.day, [("error", LOST, 1), ("ok", "", 2)], is_told=False)


def test_a_task_whose_worker_is_shut_down_is_tried_again(
    installation: Installation, scheduler: psutil.Process, verdict: Verdict
) -> None:
    run = Run(installation, scheduler, "2026-11-09")
    run.task.terminate()
    run.until("success")
    run.until_it_ends()
    verdict(run.day, [("error", TOLD_TO_END, 1), ("ok", "", 2)], is_told=False)


def test_a_worker_that_is_lost_at_the_last_try_is_told(
    installation: Installation, scheduler: psutil.Process, verdict: Verdict
) -> None:
    run = Run(installation, scheduler, "2026-11-06")
    run.change("task.max_tries = 0")
    supervisor = run.task.parent()
    assert supervisor is not None
    supervisor.kill()
    run.task.kill()
    run.until("failed")
    # Its callback runs in the DAG processor, which reads all DAG files in between.
    installation.until(installation.alerts, 150, "the alert")
    verdict(run.day, [("error", LOST, 1)], is_told=True)


def test_a_task_marked_failed_in_the_ui_is_not_tried_again(
    installation: Installation, scheduler: psutil.Process, verdict: Verdict
) -> None:
    run = Run(installation, scheduler, "2026-11-07")
    installation.console.run(
        f"{DAG}\n"
        "from airflow.api.common.mark_tasks import set_state\n"
        "from airflow.utils.state import TaskInstanceState\n"
        f"vk_fetch, run_id = dag.get_task('vk_fetch'), {run.run_id!r}\n"
        "set_state(tasks=[vk_fetch], run_id=run_id, state=TaskInstanceState.FAILED, commit=True)"
    )
    installation.until(lambda: installation.runs()[0][0] == "error", 60, "the end of the attempt")
    run.until_it_ends()
    assert run.state() == "failed"
    run.change("task.end_date -= timedelta(minutes=3)")
    verdict(run.day, [("error", TOLD_TO_END, 1)], is_told=True)


def test_a_task_cleared_in_the_ui_while_it_runs(
    installation: Installation, scheduler: psutil.Process, verdict: Verdict
) -> None:
    run = Run(installation, scheduler, "2026-11-08")
    which = f"run_id={run.run_id!r}"
    installation.console.run(
        f"{DAG}\n{PARSE}\nday = parse('2026-11-08T00:00:00+03:00')\ndag.clear(task_ids=['vk_fetch'], {which})"
    )
    # As its executor reports the end: at once, or after the retry delay.
    installation.until(lambda: run.state() in ("up_for_retry", "success"), 90, "the end of the first try")
    if run.state() == "up_for_retry":
        run.change("task.end_date -= timedelta(minutes=20)")
    run.until("success")
    run.until_it_ends()
    verdict(run.day, [("error", TOLD_TO_END, 1), ("ok", "", 2)], is_told=False)
