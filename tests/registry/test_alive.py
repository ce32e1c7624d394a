"""The lock of an attempt: it harms none, is gone with it, and whoever has none is given the time of another machine."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from made_runs import DAY, attempt, put_run
from zakaz.days import DayRange
from zakaz.registry.alive import alive
from zakaz.registry.lost import close_lost_attempts
from zakaz.registry.runs import UNLOCKED, recorded
from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook

DAYS = DayRange(DAY, DAY)
ATTEMPT = attempt()
pytestmark = pytest.mark.warehouse


@pytest.fixture
def in_the_way(warehouse: WarehouseHook) -> Iterator[Path]:
    """A file where the folder of the locks should be."""
    folder = state_dir() / "running"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    yield folder
    folder.unlink()


@pytest.mark.usefixtures("in_the_way")
def test_a_disk_that_takes_no_lock_harms_no_run(warehouse: WarehouseHook, caplog: pytest.LogCaptureFixture) -> None:
    with recorded(warehouse, attempt(), DAYS) as figures:
        assert close_lost_attempts(warehouse) == [], "it is not lost"
        figures.rows_read = 7
    row = "SELECT status, rows_read, host FROM meta.etl_runs FINAL"
    assert warehouse.execute(row) == [("ok", 7, f"{socket.gethostname()}{UNLOCKED}")]
    assert "can't be locked" in caplog.text


def test_an_attempt_without_a_lock_has_until_the_time_limit(warehouse: WarehouseHook) -> None:
    young, old = (attempt(job, host=f"{socket.gethostname()}{UNLOCKED}") for job in ("vk_fetch", "build_dm_vk"))
    put_run(warehouse, young, "running", minutes_ago=19)
    put_run(warehouse, old, "running", minutes_ago=21)
    assert close_lost_attempts(warehouse) == [old.run_id]


def test_an_attempt_that_fails_leaves_no_lock(warehouse: WarehouseHook) -> None:
    with pytest.raises(ValueError, match="its own"), recorded(warehouse, ATTEMPT, DAYS):
        raise ValueError("its own error")
    assert list((state_dir() / "running").iterdir()) == []


def test_a_lock_that_can_not_be_tried_may_be_held(warehouse: WarehouseHook) -> None:
    with alive(ATTEMPT.run_id):
        pass
    lock = state_dir() / "running" / f"{ATTEMPT.run_id}.lock"
    lock.mkdir()
    put_run(warehouse, ATTEMPT, "running", minutes_ago=1)
    assert close_lost_attempts(warehouse) == []
