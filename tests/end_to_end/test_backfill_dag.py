"""zakaz_backfill in Airflow, against the sandbox: pieces, gaps, one stage, red days, and days out of VK's reach."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from airflow.models import DagRun

import our_dags
from made_rows import stage_sales, stage_vk
from made_runs import attempt, put_run
from sandbox import Sandbox
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.warehouse.hook import WarehouseHook

FIRST, LAST = date(2026, 10, 30), date(2026, 11, 2)
RunForm = Callable[..., DagRun]
Log = Callable[[], str]
pytestmark = [pytest.mark.usefixtures("no_token_kept"), pytest.mark.timeout(240)]


@pytest.fixture
def run_form(metadata: None, warehouse: WarehouseHook, sandbox: Sandbox) -> RunForm:
    """Fill in the form and run it, in this process."""
    dag = our_dags.read().get_dag("zakaz_backfill")

    def run(first: date = FIRST, last: date = LAST, **form: Any) -> DagRun:
        given = {"from_date": str(first), "to_date": str(last), **form}
        return dag.test(logical_date=datetime.now(UTC), run_conf=given)

    return run


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Log:
    """What the tasks said; those of Airflow write to the terminal, whatever Python's logging does."""
    caplog.set_level("INFO")
    return lambda: "".join([caplog.text, *capfd.readouterr()])


def attempts(warehouse: WarehouseHook) -> list[tuple[str, str, str, str]]:
    rows = warehouse.execute(
        "SELECT job, status, toString(from_date), toString(to_date) FROM meta.etl_runs FINAL ORDER BY from_date, job"
    )
    return [row for row in rows if row[0] != "plan"]


def ledger(warehouse: WarehouseHook) -> list[tuple[date, str]]:
    return list(warehouse.execute("SELECT day, state FROM meta.backfills FINAL ORDER BY started_at, day"))


def test_months_are_pieces_and_end_in_what_the_days_alone_bring(
    run_form: RunForm, warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    run = run_form(reason="new ads")
    assert run.state == "success"
    jobs = ("build_dm_sales", "build_dm_vk", "healthcheck", "qtickets_fetch", "vk_fetch")
    assert attempts(warehouse) == [
        *((job, "ok", "2026-10-30", "2026-10-31") for job in jobs),
        *((job, "ok", "2026-11-01", "2026-11-02") for job in jobs),
    ]
    spend = warehouse.execute(
        "SELECT stat_date, sum(spend) FROM zakaz.dm_vk_ads_daily FINAL GROUP BY stat_date ORDER BY ALL"
    )
    days = [FIRST + timedelta(days=number) for number in range(4)]
    assert dict(spend) == {day: sum(Decimal(ad["spent"]) for ad in sandbox.truth(day)) for day in days}
    sums = "SELECT backfill_state, why, days, days_ok, days_changed FROM meta.v_backfills"
    assert warehouse.execute(sums) == [("ok", "new ads", 4, 4, 4)]


def test_only_gaps_leaves_the_good_days_alone(run_form: RunForm, warehouse: WarehouseHook) -> None:
    put_run(warehouse, attempt("healthcheck", FIRST), "ok", day=FIRST)
    put_run(warehouse, attempt("healthcheck", LAST), "ok", day=LAST)
    assert run_form(only_gaps=True).state == "success"
    assert {row[2:] for row in attempts(warehouse)[1:-1]} == {
        ("2026-10-31", "2026-10-31"),
        ("2026-11-01", "2026-11-01"),
    }
    assert len(ledger(warehouse)) == 2


def test_without_gaps_there_is_nothing_to_do_and_that_is_green(
    run_form: RunForm, warehouse: WarehouseHook, log: Log
) -> None:
    put_run(warehouse, attempt("healthcheck", LAST), "ok", day=LAST)
    assert run_form(LAST, LAST, only_gaps=True).state == "success"
    assert len(attempts(warehouse)) == 1, "the one from before"
    assert "nothing was to be done: every day of the range has a good run" in log()
    assert ledger(warehouse) == []


def test_one_stage_alone(run_form: RunForm, warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {"stat_date": LAST})
    assert run_form(LAST, LAST, stage="build_dm_vk").state == "success"
    assert attempts(warehouse) == [("build_dm_vk", "ok", "2026-11-02", "2026-11-02")]
    assert ledger(warehouse) == [(LAST, "ok")]


def test_a_piece_that_fails_is_red_and_the_others_are_done(
    run_form: RunForm, warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.fault("vk_ads", "403", path="statistics/banners", times=1)
    run = run_form()
    assert run.state == "failed"
    states = {state for _, state in ledger(warehouse)}
    assert states == {"red", "ok"}
    red_days = {day for day, state in ledger(warehouse) if state == "red"}
    assert {day.month for day in red_days} in ({10}, {11}), "one piece as a whole"
    assert len([m for m in sandbox.messages() if "ошибка" in m["plain"]]) == 1, "the report wakes nobody once more"


def test_each_piece_is_red_for_what_it_lacks_and_its_marts_have_all_else(
    run_form: RunForm, warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    sandbox.fault("qtickets", "wrong_types")
    assert run_form().state == "failed"
    assert {row[:2] for row in attempts(warehouse)} == {
        *((job, "ok") for job in ("vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales")),
        ("healthcheck", "error"),
    }
    assert warehouse.execute("SELECT uniqExact(sale_date) FROM zakaz.dm_sales_daily FINAL") == [(4,)]
    why = warehouse.execute("SELECT DISTINCT err_msg FROM meta.etl_runs FINAL WHERE job = 'healthcheck'")
    assert len(why) == 2
    assert all("objects of the lists can't be read: order " in text for (text,) in why)


def test_days_that_vk_tells_no_more_of_keep_their_staging(
    run_form: RunForm, warehouse: WarehouseHook, log: Log
) -> None:
    edge = first_reachable_day()
    old = edge - timedelta(days=1)
    stage_vk(warehouse, {"stat_date": old})
    stage_sales(warehouse, {"report_date": old})
    run_form(old, edge)
    assert f"VK Ads serves no day before {edge}" in log()
    assert warehouse.execute(f"SELECT sum(spend) FROM zakaz.dm_vk_ads_daily FINAL WHERE stat_date = '{old}'")[0][0] > 0
    fetched = warehouse.execute("SELECT min(from_date) FROM zakaz.raw_vk_ads WHERE resource = 'statistics'")
    assert fetched == [(edge,)]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"first": LAST, "last": FIRST}, "is no range: the first day comes after the last one"),
        ({"last": datetime.now(UTC).date() + timedelta(days=2)}, "is not over in Moscow"),
    ],
)
def test_a_form_that_makes_no_sense_ends_at_once(
    run_form: RunForm,
    warehouse: WarehouseHook,
    sandbox: Sandbox,
    log: Log,
    form: Any,
    said: str,
) -> None:
    assert run_form(**form).state == "failed"
    assert said in log()
    assert attempts(warehouse) == []
    assert ledger(warehouse) == []
    assert sandbox.messages() == []
