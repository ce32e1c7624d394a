"""`airflow dags backfill` with real processes: stopped, killed, called twice, met by a scheduler."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from faults.conftest import Judge
from faults.installation import Installation
from zakaz.registry.lost import LOST

FIRST, SECOND = "2026-10-05", "2026-10-06"
COMMAND = ("dags", "backfill", "-s", FIRST, "-e", SECOND, "-t", "^vk_fetch$", "-i", "zakaz_etl")
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """The installation, of which Airflow knows no run and no scheduler."""
    installation.forget_airflow_runs()
    return installation


def unfinished(installation: Installation) -> list[tuple[str, ...]]:
    """The runs, tasks and backfills that Airflow believes to go on."""
    going_on = "state IN ('running', 'queued', 'scheduled', 'restarting', 'up_for_retry')"
    return installation.ask_airflow(
        f"SELECT run_id, state FROM dag_run WHERE {going_on} "
        f"UNION ALL SELECT run_id, state FROM task_instance WHERE {going_on} "
        "UNION ALL SELECT id, 'backfill' FROM backfill WHERE completed_at IS NULL"
    )


def attempts(installation: Installation) -> list[tuple[str, str, int]]:
    rows = installation.warehouse.execute(
        "SELECT toString(from_date), status, try_number FROM meta.etl_runs FINAL ORDER BY started_at"
    )
    return [tuple(row) for row in rows]


def said(installation: Installation, since: int) -> str:
    return (installation.home / "output.log").read_text(errors="replace")[since:]


def log_size(installation: Installation) -> int:
    log = installation.home / "output.log"
    return len(log.read_text(errors="replace")) if log.exists() else 0


@contextmanager
def at_work(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """The command, whose first day waits for VK."""
    installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", seconds=120)
    with installation.running("bin/airflow", *COMMAND, HTTP_TIMEOUT_SECONDS="10") as process:
        installation.until(lambda: installation.is_asking("statistics/banners"), 60, "a call that hangs")
        assert attempts(installation) == [(FIRST, "running", 1)], "others get at the warehouse meanwhile"
        yield process
    installation.sandbox.clear_faults()


def test_stopped_in_order_and_gone_on_with(installation: Installation, judge: Judge) -> None:
    log = log_size(installation)
    with at_work(installation) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 1
    assert attempts(installation) == [(FIRST, "error", 1)]
    assert unfinished(installation) == []
    begun, *told = said(installation, log).splitlines()
    assert begun == "days to do: 2, here, since no scheduler serves the DAG"
    assert sorted(told[:-1]) == [
        "0 of 2 days are loaded",
        f"{FIRST}: stopped before its end",
        f"{SECOND}: stopped before its end",
    ]
    assert told[-1].startswith("log: /"), "and no line of Airflow's"
    assert installation.call("bin/airflow", *COMMAND) == 0
    assert attempts(installation)[1:] == [(FIRST, "ok", 2), (SECOND, "ok", 1)]
    assert unfinished(installation) == []
    judge(installation)


def test_called_twice_killed_and_gone_on_with(installation: Installation, judge: Judge) -> None:
    log = log_size(installation)
    with at_work(installation) as process:
        assert installation.call("bin/airflow", *COMMAND) == 1
        assert f"the backfill of {FIRST} to {SECOND} (process {process.pid}, since " in said(installation, log)
        process.kill()
        process.wait()
    assert unfinished(installation), "nobody could tidy up"
    assert installation.call("bin/airflow", *COMMAND) == 0
    assert attempts(installation) == [(FIRST, "error", 1), (FIRST, "ok", 2), (SECOND, "ok", 1)]
    assert ("error", LOST, 1) in installation.runs()
    assert unfinished(installation) == []
    judge(installation)


def test_a_scheduler_that_starts_in_the_middle_does_nothing_twice(installation: Installation, judge: Judge) -> None:
    log = log_size(installation)
    with at_work(installation) as process, installation.scheduling():
        installation.until_known("zakaz_etl")
        installation.sandbox.clear_faults()
        assert process.wait(timeout=150) == 0
        assert "a scheduler has started and goes on" in said(installation, log)
        assert attempts(installation) == [(FIRST, "ok", 1), (SECOND, "ok", 1)]
        assert unfinished(installation) == []
        judge(installation)
        # Now it does all of it from the beginning, and is told to stop.
        assert installation.call("bin/airflow", *COMMAND, "--reset-dagruns", "-y", seconds=200) == 0
        assert "days to do: 2, by the scheduler" in said(installation, log)
        assert sorted(attempts(installation)[2:]) == [(FIRST, "ok", 2), (SECOND, "ok", 2)]
        installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", seconds=120)
        with installation.running("bin/airflow", *COMMAND, "--reset-dagruns", "-y") as again:
            installation.until(lambda: "running" in str(attempts(installation)), 90, "a day at work")
            again.send_signal(signal.SIGTERM)
            assert again.wait(timeout=90) == 1
        installation.until(lambda: "running" not in str(attempts(installation)), 60, "the end of the attempts")
        assert unfinished(installation) == []
