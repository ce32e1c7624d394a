"""Attempts that no callback told of: they are closed, if their process is gone, and told of once."""

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from made_runs import DAY, attempt, put_run
from received import heads
from sandbox import Sandbox
from zakaz.alerts.sweep import sweep
from zakaz.errors import TERMINATED
from zakaz.registry import lost
from zakaz.registry.alive import alive
from zakaz.registry.attempt import Attempt
from zakaz.registry.lost import LOST
from zakaz.settings import PROJECT_DIR, RETRY_DELAYS
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import new_version

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]


def test_a_dead_process_ends_as_an_error_and_is_told_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    dead, at_work = attempt("vk_fetch"), attempt("build_dm_vk")
    put_run(warehouse, dead, "running", minutes_ago=1)
    put_run(warehouse, at_work, "running", minutes_ago=1)
    code = f"from zakaz.registry.alive import alive\nwith alive('{dead.run_id}'):\n print(flush=True)\n input()"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR / "plugins")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    with alive(at_work.run_id):
        sweep(warehouse)
        assert heads(sandbox) == []
        process.kill()
        process.wait()
        sweep(warehouse)
        sweep(warehouse)
    assert warehouse.execute("SELECT job, status, err_msg FROM meta.etl_runs FINAL ORDER BY job") == [
        ("build_dm_vk", "running", ""),
        ("vk_fetch", "error", LOST),
    ]
    assert heads(sandbox) == [], "a scheduler may repeat it"
    for _ in range(2):
        sweep(warehouse, given_up=[dead.run_id])
    assert heads(sandbox) == ["🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"]
    assert "Причина: процесс задачи исчез" in sandbox.messages()[0]["plain"]


def test_an_attempt_that_ends_while_it_is_looked_at_is_not_lost(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = attempt("vk_fetch")
    put_run(warehouse, made, "running", minutes_ago=1)

    def ends_meanwhile(_: Any) -> bool:
        put_run(warehouse, made, "ok")
        return False

    monkeypatch.setattr(lost, "is_alive", ends_meanwhile)
    assert lost.close_lost_attempts(warehouse) == []
    end = {"run_id": made.run_id, "status": "error", "err_msg": LOST}
    warehouse.execute(statement("runs/close_attempt.sql"), end)
    assert warehouse.execute("SELECT status FROM meta.etl_runs FINAL") == [("ok",)]


def test_another_machine_has_until_the_time_limit_and_its_own_word_wins(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    young, old = attempt("vk_fetch", host="worker-1"), attempt("build_dm_vk", host="worker-2")
    put_run(warehouse, young, "running", minutes_ago=19)
    put_run(warehouse, old, "running", minutes_ago=21)
    late_word = new_version()
    sweep(warehouse)
    assert warehouse.execute("SELECT job, status FROM meta.etl_runs FINAL ORDER BY job") == [
        ("build_dm_vk", "error"),
        ("vk_fetch", "running"),
    ]
    # It had ended well, and its row lay on the other machine's disk.
    warehouse.execute(
        "INSERT INTO meta.etl_runs (job, run_id, started_at, status, _ver) "
        "SELECT job, run_id, started_at, 'ok', {ver:UInt64} FROM meta.etl_runs FINAL WHERE job = 'build_dm_vk'",
        {"ver": late_word},
    )
    assert warehouse.execute("SELECT status FROM meta.etl_runs FINAL WHERE job = 'build_dm_vk'") == [("ok",)]


def test_a_failure_without_a_callback_is_told_as_soon_as_nobody_will_repeat_it(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    longest = max(RETRY_DELAYS).total_seconds() / 60
    for job in ("vk_fetch", "build_dm_vk"):
        put_run(warehouse, attempt(job), "error", minutes_ago=longest + 6, err_msg=f"TaskTerminated: {TERMINATED}")
    put_run(warehouse, attempt("build_dm_vk", try_number=2), "running", minutes_ago=0)
    put_run(warehouse, attempt("build_dm_sales"), "error", minutes_ago=longest + 1, err_msg="it may be repeated")
    with alive(attempt("build_dm_vk", try_number=2).run_id):
        sweep(warehouse)
    assert heads(sandbox) == ["🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"]
    assert "задачу остановили" in sandbox.messages()[0]["plain"]


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("later", "days_back", "told"),
    [
        pytest.param(attempt("vk_fetch", try_number=2), 6, [], id="its retry"),
        pytest.param(attempt("vk_fetch", run_type="backfill"), 0, [], id="another run of its own day"),
        pytest.param(attempt("build_dm_vk"), 6, ["vk_fetch"], id="another job"),
        pytest.param(None, 6, ["vk_fetch"], id="nothing"),
    ],
)
def test_a_scheduled_failure_that_was_made_good_is_told_of_no_more(
    warehouse: WarehouseHook, sandbox: Sandbox, later: Attempt | None, days_back: int, told: list[str]
) -> None:
    failed = attempt("vk_fetch", run_type="scheduled")
    put_run(warehouse, failed, "error", minutes_ago=60, days_back=6)
    if later:
        put_run(warehouse, later, "ok", minutes_ago=50, days_back=days_back)
    sweep(warehouse, given_up=[failed.run_id])
    assert [job for (job,) in warehouse.execute("SELECT job FROM meta.etl_alerts FINAL")] == told


def test_a_failure_of_which_a_part_was_made_good_is_told(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    failed, later = attempt("vk_fetch"), attempt("vk_fetch", DAY - timedelta(days=1))
    put_run(warehouse, failed, "error", minutes_ago=60, days_back=2)
    put_run(warehouse, later, "ok", minutes_ago=50, day=DAY - timedelta(days=1), days_back=1)
    sweep(warehouse, given_up=[failed.run_id])
    assert [job for (job,) in warehouse.execute("SELECT job FROM meta.etl_alerts FINAL")] == ["vk_fetch"]
