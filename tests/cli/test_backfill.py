"""bin/zakaz backfill: by days and in pieces, its ledger, its exit codes, and going on where it was stopped."""

import os
import re
import signal
from datetime import date, timedelta

import pytest

from cli.conftest import Zakaz
from orchestration.conftest import airflow as airflow
from sandbox import Sandbox
from zakaz import airflow_internals
from zakaz.cli.commands import backfill as backfill_command
from zakaz.orchestration import local_runner
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook

FIRST, LAST = date(2026, 10, 31), date(2026, 11, 2)
ASKED = ("backfill", "--from", str(FIRST), "--to", str(LAST), "--reason", "new ads")
pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("airflow")]


@pytest.fixture(autouse=True)
def level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__LOGGING__LOGGING_LEVEL", "INFO")


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days are many."""
    monkeypatch.setattr(backfill_command, "LONGEST_BY_DAYS", 2)


def ledger(warehouse: WarehouseHook) -> list[tuple[date, str]]:
    return list(warehouse.execute("SELECT day, state FROM meta.backfills FINAL ORDER BY started_at, day"))


def pieces(warehouse: WarehouseHook) -> list[tuple[str, str, str, str]]:
    rows = warehouse.execute(
        "SELECT job, status, toString(from_date), toString(to_date) FROM meta.etl_runs FINAL ORDER BY started_at"
    )
    return [row for row in rows if row[0] in STAGES]


def test_by_days(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    code, out, err = zakaz(*ASKED)
    assert (code, err) == (0, "")
    assert "days to do: 3, here" in out
    assert "3 of 3 days are good (meta.backfills, " in out
    assert ledger(warehouse) == [(FIRST + timedelta(days=number), "ok") for number in range(3)]
    sums = "SELECT backfill_state, why, days, days_ok, days_changed FROM meta.v_backfills"
    assert warehouse.execute(sums) == [("ok", "new ads", 3, 3, 3)]
    code, out, _ = zakaz(*ASKED, "--only-gaps")
    assert (code, out.splitlines()[-1]) == (0, "Nothing to do")


def test_days_that_fail_are_told_and_are_2(zakaz: Zakaz, sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    sandbox.fault("vk_ads", "403", times=1)
    code, out, err = zakaz(*ASKED, "--stage", "vk_fetch")
    assert code == 2
    assert "2 of 3 days are good" in out
    assert re.search(f"^.*{FIRST}.*red.*VK Ads", out, re.MULTILINE), "it is in the table"
    assert f"{FIRST}: red: VK Ads" in err
    assert f"bin/zakaz backfill --from {FIRST} --to {LAST} --only-gaps" in err
    assert [state for _, state in ledger(warehouse)] == ["red", "ok", "ok"]


@pytest.mark.usefixtures("in_pieces")
def test_a_long_range_goes_in_pieces_without_a_scheduler(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    code, out, err = zakaz(*ASKED)
    assert (code, err) == (0, "")
    assert "2026-10-31/2026-10-31  ok" in out
    assert "2026-11-01/2026-11-02  ok" in out
    assert "3 of 3 days are good" in out
    assert len(pieces(warehouse)) == 2 * len(STAGES)
    assert [state for _, state in ledger(warehouse)] == ["ok"] * 3
    with airflow_internals.create_session() as session:
        (run,) = session.query(airflow_internals.DagRun).all()
        assert (run.dag_id, run.state, run.note) == (
            "zakaz_backfill",
            "success",
            "Пересчёт: 31 октября – 2 ноября 2026",
        )


@pytest.mark.usefixtures("in_pieces")
def test_a_long_range_goes_on_where_it_was_stopped(
    zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[object] = []
    real = local_runner.run_task

    def run_task(task_instance: object, task: object) -> None:
        """Ctrl-C while the second piece is fetched."""
        began.append(task_instance)
        if len(began) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        real(task_instance, task)

    monkeypatch.setattr(local_runner, "run_task", run_task)
    code, _, err = zakaz(*ASKED)
    assert code == 1
    assert "stopped, nothing is left at work. The same command goes on from here" in err
    assert {state for _, state in ledger(warehouse)} <= {"stopped", "ok"}
    done = len(began)
    code, out, err = zakaz(*ASKED)
    assert (code, err) == (0, "")
    assert "Goes on with the backfill begun on " in out
    assert [state for _, state in ledger(warehouse)] == ["ok"] * 3
    assert len(began) - done < 2 + 2 * len(STAGES), "what was done is not done again"
