"""What a clock that is ahead has written hides nothing that is written later, by whatever clock."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from made_rows import DAY, ONE_DAY, build_sales, build_vk, stage_sales, stage_vk
from made_runs import attempt
from received import heads
from sandbox import Sandbox
from zakaz.alerts.alert import TABLE as ALERTS
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.sweep import sweep
from zakaz.connections.qtickets import QTicketsHook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.sales import load_sales
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, FIGURES, SourceTotal, record_totals
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.backfills import MISSING, Backfill, enter, settle
from zakaz.registry.mutes import mute
from zakaz.registry.runs import recorded
from zakaz.sources.sales_file import SalesLine
from zakaz.warehouse import versions
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]
YEAR = 366 * 86_400_000_000


@pytest.fixture(autouse=True)
def opened(warehouse: WarehouseHook) -> Iterator[None]:
    """The warehouse, open for the whole test."""
    with warehouse.session():
        yield


def written_ahead(warehouse: WarehouseHook, *tables: str) -> None:
    """Let what stands in tables have been written by a machine whose clock is a year ahead."""
    for table in tables:
        warehouse.execute(f"INSERT INTO {table} SELECT * REPLACE (_ver + {YEAR} AS _ver) FROM {table}")


def spend(warehouse: WarehouseHook, table: str = "dm_vk_ads_daily") -> list[tuple[Decimal]]:
    return list(warehouse.execute(f"SELECT spend FROM zakaz.{table} FINAL"))


def total(state: str, amount: str, source: str = "qtickets") -> SourceTotal:
    said = {"impressions": 0, "clicks": 0, "amount": Decimal(amount), "fetched_at": datetime.now(UTC)}
    return SourceTotal(day=DAY, source=source, account_id=0, state=state, fetch_id=uuid4(), **said)


def found(warehouse: WarehouseHook, check: str) -> tuple[bool, str]:
    (finding,) = [one for one in check_days(warehouse, ONE_DAY) if one.check_name == check]
    return finding.passed, finding.expected


def test_a_rebuild_is_seen_and_the_clock_is_named(warehouse: WarehouseHook, caplog: pytest.LogCaptureFixture) -> None:
    stage_vk(warehouse, {"utm_content": "moskva", "spend": Decimal(1)})
    build_vk(warehouse)
    assert "clock" not in caplog.text
    written_ahead(warehouse, "zakaz.dm_vk_ads_daily")
    stage_vk(warehouse, {"spend": Decimal(2)})
    with caplog.at_level(logging.WARNING):
        assert build_vk(warehouse) == 1
    assert spend(warehouse) == [(Decimal(2),)], "its own row, and the tombstone of the other city's"
    stage_vk(warehouse, {"_deleted": 1})
    assert build_vk(warehouse) == 0
    written_ahead(warehouse, "zakaz.dm_vk_ads_daily")
    stage_vk(warehouse, {"spend": Decimal(3)})
    build_vk(warehouse)
    assert spend(warehouse) == [(Decimal(3),)], "a tombstone from a clock ahead hides nothing either"
    assert f"{ONE_DAY}: there are rows that a clock 365 days ahead has written" in caplog.text


@pytest.mark.parametrize("ahead", ["zakaz.stg_vk_ads_daily", "zakaz.stg_qtickets_sales"])
def test_the_stagings_are_what_their_sources_say(warehouse: WarehouseHook, sandbox: Sandbox, ahead: str) -> None:
    seen = []
    for price in ("1.11", "2.22"):
        sandbox.patch_ad(sandbox.ads()[0]["id"], spent={DAY: price})
        load_vk_ads(VkAdsHook().get_conn(), warehouse, ONE_DAY)
        load_qtickets(QTicketsHook().get_conn(), warehouse, ONE_DAY, 0)
        seen.append(warehouse.execute("SELECT sum(spend) FROM zakaz.stg_vk_ads_daily FINAL"))
        build_vk(warehouse)
        build_sales(warehouse)
        for check in ("source_totals_vk", "source_totals_sales", "staging_equals_mart_vk"):
            assert found(warehouse, check)[0]
        written_ahead(warehouse, ahead)
    assert seen[1][0][0] - seen[0][0][0] == Decimal("1.11")


def test_no_figure_depends_on_the_clock_of_this_machine(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage_vk(warehouse, {"spend": Decimal(1)})
    build_vk(warehouse)
    stage_vk(warehouse, {"spend": Decimal(2)})
    monkeypatch.setattr(versions.time, "time_ns", lambda: 1)
    assert build_vk(warehouse) == 1
    assert spend(warehouse) == [(Decimal(2),)]


@pytest.mark.parametrize("ahead", ["zakaz.stg_qtickets_sales", "meta.source_totals"])
def test_a_total_is_compared_with_its_own_rows_and_no_others(
    warehouse: WarehouseHook, sandbox: Sandbox, ahead: str
) -> None:
    """Rows of a file that came later are newer than what QTickets said; rows of QTickets are not."""
    load_qtickets(QTicketsHook().get_conn(), warehouse, ONE_DAY, 0)
    written_ahead(warehouse, ahead)
    load_qtickets(QTicketsHook().get_conn(), warehouse, ONE_DAY, 0)
    assert found(warehouse, "source_totals_sales")[1].endswith(" given back")
    written_ahead(warehouse, ahead)
    sold = {"event_date": "2026-12-24", "event_id": 1, "city": "Казань", "tickets_sold": 1, "revenue": "10.10"}
    load_sales(warehouse, [SalesLine(report_date=str(DAY), **sold)], replace=True)
    newer = "no total: the rows are newer than what QTickets said"
    assert found(warehouse, "source_totals_sales") == (True, newer)


def test_the_last_word_of_a_source_and_of_a_check_counts(warehouse: WarehouseHook) -> None:
    stage_sales(warehouse, {"revenue": Decimal(5)})
    record_totals(warehouse, [total(CONFIRMED_ZERO, "0")])
    assert not found(warehouse, "source_totals_sales")[0]
    written_ahead(warehouse, "meta.source_totals", "meta.quality_results")
    record_totals(warehouse, [total(FIGURES, "5")])
    assert found(warehouse, "source_totals_sales") == (True, "2 tickets for 5 rubles, 0 given back")
    kept = "SELECT passed, expected FROM meta.quality_results FINAL WHERE check_name = 'source_totals_sales'"
    assert warehouse.execute(kept) == [(1, "2 tickets for 5 rubles, 0 given back")]


@pytest.mark.own_statements
def test_a_mute_can_be_ended(warehouse: WarehouseHook) -> None:
    now = datetime.now(UTC)
    for job, hours in (("all", 1), ("vk_fetch", 2)):
        mute(warehouse, job, now + timedelta(hours=hours), "work")
    written_ahead(warehouse, "meta.mutes")
    mute(warehouse, "vk_fetch", now - timedelta(hours=1), "done")
    assert warehouse.execute("SELECT job, reason FROM meta.mutes FINAL WHERE until > now64(6)") == [("all", "work")]


def test_a_backfill_comes_to_its_end(warehouse: WarehouseHook) -> None:
    entry = Backfill(days=ONE_DAY)
    for state in (MISSING, "stopped"):
        enter(warehouse, entry, [DAY])
        assert warehouse.execute("SELECT state FROM meta.backfills FINAL") == [("planned",)]
        written_ahead(warehouse, "meta.backfills")
        assert [one.state for one in settle(warehouse, entry, state)] == [state]
        written_ahead(warehouse, "meta.backfills")


def test_an_attempt_ends_though_the_clock_was_set_back(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(warehouse, attempt(), ONE_DAY):
        monkeypatch.setattr(versions.time, "time_ns", lambda: 1)
    assert warehouse.execute("SELECT status FROM meta.etl_runs FINAL") == [("ok",)]


def test_an_alert_is_delivered_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """The machine that raised two alerts with a wrong clock could not send them; others do, each once."""
    sandbox.fault("telegram", "500")
    alerts = [failure_alert(attempt(job), "down", ONE_DAY) for job in ("vk_fetch", "build_dm_vk")]
    assert [raise_alert(warehouse, alert) for alert in alerts] == ["failed", "failed"]
    written_ahead(warehouse, ALERTS)
    sandbox.clear_faults()
    assert [raise_alert(warehouse, alerts[0]) for _ in range(2)] == ["sent", ""]
    for _ in range(2):
        sweep(warehouse)
    assert len(heads(sandbox)) == 2
    assert warehouse.execute(f"SELECT DISTINCT delivery FROM {ALERTS} FINAL") == [("sent",)]
