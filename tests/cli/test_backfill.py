"""bin/zakaz backfill and its ledger, whatever keeps Airflow's backfill from its end."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cli.conftest import Zakaz
from zakaz.backfill import command
from zakaz.errors import DaysAreBusy, TransientError
from zakaz.warehouse.hook import WarehouseHook

ASKED = ("backfill", "--from", "2026-11-20", "--to", "2026-11-21", "--stage", "vk_fetch")
DAYS = [date(2026, 11, 20), date(2026, 11, 21)]


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: Any) -> None:
        raise error

    return fail


def ledger(warehouse: WarehouseHook) -> list[tuple[date, str]]:
    return list(warehouse.execute("SELECT day, state FROM meta.backfills FINAL ORDER BY day"))


def test_a_backfill_that_can_not_begin_is_in_no_ledger(
    zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "require_startable", raising(DaysAreBusy("another one is at work")))
    code, _, err = zakaz(*ASKED)
    assert (code, err) == (1, "zakaz: another one is at work\n")
    assert ledger(warehouse) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            TransientError("the scheduler is gone"),
            "0 of 2 days are done. The same command goes on from here\nzakaz: the s",
        ),
        (KeyboardInterrupt(), "0 of 2 days are done, nothing is left at work. The same command goes on from here\n"),
    ],
    ids=["error", "by hand"],
)
def test_whatever_breaks_it_off_it_is_stopped_in_the_ledger(
    zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    monkeypatch.setattr(command, "require_startable", lambda _: None)
    monkeypatch.setattr(command, "run", raising(error))
    code, _, err = zakaz(*ASKED)
    assert code == 1
    assert said in err
    assert ledger(warehouse) == [(day, "stopped") for day in DAYS]


def test_a_warehouse_that_is_away_hides_no_reason(
    zakaz: Zakaz, warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any) -> None:
        monkeypatch.setattr("zakaz.backfill.ledger.settle", raising(TransientError("ClickHouse is away")))
        raise TransientError("the scheduler is gone")

    monkeypatch.setattr(command, "require_startable", lambda _: None)
    monkeypatch.setattr(command, "run", run)
    code, _, err = zakaz(*ASKED)
    assert code == 1
    assert "the ledger could not be closed: ClickHouse is away" in err
    assert err.endswith("zakaz: the scheduler is gone\n")
