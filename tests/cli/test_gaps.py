"""bin/zakaz gaps: the days without a good run, of a range or of all, and its exit code."""

import re
from datetime import timedelta

import pytest

from cli.conftest import Zakaz
from made_runs import attempt, put_good_days, put_run
from orchestration.conftest import airflow as airflow
from sandbox import Sandbox
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.warehouse.hook import WarehouseHook


def ago(days: int, days_back: int = 0) -> DayRange:
    return DayRange(yesterday() - timedelta(days=days + days_back), yesterday() - timedelta(days=days))


def test_of_a_range_and_of_all(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    put_good_days(warehouse, [ago(0, 29), ago(32, 300), ago(800)])
    failed = ago(31).last
    put_run(warehouse, attempt("vk_fetch", failed), "error", day=failed, err_msg="VK is down")
    lacking = f"{failed}\tred\tVK is down\n{ago(30).last}\tnone\n"
    reach = first_reachable_day()
    old = "".join(f"{day}\tnone\n" for day in DayRange(reach, ago(333).last))
    assert zakaz("gaps") == (2, f"{old}{lacking}", ""), "none that VK serves no more, though an older day is good"
    assert zakaz("gaps", "--from", str(ago(32).last), "--to", str(yesterday())) == (2, lacking, "")
    assert zakaz("gaps", "--from", str(ago(1).last), "--to", str(yesterday())) == (0, "", "")
    put_good_days(warehouse, [ago(30, 1), ago(333, 40)])
    assert zakaz("gaps") == (0, "", "")


def test_without_any_good_day_it_is_the_day_that_is_due(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    ((due,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    assert zakaz("gaps") == (2, f"{due}\tnone\n", "")


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("airflow")
def test_the_command_that_the_watchdog_tells_fills_them(
    zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__LOGGING__LOGGING_LEVEL", "INFO")
    put_good_days(warehouse, [ago(0, 17), ago(19, 2), ago(23)])
    code, out, _ = zakaz("watchdog")
    assert (code, out.count("\n")) == (2, 2)
    (message,) = [one["plain"] for one in sandbox.messages() if "Пропущенные дни: 2" in one["plain"]]
    (command,) = re.findall(r"bin/zakaz (backfill .*)", message)
    code, out, err = zakaz(*command.split())
    assert (code, err) == (0, "")
    assert "2 of 2 days are good" in out, "those that were missing, and no other of the range"
    assert zakaz("gaps") == (0, "", "")
    assert zakaz("watchdog")[:2] == (0, "OK\n")
    assert zakaz("status")[0] == 0


@pytest.mark.parametrize(("given", "lacks"), [("--from", "--to"), ("--to", "--from")])
def test_one_end_alone_is_no_range(zakaz: Zakaz, warehouse: WarehouseHook, given: str, lacks: str) -> None:
    code, out, err = zakaz("gaps", given, str(yesterday()))
    assert (code, out) == (1, "")
    assert err == f"zakaz: {lacks} is missing: name both days, or none for all gaps\n"
