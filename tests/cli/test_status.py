"""bin/zakaz status: what it prints, and its exit code by light."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from cli.conftest import Zakaz
from made_runs import attempt, put_good_days, put_run
from outage import on_disk
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.registry import outbox
from zakaz.warehouse.hook import WarehouseHook


def good(warehouse: WarehouseHook, days_ago: int) -> None:
    day = yesterday() - timedelta(days=days_ago)
    put_run(warehouse, attempt("healthcheck", day), "ok", day=day)


def whole(output: str) -> str:
    (line,) = (line for line in output.splitlines() if " zakaz_etl " in line)
    return line


def test_it_exits_by_the_light(warehouse: WarehouseHook, zakaz: Zakaz) -> None:
    code, output, _ = zakaz("status")
    assert (code, "🔴" in whole(output), "ещё ни одного полного дня" in output) == (2, True, True)
    # An old day that was done now is no yesterday.
    good(warehouse, 3)
    code, output, _ = zakaz("status")
    assert (code, "🔴" in whole(output)) == (2, True)
    for days_ago in (1, 0):
        good(warehouse, days_ago)
    code, output, _ = zakaz("status")
    assert (code, "🟡" in whole(output), "не хватает дней: 1 (" in whole(output)) == (1, True, True)
    # However old.
    good(warehouse, 2)
    good(warehouse, 300)
    code, output, _ = zakaz("status")
    period = f"{yesterday() - timedelta(days=299):%d.%m.%Y} – {yesterday() - timedelta(days=4):%d.%m.%Y}"
    assert (code, "🟡" in whole(output), f"не хватает дней: 296 ({period})" in whole(output)) == (1, True, True)
    put_good_days(warehouse, [DayRange(yesterday() - timedelta(days=299), yesterday())])
    code, output, _ = zakaz("status")
    assert (code, "🟢" in whole(output), f"{yesterday():%d.%m.%Y}" in whole(output)) == (0, True, True)


def test_it_tells_of_rows_that_wait_for_another_warehouse(
    warehouse: WarehouseHook, zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ANOTHER", json.dumps({"conn_type": "clickhouse", "host": "ch.example.com"}))
    outbox.keep(warehouse, "meta.etl_runs", {"job": "vk_fetch"})
    assert "another warehouse" not in zakaz("status")[1]
    for _ in range(2):
        outbox.keep(WarehouseHook("another"), "meta.etl_runs", {"job": "vk_fetch"})
    folder = on_disk()[-1].parent
    assert f"\n2 rows of the registries wait for another warehouse, in {folder}\n" in zakaz("status")[1]


def test_it_tells_of_backups_and_disks(
    warehouse: WarehouseHook, zakaz: Zakaz, set_settings: Callable[..., None]
) -> None:
    put_good_days(warehouse, [DayRange(yesterday(), yesterday())])
    code, output, _ = zakaz("status")
    assert (code, "\n⚪ Резервная копия: не настроена: BACKUP_KEEP\n🟢 Диск default: свободно " in output) == (0, True)
    set_settings(BACKUP_KEEP=14, DISK_FREE_PERCENT=100)
    put_run(warehouse, attempt("vk_fetch"), "ok", minutes_ago=37 * 60)
    lines = [line.partition(": ") for line in zakaz("status")[1].splitlines()[-3:]]
    assert [line[0] for line in lines] == ["🔴 Резервная копия", "🟢 Проверка резервной копии", "🔴 Диск default"]
    assert [line[2] for line in lines[:2]] == ["удачных ещё не было"] * 2
