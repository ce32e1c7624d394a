"""Registry rows on disk: in their order, none lost, and none in the way of another."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from outage import on_disk
from zakaz import deadline
from zakaz.errors import WarehouseRefused, WarehouseUnavailable
from zakaz.registry import outbox
from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
RUN = UUID("6354262b-636f-444f-98d7-fc017960a706")
TABLE = "meta.etl_runs"


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes longer for three inserts than a callback gives them."""
    monkeypatch.setattr(outbox, "FLUSH_SECONDS", 60.0)


def row(number: int, **given: Any) -> dict[str, Any]:
    """The state number `number` of one attempt."""
    return {
        "job": "vk_fetch",
        "run_id": RUN,
        "started_at": datetime(2026, 11, 21, 2, 35, 0, number, tzinfo=UTC),
        "finished_at": None,
        "err_msg": "it's \\ «ё»\n",
        "from_date": date(2026, 11, 20),
        "rows_read": number,
        "_ver": number,
        **given,
    }


class Watched(WarehouseHook):
    """A hook that notes what is inserted, and raises `trouble` in place of inserting where there is any."""

    def __init__(self, *trouble: Exception | None) -> None:
        super().__init__()
        self.trouble = list(trouble)
        self.inserted: list[int] = []
        self.inserts = 0

    def insert_json(self, table: str, rows: Sequence[str]) -> None:
        if self.trouble and (error := self.trouble.pop(0)):
            raise error
        super().insert_json(table, rows)
        self.inserts += 1
        self.inserted += [json.loads(row)["_ver"] for row in rows]


def away() -> Watched:
    return Watched(WarehouseUnavailable("away"))


def test_rows_come_back_in_their_order_and_as_they_were(warehouse: WarehouseHook) -> None:
    for number in (1, 2, 3):
        assert not outbox.write(away(), TABLE, row(number))
    again = Watched()
    warehouse.execute(f"SYSTEM STOP MERGES {TABLE}")  # all four are states of one attempt
    try:
        assert outbox.write(again, TABLE, row(4))
        found = warehouse.execute(f"SELECT {', '.join(row(0))} FROM {TABLE} ORDER BY _ver")
    finally:
        warehouse.execute(f"SYSTEM START MERGES {TABLE}")
    assert again.inserted == [1, 2, 3, 4]
    assert on_disk() == []
    assert [dict(zip(row(0), values, strict=True)) for values in found] == [row(number) for number in (1, 2, 3, 4)]


def test_rows_of_a_table_are_one_insert_whatever_lies_between(warehouse: WarehouseHook) -> None:
    """An outage in a long backfill leaves a thousand, and a callback must not hold its task for longer than 15 s."""
    warehouse.execute("CREATE TABLE meta.another AS meta.etl_runs")
    try:
        for number in range(1, 31):
            outbox.write(away(), TABLE, row(number))
            outbox.write(away(), "meta.another", row(100 + number))
        again = Watched()
        assert outbox.write(again, TABLE, row(200))
    finally:
        warehouse.execute("DROP TABLE meta.another SYNC")
    assert again.inserted == [*range(1, 31), *range(101, 131), 200]
    assert (again.inserts, on_disk()) == (3, [])


def test_rows_of_another_version_are_written_with_the_others(warehouse: WarehouseHook) -> None:
    """A newer one has a column more, and was rolled back; 1.0 kept its values by type."""
    for number in (1, 2):
        outbox.write(away(), TABLE, row(number, **({"status": "ok"} if number == 2 else {})))
    outbox.write(away(), TABLE, row(3, a_later_column="x"))
    by_1_0 = {
        **row(4),
        "run_id": {"uuid": str(RUN)},
        "started_at": {"datetime": "2026-11-21T05:35:00.000004+03:00"},
        "from_date": {"date": "2026-11-20"},
    }
    (state_dir() / "spool" / "1795000000000000-7.json").write_text(json.dumps({"table": TABLE, "row": by_1_0}))
    again = Watched()
    outbox.flush(again)
    assert (again.inserted, again.inserts, on_disk()) == ([4, 1, 2, 3], 1, [])
    (found,) = warehouse.execute(f"SELECT {', '.join(row(0))} FROM {TABLE} FINAL")
    assert dict(zip(row(0), found, strict=True)) == row(4)


def test_1_0_can_read_what_is_kept(warehouse: WarehouseHook) -> None:
    """It reads values that have no type beside them as text, and writes them as TSV."""
    outbox.write(away(), TABLE, row(1))
    (file,) = on_disk()
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept["table"] == TABLE
    warehouse.insert(TABLE, list(kept["row"]), [list(kept["row"].values())])
    (found,) = warehouse.execute(f"SELECT {', '.join(row(0))} FROM {TABLE} FINAL")
    assert dict(zip(row(0), found, strict=True)) == row(1)


def test_a_row_that_is_refused_is_set_aside_alone(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    # Behind a slow server the time would be up before the last row.
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for number in range(1, 8):
        outbox.write(away(), TABLE, row(number, **({"rows_read": "many"} if number == 5 else {})))
    bad = on_disk()[4]
    again = Watched()
    assert outbox.write(again, TABLE, row(8))
    assert again.inserted == [1, 2, 3, 4, 6, 7, 8]
    assert on_disk() == [bad.with_suffix(".rejected")]


@pytest.mark.usefixtures("row_by_row")
def test_who_is_in_a_hurry_leaves_the_rest_to_others(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Watched):
        def insert_json(self, *given: Any) -> None:
            super().insert_json(*given)
            clock.monotonic = lambda: len(self.inserted) * outbox.FLUSH_SECONDS / 2

    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(deadline, "time", clock)
    for number in range(1, 6):
        outbox.write(away(), TABLE, row(number))
    slow = Slow()
    assert outbox.write(slow, TABLE, row(6))
    assert slow.inserted == [1, 2, 6]
    patient = Watched()
    outbox.flush(patient)
    assert (patient.inserted, on_disk()) == ([3, 4, 5], [])


@pytest.fixture
def row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 1)


@pytest.mark.usefixtures("row_by_row")
def test_when_clickhouse_goes_away_half_way_the_rest_stays_in_order(warehouse: WarehouseHook) -> None:
    for number in (1, 2, 3):
        outbox.write(away(), TABLE, row(number))
    half = Watched(None, WarehouseUnavailable("away again"))
    assert not outbox.write(half, TABLE, row(4))
    assert half.inserted == [1]
    assert len(on_disk()) == 3
    again = Watched()
    outbox.write(again, TABLE, row(5))
    assert again.inserted == [2, 3, 4, 5]


@pytest.mark.parametrize("code", [60, 75, 76, 81, 159, 164, 173, 192, 194, 195, 201, 218, 243, 452, 497, 516, 1001])
def test_a_warehouse_that_takes_nothing_costs_no_row(warehouse: WarehouseHook, code: int) -> None:
    """No tables yet, a wrong password, a missing right: no fault of the row, which is written when that is mended."""
    refused = WarehouseRefused("no", code)
    assert not outbox.write(Watched(refused), TABLE, row(1))
    assert not outbox.write(Watched(refused, refused), TABLE, row(2))
    again = Watched()
    assert outbox.write(again, TABLE, row(3))
    assert (again.inserted, on_disk()) == ([1, 2, 3], [])


def test_a_row_for_a_table_that_is_not_there_waits_and_lets_others_pass(warehouse: WarehouseHook) -> None:
    assert not outbox.write(warehouse, "meta.not_yet", row(1))
    assert outbox.write(warehouse, TABLE, row(2))
    assert len(on_disk()) == 1
    warehouse.execute("CREATE TABLE meta.not_yet AS meta.etl_runs")
    try:
        assert outbox.write(warehouse, TABLE, row(3))
        assert warehouse.execute("SELECT _ver FROM meta.not_yet") == [(1,)]
    finally:
        warehouse.execute("DROP TABLE meta.not_yet SYNC")
    assert on_disk() == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"table": "meta.etl_runs", "row": 1}', '{"row": {}}'])
def test_a_file_that_says_nothing_is_set_aside(warehouse: WarehouseHook, text: str) -> None:
    outbox.write(away(), TABLE, row(1))
    broken = on_disk()[0].with_name("0-1.json")
    broken.write_text(text)
    again = Watched()
    assert outbox.write(again, TABLE, row(2))
    assert again.inserted == [1, 2]
    assert on_disk() == [broken.with_suffix(".rejected")]


@pytest.mark.usefixtures("row_by_row")
def test_two_processes_that_write_the_same_rows_do_not_harm_each_other(warehouse: WarehouseHook) -> None:
    for number in (1, 2, 3):
        outbox.write(away(), TABLE, row(number))

    class Overtaken(Watched):
        def insert_json(self, table: str, rows: Sequence[str]) -> None:
            super().insert_json(table, rows)
            if self.inserted == [1]:
                for file in on_disk():
                    file.unlink()  # another process has written and removed all of them

    slow = Overtaken()
    assert outbox.write(slow, TABLE, row(4))
    assert slow.inserted == [1, 4]
    assert on_disk() == []


def test_a_disk_that_takes_nothing_harms_no_run(warehouse: WarehouseHook, caplog: pytest.LogCaptureFixture) -> None:
    outbox_folder = state_dir() / "spool"
    outbox_folder.parent.mkdir(parents=True, exist_ok=True)
    outbox_folder.write_text("in the way")
    try:
        assert not outbox.write(away(), TABLE, row(1, run_id=uuid4()))
    finally:
        outbox_folder.unlink()
