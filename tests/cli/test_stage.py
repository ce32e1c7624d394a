"""bin/zakaz stage: stages of the chain without Airflow, recorded and told of like any."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.models import Connection, DagRun
from airflow.utils.session import create_session

import our_dags
from cli.conftest import Zakaz
from sandbox import Sandbox
from zakaz.days import last_complete_day as yesterday
from zakaz.pipeline import by_hand, runner
from zakaz.settings import PROJECT_DIR
from zakaz.stages import DAG_ID, LAST_STAGE, STAGES
from zakaz.warehouse.hook import WarehouseHook

STATISTICS = "statistics/banners"

pytestmark = pytest.mark.usefixtures("no_token_kept", "sandbox")


@pytest.fixture
def runs(warehouse: WarehouseHook) -> Callable[[], list[tuple[str, ...]]]:
    """Job, status, try, cause and first day of each attempt in the registry."""
    columns = "job, status, toString(try_number), err_msg, toString(from_date)"
    return lambda: warehouse.execute(f"SELECT {columns} FROM meta.etl_runs FINAL ORDER BY started_at")


Runs = Callable[[], list[tuple[str, ...]]]


def test_the_stages_are_those_of_the_chain(metadata: None) -> None:
    dag = our_dags.read().get_dag(DAG_ID)
    assert set(STAGES) == set(dag.task_ids) == set(runner.STAGE_BY_NAME)
    assert dag.topological_sort()[-1].task_id == LAST_STAGE


def test_a_stage_runs_alone_and_a_second_try_only_if_the_first_failed(
    zakaz: Zakaz, sandbox: Sandbox, runs: Runs
) -> None:
    sandbox.fault("vk_ads", "403")
    code, out, err = zakaz("stage", "vk_fetch", "--if-needed")
    assert (code, out) == (1, "")
    why, log = err.splitlines()
    assert why.startswith(f"zakaz stage: vk_fetch for {yesterday()} is RED: VK Ads: POST")
    (message,) = sandbox.messages()
    where = Path(log.removeprefix("log: "))
    assert f":{where}" in message["plain"]
    assert f"вместо Clear: bin/zakaz stage vk_fetch --date {yesterday()}" in message["plain"], (
        "Airflow has no such task"
    )
    assert where.is_file()
    sandbox.reset()
    assert zakaz("stage", "vk_fetch", "--if-needed") == (0, f"vk_fetch for {yesterday()} is green\n", "")
    assert zakaz("stage", "vk_fetch", "--if-needed") == (
        0,
        f"vk_fetch for {yesterday()}: there is a good run already\n",
        "",
    )
    assert [run[:3] for run in runs()] == [("vk_fetch", "error", "1"), ("vk_fetch", "ok", "1")]


def test_a_stage_that_looks_back_is_needed_until_all_its_days_are_good(zakaz: Zakaz, runs: Runs) -> None:
    """A day that was done by hand, or mornings without a machine, leave gaps before a good day."""
    assert zakaz("stage", "vk_fetch")[0] == 0
    tried = f"vk_fetch for {yesterday()} and the days before it"
    arguments = ("stage", "vk_fetch", "--lookback", "--if-needed")
    assert zakaz(*arguments) == (0, f"{tried} is green\n", "")
    assert zakaz(*arguments) == (0, f"{tried}: there is a good run already\n", "")
    assert [run[-1] for run in runs()] == [str(yesterday()), str(yesterday() - timedelta(days=6))]


@pytest.mark.usefixtures("metadata")
def test_the_whole_chain_is_a_good_day_without_a_run_of_airflow(zakaz: Zakaz, runs: Runs) -> None:
    assert zakaz("stage", DAG_ID) == (0, f"{DAG_ID} for {yesterday()} is green\n", "")
    assert [run[:2] for run in runs()] == [(stage, "ok") for stage in STAGES]
    with create_session() as session:
        assert session.query(DagRun).filter(DagRun.run_id.like("stage%")).count() == 0


def test_a_chain_asks_both_sources_and_builds_on_no_failure(zakaz: Zakaz, sandbox: Sandbox, runs: Runs) -> None:
    sandbox.fault("vk_ads", "403")
    code, _, err = zakaz("stage", DAG_ID)
    assert code == 1
    assert err.startswith(f"zakaz stage: vk_fetch of {DAG_ID} for {yesterday()} is RED: VK Ads: POST")
    assert [run[:2] for run in runs()] == [("vk_fetch", "error"), ("qtickets_fetch", "ok")]


def test_a_stage_alone_that_lacks_an_order_is_red_and_in_a_chain_the_last_one_is(
    zakaz: Zakaz, sandbox: Sandbox, runs: Runs
) -> None:
    sandbox.fault("qtickets", "wrong_types")
    for stage, last in (("qtickets_fetch", "qtickets_fetch"), (DAG_ID, LAST_STAGE)):
        code, _, err = zakaz("stage", stage)
        assert code == 1
        assert "objects of the lists can't be read: order " in err
        assert runs()[-1][:2] == (last, "error")
    assert [run[1] for run in runs()] == ["error", *["ok"] * 4, "error"]


def test_a_secret_that_was_revoked_is_told_with_what_to_do_and_is_over_with_a_new_one(
    zakaz: Zakaz, sandbox: Sandbox, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"]
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps({**json.loads(good), "password": "revoked-secret"}))
    assert zakaz("stage", DAG_ID)[0] == 1
    assert [run[:3] for run in runs()] == [("vk_fetch", "error", "1"), ("qtickets_fetch", "ok", "1")], "no second try"
    (message,) = sandbox.messages()
    for part in ("источник отказал в запросе", "HTTP 401 invalid_client", "токен в подключении", "#run_failed"):
        assert part in message["plain"]
    assert "revoked-secret" not in message["plain"]
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", good)
    assert zakaz("stage", DAG_ID)[0] == 0
    assert "снова в порядке" in sandbox.messages()[-1]["plain"]


def test_what_may_heal_is_tried_once_more_and_nobody_is_woken(
    zakaz: Zakaz, sandbox: Sandbox, runs: Runs, set_settings: Callable[..., None]
) -> None:
    set_settings(HTTP_ATTEMPTS=1)
    sandbox.fault("vk_ads", "500", path=STATISTICS, times=1)
    assert zakaz("stage", "vk_fetch") == (0, f"vk_fetch for {yesterday()} is green\n", "")
    assert [run[1:3] for run in runs()] == [("error", "1"), ("ok", "2")]
    assert sandbox.messages() == []


def test_a_stage_that_takes_too_long_is_ended_and_told_of(
    zakaz: Zakaz, sandbox: Sandbox, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.fault("vk_ads", "timeout", path=STATISTICS, seconds=60)
    monkeypatch.setattr(by_hand, "TASK_LIMIT", timedelta(seconds=3))
    code, _, err = zakaz("stage", "vk_fetch")
    assert code == 1
    assert "is RED: StageTimedOut: the stage was not done within 0.05 minutes" in err
    assert [run[1:3] for run in runs()] == [("error", "1"), ("error", "2")]
    (message,) = sandbox.messages()
    assert "не уложился в 15 минут" in message["plain"]


def test_sigterm_ends_it_and_is_recorded(zakaz: Zakaz, sandbox: Sandbox, runs: Runs) -> None:
    sandbox.fault("vk_ads", "timeout", path=STATISTICS, seconds=60)

    def end() -> None:
        while not any(STATISTICS in call["path"] for call in sandbox.requests()["requests"]):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, daemon=True).start()
    code, _, err = zakaz("stage", DAG_ID)
    assert code == 1
    assert "was told to end (SIGTERM)" in err
    ((job, status, _, cause, _),) = runs()
    assert (job, status) == ("vk_fetch", "error")
    assert cause.endswith("(SIGTERM)")
    assert len(sandbox.messages()) == 1


def test_a_signal_between_two_stages_lets_no_further_one_begin(
    zakaz: Zakaz, sandbox: Sandbox, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes while the alert about the first one is sent, when no stage is there to be interrupted."""
    sandbox.fault("vk_ads", "403")
    send = by_hand.raise_alert

    def interrupted(*arguments: object) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return send(*arguments)

    monkeypatch.setattr(by_hand, "raise_alert", interrupted)
    code, _, err = zakaz("stage", DAG_ID)
    assert code == 1
    assert f"qtickets_fetch of {DAG_ID} for {yesterday()} is RED: stopped before it began" in err
    assert [run[:2] for run in runs()] == [("vk_fetch", "error")]
    assert len(sandbox.messages()) == 1


def test_a_source_that_is_not_set_up_is_skipped(zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch, runs: Runs) -> None:
    """Alone it is not green, whatever an attempt of before came to; the chain goes on without it."""
    assert zakaz("stage", "qtickets_fetch")[0] == 0
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    code, out, err = zakaz("stage", "qtickets_fetch")
    assert (code, out) == (1, "")
    assert err.startswith(
        f"zakaz stage: qtickets_fetch for {yesterday()} was skipped: there is no connection qtickets_default: "
    )
    zakaz("stage", DAG_ID)
    jobs = [run[0] for run in runs()]
    assert jobs[:4] == ["qtickets_fetch", "vk_fetch", "build_dm_vk", "build_dm_sales"]


def test_an_unknown_stage_is_named(zakaz: Zakaz) -> None:
    code, _, err = zakaz("stage", "everything")
    assert code == 1
    assert "everything" in err


@pytest.mark.usefixtures("metadata")
def test_connections_may_be_kept_in_airflow(tmp_path: Path) -> None:
    """In a process of its own: this one's Airflow has chosen long ago where to look."""
    extra = json.dumps({"embedded_path": str(tmp_path / "warehouse")})
    with create_session() as session:
        session.add(Connection(conn_id="clickhouse_default", conn_type="clickhouse", extra=extra))
    left_out = ("AIRFLOW_CONN_", "_AIRFLOW_PROCESS_CONTEXT")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    command = [sys.executable, "-m", "zakaz.cli", "sql", "SELECT 1 AS one"]
    try:
        ended = subprocess.run(
            command, env={**environment, "PYTHONPATH": str(PROJECT_DIR / "plugins")}, capture_output=True, text=True
        )
    finally:
        with create_session() as session:
            session.query(Connection).filter(Connection.conn_id == "clickhouse_default").delete()
    assert (ended.returncode, ended.stdout) == (0, "one\n1\n"), ended.stderr
