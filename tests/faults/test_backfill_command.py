"""`bin/zakaz backfill` with real processes: killed, stopped, without its source and without its warehouse."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from faults.conftest import Judge
from faults.installation import Installation

# There the scheduler, the server and the DAG processor share one SQLite file, and lock each other out when the machine
# is busy: it passes alone. What each step does is in tests/backfill/test_by_scheduler.py.
ALONE = IS_AIRFLOW_2 or os.environ.get("FAULTS_ALONE") == "1"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not ALONE, reason="Airflow 3 on SQLite is sure of itself on an idle machine only: FAULTS_ALONE=1"
    ),
]
SHARING = "zakaz.warehouse.sharing_process"
FETCH_ONLY = ("--stage", "vk_fetch", *(() if IS_AIRFLOW_2 else ("--max-active-runs", "1")))


@pytest.fixture
def installation(installation: Installation, request: pytest.FixtureRequest) -> Installation:
    """The installation, with an empty ledger as well; on Airflow 3 with a scheduler, which has the days done."""
    installation.warehouse.execute("TRUNCATE TABLE meta.backfills")
    if not IS_AIRFLOW_2:
        request.getfixturevalue("scheduler")
        installation.until_known("zakaz_etl")
    return installation


def backfill(first: str, last: str, *options: str) -> tuple[str, ...]:
    return ("backfill", "--from", first, "--to", last, *FETCH_ONLY, *options)


def days(installation: Installation) -> dict[str, str]:
    """What the last backfill in the ledger says of each of its days."""
    rows = installation.warehouse.execute(
        "SELECT toString(day), state FROM meta.backfills FINAL "
        "WHERE backfill_id = (SELECT argMax(backfill_id, began_at) FROM meta.v_backfills) ORDER BY day"
    )
    return dict(rows)


def unfinished(installation: Installation) -> list[tuple[str, ...]]:
    """The runs and tasks of backfills that Airflow believes to go on."""
    going_on = "run_id LIKE 'backfill%' AND state IN ('running', 'queued', 'scheduled', 'restarting')"
    return installation.ask_airflow(
        f"SELECT run_id, state FROM dag_run WHERE {going_on} "
        f"UNION ALL SELECT run_id, state FROM task_instance WHERE {going_on}"
    )


def said(installation: Installation, since: int) -> str:
    return (installation.home / "output.log").read_text(errors="replace")[since:]


def log_size(installation: Installation) -> int:
    log = installation.home / "output.log"
    return len(log.read_text(errors="replace")) if log.exists() else 0


def questions(installation: Installation) -> int:
    """The calls for statistics so far."""
    return sum("statistics/banners" in call["path"] for call in installation.sandbox.requests()["requests"])


def test_the_days_that_are_missing_are_named_and_only_gaps_does_them(
    installation: Installation, judge: Judge, request: pytest.FixtureRequest
) -> None:
    """The first day's task is killed, and VK is down for the third."""
    log = log_size(installation)
    installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", times=1, seconds=120)
    with installation.running("zakaz", *backfill("2026-10-01", "2026-10-04"), HTTP_ATTEMPTS="2") as process:
        starter: psutil.Process = psutil.Process(process.pid) if IS_AIRFLOW_2 else request.getfixturevalue("scheduler")
        task = installation.task_process(starter, "vk_fetch")
        installation.until(lambda: questions(installation), 60, "a call that hangs")
        task.kill()
        installation.until(lambda: ("ok", "", 1) in installation.runs(), 60, "the second day")
        installation.sandbox.fault("vk_ads", "500", times=2 if IS_AIRFLOW_2 else 6)  # its scheduler's HTTP_ATTEMPTS
        assert process.wait(timeout=120) == 2
    found = days(installation)
    assert sorted(found.values()) == ["ok", "ok", "red", "red"]
    assert found["2026-10-01"] == "red"
    assert all(f"{day}: red: " in said(installation, log) for day, state in found.items() if state == "red")
    assert unfinished(installation) == []
    installation.sandbox.clear_faults()
    assert installation.call("zakaz", *backfill("2026-10-01", "2026-10-04", "--only-gaps")) == 0
    assert days(installation) == {day: "ok" for day, state in found.items() if state == "red"}
    assert installation.call("zakaz", "gaps", "--from", "2026-10-01", "--to", "2026-10-04") == 2, "not the whole chain"
    judge(installation)


def test_ctrl_c_leaves_nothing_at_work_and_the_same_command_goes_on(installation: Installation, judge: Judge) -> None:
    log = log_size(installation)
    with installation.running("zakaz", *backfill("2026-10-05", "2026-10-07")) as process:
        installation.until(lambda: ("ok", "", 1) in installation.runs(), 60, "the first day")
        installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", seconds=120)
        asked = questions(installation)
        installation.until(lambda: questions(installation) > asked, 60, "a call that hangs")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=90) == 1
    done = [state for state, _, _ in installation.runs()].count("ok")
    assert 1 <= done < 3
    assert f"stopped: {done} of 3 days are done, nothing is left at work" in said(installation, log)
    assert unfinished(installation) == []
    assert [state for state, _, _ in installation.runs()] == ["ok"] * done + ["error"]
    installation.sandbox.clear_faults()
    log = log_size(installation)
    assert installation.call("zakaz", *backfill("2026-10-05", "2026-10-07")) == 0
    assert "Goes on with the backfill begun on " in said(installation, log)
    assert days(installation) == dict.fromkeys(("2026-10-05", "2026-10-06", "2026-10-07"), "ok")
    assert len(installation.runs()) == 4, "what was done is not done again"
    judge(installation)


def test_a_warehouse_that_is_away_for_a_while_costs_no_day(installation: Installation, judge: Judge) -> None:
    with installation.running("zakaz", *backfill("2026-10-08", "2026-10-09")) as process:
        installation.until(installation.runs, 60, "the first attempt")
        with away(process):
            time.sleep(20)
        assert process.wait(timeout=120) == 0
    assert set(days(installation).values()) == {"ok"}
    judge(installation)


@contextmanager
def away(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Nobody gets at the warehouse: the process that shares it answers no more."""
    sharing = sharing_process(process)
    sharing.suspend()
    try:
        yield
        assert sharing.is_running(), "it shares the warehouse as long as the backfill lasts"
    finally:
        sharing.resume()


def sharing_process(process: "subprocess.Popen[bytes]") -> psutil.Process:
    found = [one for one in psutil.Process(process.pid).children(recursive=True) if SHARING in one.cmdline()]
    assert len(found) == 1
    return found[0]


def test_who_shares_the_warehouse_is_killed_and_no_day_is_lost(installation: Installation, judge: Judge) -> None:
    with installation.running("zakaz", *backfill("2026-10-10", "2026-10-13")) as process:
        installation.until(installation.runs, 60, "the first attempt")
        sharing_process(process).kill()
        assert process.wait(timeout=120) == 0
    assert list(days(installation).values()) == ["ok"] * 4
    judge(installation)
