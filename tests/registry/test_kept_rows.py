"""The files of the outbox: what they hold, whose they are, and when they go, whatever the warehouse does."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from outage import on_disk
from zakaz import deadline
from zakaz.deadline import Deadline
from zakaz.errors import WarehouseRefused, WarehouseUnavailable
from zakaz.registry import outbox
from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook

TABLE, OTHER = "meta.etl_runs", "meta.etl_alerts"
Rows = list[dict[str, Any]]


class Taker(WarehouseHook):
    """Stands for a warehouse: notes each batch that it takes, and raises what `refuse` says of one."""

    def __init__(self, identity: str = "own") -> None:
        super().__init__()
        self.identity = identity
        self.taken: list[tuple[str, list[int]]] = []

    @contextmanager
    def session(self) -> Iterator[WarehouseHook]:
        yield self

    def insert_json(self, table: str, rows: Sequence[str]) -> None:
        numbers = [json.loads(row)["number"] for row in rows]
        if error := self.refuse(table, numbers):
            raise error
        self.taken.append((table, numbers))

    def refuse(self, _table: str, _numbers: list[int]) -> BaseException | None:
        return None


@pytest.fixture(autouse=True)
def spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ZAKAZ_STATE_DIR", str(tmp_path))
    return state_dir() / "spool"


def keep(*numbers: int, table: str = TABLE, warehouse: WarehouseHook | None = None) -> None:
    for number in numbers:
        outbox.keep(warehouse or Taker(), table, {"number": number})


def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(now=0.0)
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def test_a_row_is_kept_as_clickhouse_reads_it_wherever_the_machine_is(
    monkeypatch: pytest.MonkeyPatch, spool: Path
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    at = datetime(2026, 11, 20, 5, 35, 0, 7, tzinfo=timezone(timedelta(hours=3)))
    row = {"ts": at, "day": date(2026, 11, 20), "id": UUID(int=7), "number": 5, "none": None, "text": "«Ё» \ud83c"}
    try:
        outbox.keep(Taker(), TABLE, row)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    keep(1, table=OTHER)
    (spool / "own" / "0.json").write_text("{")
    (found,) = outbox.kept(Taker(), TABLE)
    assert found == {
        "ts": "2026-11-20 02:35:00.000007",
        "day": "2026-11-20",
        "id": str(UUID(int=7)),
        "number": 5,
        "none": None,
        "text": "«Ё» \ufffd",
    }
    instant = outbox.instant(found["ts"])
    assert (instant, instant.tzinfo) == (at, UTC)
    assert (spool / "own").stat().st_mode & 0o777 == 0o700, "a row may hold what is nobody else's business"


def test_what_1_0_kept_is_read_as_well(spool: Path) -> None:
    spool.mkdir(parents=True)
    tagged = {"number": 1, "id": {"uuid": "7"}, "ts": {"datetime": "2026-11-21T05:35:00+03:00"}}
    (spool / "1.json").write_text(json.dumps({"table": TABLE, "row": tagged}))
    assert list(outbox.kept(Taker(), TABLE)) == [{"number": 1, "id": "7", "ts": "2026-11-21 02:35:00.000000"}]


def test_rows_of_two_folders_come_in_the_order_in_which_they_were_kept(spool: Path) -> None:
    nobody = Taker("")
    for number, warehouse in enumerate((nobody, Taker(), nobody, Taker())):
        keep(number, warehouse=warehouse)
    assert {file.parent for file in on_disk()} == {spool, spool / "own"}
    assert [row["number"] for row in outbox.kept(Taker(), TABLE)] == [0, 1, 2, 3]
    outbox.flush(taker := Taker())
    assert (taker.taken, on_disk()) == ([(TABLE, [0, 1, 2, 3])], [])


@pytest.mark.parametrize(("is_sandbox", "nobodys"), [("0", "."), ("1", "sandbox")])
def test_rows_of_other_warehouses_are_left_and_counted(
    monkeypatch: pytest.MonkeyPatch, spool: Path, is_sandbox: str, nobodys: str
) -> None:
    monkeypatch.setenv("ZAKAZ_SANDBOX", is_sandbox)
    for number, identity in enumerate(("own", "other", "other", "")):
        keep(number, warehouse=Taker(identity))
    assert on_disk()[-1].parent == spool / nobodys
    assert outbox.waiting_elsewhere(Taker()) == {spool / "other": 2}
    outbox.flush(taker := Taker())
    assert taker.taken == [(TABLE, [0, 3])]
    assert [file.parent for file in on_disk()] == [spool / "other"] * 2


def test_a_row_is_written_after_what_was_kept_or_kept_itself_whatever_ends_the_writing() -> None:
    class Ended(Taker):
        def refuse(self, _table: str, numbers: list[int]) -> BaseException | None:
            return {1: WarehouseUnavailable("away"), 2: KeyboardInterrupt()}.get(numbers[0])

    assert outbox.write(Ended(), TABLE, {"number": 1}) is False
    (file,) = on_disk()
    file.unlink()
    with pytest.raises(KeyboardInterrupt):
        outbox.write(Ended(), TABLE, {"number": 2})
    assert outbox.write(taker := Taker(), TABLE, {"number": 3}) is True
    assert (taker.taken, on_disk()) == ([(TABLE, [2]), (TABLE, [3])], [])


def test_rows_go_by_batches_and_by_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 3)
    for number in range(8):
        keep(number, table=OTHER if number % 2 else TABLE)
    outbox.flush(taker := Taker())
    assert taker.taken == [(TABLE, [0, 2]), (OTHER, [1]), (OTHER, [3, 5]), (TABLE, [4]), (TABLE, [6]), (OTHER, [7])]


def test_after_the_deadline_no_insert_begins(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Neither of another table, nor of the half of a batch, nor of the next batch; the rows stay."""

    class Slow(Taker):
        def refuse(self, _table: str, numbers: list[int]) -> BaseException | None:
            time_of.now += 1
            return WarehouseRefused("no", 27) if 9 in numbers else None

    time_of = clock(monkeypatch)
    keep(1)
    keep(2, table=OTHER)
    outbox.flush(slow := Slow(), Deadline(0.5))
    assert slow.taken == [(TABLE, [1])]
    keep(3, 9, table=OTHER)
    outbox.flush(slow := Slow(), Deadline(1.5))
    assert slow.taken == [(OTHER, [2])]
    monkeypatch.setattr(outbox, "BATCH", 1)
    outbox.flush(slow := Slow(), Deadline(0.5))
    assert slow.taken == [(OTHER, [3])]
    assert "1 rows of the registries stay on disk" in caplog.text
    time_of.now = 0
    keep(4)
    assert outbox.write(slow := Slow(), TABLE, {"number": 5})
    assert slow.taken == [(TABLE, [5])], "who writes a row gives the old ones a second"
    assert len(on_disk()) == 2


def test_a_refused_row_is_found_and_set_aside_and_the_others_are_written() -> None:
    class Choosy(Taker):
        def refuse(self, _table: str, numbers: list[int]) -> BaseException | None:
            return WarehouseRefused("no such value", 27) if {2, 5} & set(numbers) else None

    keep(*range(7))
    bad = [on_disk()[2].with_suffix(".rejected"), on_disk()[5].with_suffix(".rejected")]
    outbox.flush(choosy := Choosy())
    assert [number for _, numbers in choosy.taken for number in numbers] == [0, 1, 3, 4, 6]
    assert on_disk() == bad


@pytest.mark.parametrize("error", [WarehouseUnavailable("away"), WarehouseRefused("read-only", 164)])
def test_a_warehouse_that_takes_nothing_keeps_its_rows(error: Exception) -> None:
    class Away(Taker):
        def refuse(self, _table: str, _numbers: list[int]) -> BaseException | None:
            return error

    keep(1, 2)
    if isinstance(error, WarehouseUnavailable):
        with pytest.raises(WarehouseUnavailable):
            outbox.flush(Away())
    else:
        outbox.flush(Away())
    assert [row["number"] for row in outbox.kept(Taker(), TABLE)] == [1, 2]


def test_what_another_process_wrote_or_set_aside_meanwhile_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Overtaken(Taker):
        def refuse(self, _table: str, numbers: list[int]) -> BaseException | None:
            for number in {1: (1, 3), 5: (5,)}.get(numbers[0], ()):
                files[number].unlink()
            return WarehouseRefused("no such value", 27) if numbers == [5] else None

    monkeypatch.setattr(outbox, "BATCH", 2)
    keep(*range(1, 6))
    files = dict(enumerate(on_disk(), start=1))
    outbox.flush(slow := Overtaken())
    assert (slow.taken, on_disk()) == ([(TABLE, [1, 2]), (TABLE, [4])], [])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"table": "meta.etl_runs", "row": 1}'])
def test_a_file_that_says_nothing_is_set_aside_and_what_is_half_written_is_left(spool: Path, text: str) -> None:
    keep(1)
    (spool / "own" / "0.json").write_text(text)
    (spool / "own" / "1.part").write_text(text)
    outbox.flush(taker := Taker())
    assert taker.taken == [(TABLE, [1])]
    assert [file.name for file in on_disk()] == ["0.rejected", "1.part"]


def test_a_disk_that_takes_nothing_is_said_and_raises_nothing(spool: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool.parent.mkdir(parents=True, exist_ok=True)
    spool.write_text("in the way")
    keep(1)
    assert "could not be kept on disk either: {'number': 1}" in caplog.text
