"""meta.etl_runs: one row per attempt, whatever ends it, and whether ClickHouse is there or not."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from made_rows import build_vk, stage_vk
from outage import on_disk
from zakaz.days import DayRange
from zakaz.deadline import Deadline
from zakaz.registry import outbox
from zakaz.registry.attempt import UNSET, Attempt
from zakaz.registry.runs import recorded
from zakaz.warehouse.hook import WarehouseHook

DAYS = DayRange(date(2026, 11, 14), date(2026, 11, 20))
ATTEMPT = Attempt(
    dag_id="zakaz_etl",
    dag_run_id="manual__1",
    run_type="manual",
    job="vk_fetch",
    map_index=-1,
    try_number=1,
    log_url="http://127.0.0.1:8080/log",
    started_at=datetime(2026, 11, 21, 2, 35, 0, 123456, tzinfo=UTC),
)
COLUMNS = "run_id, job, status, err_msg, rows_read, rows_written, from_date, to_date, started_at, finished_at IS NULL"

pytestmark = pytest.mark.warehouse


@pytest.fixture
def unreachable() -> WarehouseHook:
    """A hook of the same warehouse that does not reach it in time."""
    return WarehouseHook(deadline=Deadline(0))


def rows(warehouse: WarehouseHook) -> list[tuple[Any, ...]]:
    return warehouse.execute(f"SELECT {COLUMNS} FROM meta.etl_runs FINAL ORDER BY started_at, job")


@pytest.mark.parametrize("changed", ["dag_id", "dag_run_id", "job", "map_index", "try_number"])
def test_a_run_id_is_that_of_the_attempt_and_no_other(changed: str) -> None:
    later = replace(ATTEMPT, started_at=datetime.now(UTC), host="elsewhere", log_url="")
    assert later.run_id == ATTEMPT.run_id
    value = 7 if changed in ("map_index", "try_number") else "another"
    assert replace(ATTEMPT, **{changed: value, "run_id": UNSET}).run_id != ATTEMPT.run_id


def test_a_good_attempt_is_one_row_from_running_to_ok(warehouse: WarehouseHook) -> None:
    with recorded(warehouse, ATTEMPT, DAYS) as figures:
        assert [(row[2], row[-1]) for row in rows(warehouse)] == [("running", 1)]
        figures.rows_read, figures.rows_written = 28, 25
    expected = (ATTEMPT.run_id, "vk_fetch", "ok", "", 28, 25, DAYS.first, DAYS.last, ATTEMPT.started_at, 0)
    assert rows(warehouse) == [expected]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(ValueError("first line\nthe cause\n"), "ValueError: the cause", id="exception"),
        pytest.param(ValueError("Show \x85 on\u2028ice \x0c"), "ValueError: Show on ice", id="odd line breaks"),
        pytest.param(SystemExit(3), "SystemExit: 3", id="sys.exit"),
        pytest.param(KeyboardInterrupt(), "KeyboardInterrupt", id="no text"),
    ],
)
def test_whatever_ends_an_attempt_is_an_error(warehouse: WarehouseHook, error: BaseException, told: str) -> None:
    with pytest.raises(type(error)), recorded(warehouse, ATTEMPT, DAYS):
        raise error
    ((_, _, status, err_msg, *_, unfinished),) = rows(warehouse)
    assert (status, err_msg, unfinished) == ("error", told, 0)


def test_rows_written_are_those_that_stand_in_the_table(warehouse: WarehouseHook) -> None:
    """Not what a driver says, which counts tombstones too: defect 21 of the predecessor."""
    stage_vk(warehouse, *({"ad_id": ad, "campaign_id": ad} for ad in range(5)))
    for number, gone in enumerate((0, 2), start=1):
        stage_vk(warehouse, *({"ad_id": ad, "campaign_id": ad, "_deleted": 1} for ad in range(gone)))
        with recorded(warehouse, replace(ATTEMPT, try_number=number, run_id=UNSET), DAYS) as figures:
            figures.rows_written = build_vk(warehouse)
        assert warehouse.execute("SELECT count() FROM zakaz.dm_vk_ads_daily FINAL") == [(5 - gone,)]
    assert sorted(row[5] for row in rows(warehouse)) == [3, 5]


def test_an_absent_clickhouse_harms_no_run_and_loses_no_row(
    warehouse: WarehouseHook, unreachable: WarehouseHook
) -> None:
    done = []
    with recorded(unreachable, ATTEMPT, DAYS) as figures:
        figures.rows_written = 25
        done.append("the work")
    with (
        pytest.raises(ValueError, match="its own"),
        recorded(unreachable, replace(ATTEMPT, try_number=2, run_id=UNSET), DAYS),
    ):
        raise ValueError("its own error")
    assert done == ["the work"]
    assert len(on_disk()) == 4
    assert rows(warehouse) == []

    with recorded(warehouse, replace(ATTEMPT, job="healthcheck", run_id=UNSET), DAYS):
        pass
    assert on_disk() == []
    assert sorted((row[1], row[2], row[5]) for row in rows(warehouse)) == [
        ("healthcheck", "ok", 0),
        ("vk_fetch", "error", 0),
        ("vk_fetch", "ok", 25),
    ]
    assert {row[8] for row in rows(warehouse)} == {ATTEMPT.started_at}, "instants keep their microseconds on disk"


def test_a_row_that_is_refused_for_ever_holds_up_no_other(warehouse: WarehouseHook, unreachable: WarehouseHook) -> None:
    outbox.write(unreachable, "meta.etl_runs", {"rows_read": "many"})
    with recorded(unreachable, ATTEMPT, DAYS):
        pass
    with recorded(warehouse, replace(ATTEMPT, try_number=2, run_id=UNSET), DAYS):
        pass
    assert [file.suffix for file in on_disk()] == [".rejected"]
    assert len(rows(warehouse)) == 2


def test_a_time_out_while_the_row_is_written_loses_no_row(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow's time-out is no Exception, and may come at any moment."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WarehouseHook, "insert_json", stopped)
        with pytest.raises(KeyboardInterrupt), recorded(warehouse, ATTEMPT, DAYS):
            pass
    assert len(on_disk()) == 1
