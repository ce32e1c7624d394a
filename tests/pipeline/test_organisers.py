"""Several organisers of QTickets, each with a token: each is loaded by itself, and all add up."""

import json
import os
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_qtickets import REFUND_DAYS, MadeQTickets, msk, show, ticket
from made_rows import DAY, ONE_DAY, build_sales, stage_sales
from made_runs import attempt
from sandbox import ORGANISERS, Sandbox
from zakaz.connections import api
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import SourceRefused, SourceUnavailable
from zakaz.pipeline.audit import audit
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.fetch import qtickets_fetch
from zakaz.pipeline.known_shows import keep_coming_shows, keep_shows
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.sales import load_sales
from zakaz.registry.quality import Finding
from zakaz.registry.restatements import Restatement
from zakaz.registry.runs import RunFigures
from zakaz.settings import Settings
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook

OWN, URAL = "qtickets", "qtickets:ural"
# Each organiser as the sandbox calls it.
NAMES = {OWN: "kazan", URAL: "ural"}
FIGURES = ("tickets_sold", "revenue", "refunds_amount")
WEEK = DayRange(DAY - timedelta(days=6), DAY)

pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("no_token_kept")]


@pytest.fixture
def two(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with a connection to both of its organisers."""
    monkeypatch.setattr(api, "settings", lambda: Settings(http_attempts=2, http_pause_seconds=0.01))
    connect(monkeypatch, extra={"organiser_tokens": {"ural": ORGANISERS["ural"]}})
    return sandbox


def connect(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    connection = json.loads(os.environ["AIRFLOW_CONN_QTICKETS_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFAULT", json.dumps({**connection, **changed}))


def load(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> LoadResult:
    return load_qtickets(QTicketsHook().get_conn(), warehouse, days, REFUND_DAYS)


def truth(sandbox: Sandbox, source: str, days: DayRange = ONE_DAY) -> tuple[Decimal, ...]:
    """Tickets, revenue and refunds, as the sandbox's own books have them."""
    rows = sandbox.sales_truth(days.first, days.last, REFUND_DAYS, NAMES[source])
    return tuple(sum((Decimal(row[name]) for row in rows), Decimal(0)) for name in FIGURES)


def sold(warehouse: WarehouseHook, table: str = "stg_qtickets_sales") -> dict[str, tuple[Decimal, ...]]:
    """The same of each source, as the warehouse has them."""
    sums = ", ".join(f"sum({name})" for name in FIGURES)
    rows = warehouse.execute(f"SELECT source::String, {sums} FROM zakaz.{table} FINAL GROUP BY source")
    return {source: tuple(map(Decimal, figures)) for source, *figures in rows}


def sales_findings(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> dict[str, Finding]:
    return {one.check_name: one for one in check_days(warehouse, days, source="qtickets")}


def failed(warehouse: WarehouseHook) -> set[str]:
    return {name for name, one in sales_findings(warehouse).items() if not one.passed}


def change_staging(warehouse: WarehouseHook, source: str, more: int) -> None:
    """Let one row of a source have other revenue."""
    warehouse.execute(
        "INSERT INTO zakaz.stg_qtickets_sales SELECT * REPLACE (toDecimal64(revenue + {more:Int64}, 2) AS revenue) "
        "FROM zakaz.stg_qtickets_sales FINAL WHERE source = {source:String} ORDER BY revenue DESC LIMIT 1",
        {"more": more, "source": source},
    )


def test_both_add_up_to_what_the_sandbox_sold(warehouse: WarehouseHook, two: Sandbox) -> None:
    expected = {source: truth(two, source, WEEK) for source in NAMES}
    assert expected[OWN] != expected[URAL]
    assert all(amount > 0 for figures in expected.values() for amount in figures)
    for _ in range(2):
        loaded = load(warehouse, WEEK)
        build_sales(warehouse, WEEK)
        assert sold(warehouse) == sold(warehouse, "dm_sales_daily") == expected
        assert (loaded.loaded, loaded.failed, loaded.restatements) == ((OWN, URAL), {}, ())
    ((together,),) = warehouse.execute("SELECT sum(revenue) FROM bi.v_sales_daily")
    assert together == expected[OWN][1] + expected[URAL][1]
    assert {name for name, one in sales_findings(warehouse, WEEK).items() if not one.passed} == set()


def test_each_replaces_its_own_days_alone(
    warehouse: WarehouseHook, two: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(warehouse)
    before = warehouse.execute("SELECT * FROM zakaz.stg_qtickets_sales FINAL WHERE source = 'qtickets' ORDER BY ALL")
    (order, *_) = [one for one in two.offices["ural"].orders(DAY) if one.payed and not one.cancelled]
    two.offices["ural"].change(order.id, cancelled=True)
    connect(monkeypatch, password=None)
    loaded = load(warehouse)
    assert before == warehouse.execute(
        "SELECT * FROM zakaz.stg_qtickets_sales FINAL WHERE source = 'qtickets' ORDER BY ALL"
    )
    assert sold(warehouse)[URAL] == truth(two, URAL)
    assert {change.source for change in loaded.restatements} == {URAL}
    assert {str(change).rpartition(" ")[2] for change in loaded.restatements} == {f"({URAL})"}
    told = warehouse.execute("SELECT DISTINCT source FROM meta.restatements FINAL")
    assert told == [(URAL,)]
    # One that is no longer in the connection keeps what it sold.
    connect(monkeypatch, password=ORGANISERS["kazan"], extra=None)
    load(warehouse)
    assert sold(warehouse) == {source: truth(two, source) for source in NAMES}


FAULTS = [("403", SourceRefused), ("503", SourceUnavailable), ("disconnect", SourceUnavailable)]


@pytest.mark.parametrize(("kind", "error"), FAULTS)
@pytest.mark.parametrize("lacks", [OWN, URAL])
def test_one_that_fails_keeps_the_other_from_nothing_and_is_named(
    warehouse: WarehouseHook, two: Sandbox, lacks: str, kind: str, error: type[Exception]
) -> None:
    stage_sales(warehouse, {"source": lacks})
    old = sold(warehouse)[lacks]
    two.fault("qtickets", kind, account=NAMES[lacks])
    figures, (other,) = RunFigures(), set(NAMES) - {lacks}
    if error is SourceRefused:
        qtickets_fetch(warehouse, ONE_DAY, attempt("qtickets_fetch"), figures)
        (told,) = figures.lacking
        place = "password" if lacks == OWN else "extra.organiser_tokens.ural"
        assert f" into the {place} " in told
    else:
        # It may answer later: the fetch is tried again.
        with pytest.raises(SourceUnavailable) as caught:
            qtickets_fetch(warehouse, ONE_DAY, attempt("qtickets_fetch"), figures)
        told = str(caught.value)
    assert told.startswith(f"accounts not loaded, 1 of 2: {lacks}; their old rows stay. {lacks}: QTickets: GET ")
    assert told.endswith(f". Loaded: {other}")
    assert sold(warehouse) == {lacks: old, other: truth(two, other)}


def test_of_none_that_is_loaded_nothing_is_kept(warehouse: WarehouseHook, two: Sandbox) -> None:
    two.fault("qtickets", "403")
    with pytest.raises(SourceRefused, match=rf"^accounts not loaded, 2 of 2: {OWN}, {URAL};.* Loaded: none$"):
        qtickets_fetch(warehouse, ONE_DAY, attempt("qtickets_fetch"), RunFigures())


def test_what_of_one_can_not_be_read_is_named(warehouse: WarehouseHook, two: Sandbox) -> None:
    two.fault("qtickets", "wrong_types", times=1, account="ural")
    loaded = load(warehouse)
    assert loaded.broken
    assert all(what.startswith(f"{URAL}: order ") for what in loaded.broken)


def test_rows_that_differ_from_their_own_total_fail_though_the_sum_is_right(
    warehouse: WarehouseHook, two: Sandbox
) -> None:
    load(warehouse)
    build_sales(warehouse)
    assert failed(warehouse) == set()
    change_staging(warehouse, OWN, 7)
    change_staging(warehouse, URAL, -7)
    build_sales(warehouse)
    assert sum(figures[1] for figures in sold(warehouse).values()) == truth(two, OWN)[1] + truth(two, URAL)[1]
    finding = sales_findings(warehouse)["source_totals_sales"]
    assert failed(warehouse) == {"source_totals_sales"}
    for text, more in ((finding.expected, 0), (finding.found, 7)):
        own, ural = text.split("; ")
        assert own.startswith(f"{OWN}: ")
        assert f" {truth(two, OWN)[1] + more:.0f} rubles" in own.replace(".00", "")
        assert ural.startswith(f"{URAL}: ")
        assert f" {truth(two, URAL)[1] - more:.0f} rubles" in ural.replace(".00", "")


def test_the_one_that_differs_comes_first(warehouse: WarehouseHook, two: Sandbox) -> None:
    load(warehouse)
    change_staging(warehouse, URAL, 7)
    build_sales(warehouse)
    assert sales_findings(warehouse)["source_totals_sales"].found.startswith(URAL)


def test_the_rows_of_one_hide_no_day_that_the_other_lacks(warehouse: WarehouseHook, two: Sandbox) -> None:
    load(warehouse)
    warehouse.execute(
        "ALTER TABLE zakaz.stg_qtickets_sales DELETE WHERE source = 'qtickets:ural' SETTINGS mutations_sync = 1"
    )
    build_sales(warehouse)
    assert failed(warehouse) == {"source_totals_sales", "zero_rows_staged_sales", "zero_rows_sales"}
    rows = warehouse.execute("SELECT count() FROM zakaz.stg_qtickets_sales FINAL")[0][0]
    assert sales_findings(warehouse)["zero_rows_staged_sales"].found == f"{rows} rows, none of {URAL}"


def made(*tickets: Any, organiser: str = "", **given: Any) -> MadeQTickets:
    return MadeQTickets(list(tickets), organiser=organiser, **given)


EMPTY: dict[str, Any] = {"newest": [msk("2026-10-29T23:59:59")]}


@pytest.mark.parametrize("is_suspect", [False, True])
def test_a_day_is_without_sales_if_all_that_were_asked_say_so(warehouse: WarehouseHook, is_suspect: bool) -> None:
    inside = {"newest": [msk("2026-11-20T10:00:00")]}
    loaded = load_qtickets(
        [made(**EMPTY), made(organiser="ural", **(inside if is_suspect else EMPTY))], warehouse, ONE_DAY, REFUND_DAYS
    )
    assert loaded.loaded == ((OWN,) if is_suspect else (OWN, URAL))
    build_sales(warehouse)
    assert failed(warehouse) == (
        {"zero_rows_sales", "zero_rows_staged_sales", "freshness_sales"} if is_suspect else set()
    )
    stage = "INSERT INTO zakaz.dm_vk_ads_daily (stat_date, city, spend, _ver) VALUES ('2026-11-20', 'Казань', 1, 1)"
    warehouse.execute(stage)
    ((has_sales,),) = warehouse.execute("SELECT has_sales FROM bi.v_marketing_roi_daily")
    assert bool(has_sales) is not is_suspect


def test_one_without_sales_beside_one_with_some(warehouse: WarehouseHook) -> None:
    loaded = load_qtickets([made(ticket()), made(organiser="ural", **EMPTY)], warehouse, ONE_DAY, REFUND_DAYS)
    assert loaded.failed == {}
    build_sales(warehouse)
    assert failed(warehouse) == set()


def test_an_organiser_under_two_names_is_found(
    warehouse: WarehouseHook, two: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token of the password was moved to the extra: its sales of before stand beside those under the name."""
    load(warehouse)
    connect(monkeypatch, password=None, extra={"organiser_tokens": {"kazan": ORGANISERS["kazan"]}})
    load(warehouse)
    build_sales(warehouse)
    assert failed(warehouse) == {"duplicate_events"}
    assert sales_findings(warehouse)["duplicate_events"].found.endswith(" of qtickets and qtickets:kazan")


def test_an_event_without_a_number_is_nobodys_double(warehouse: WarehouseHook) -> None:
    stage_sales(warehouse, {"event_id": 0}, {"event_id": 0, "source": URAL})
    build_sales(warehouse)
    assert "duplicate_events" not in failed(warehouse)


def test_the_warning_of_one_withdraws_none_of_the_other(warehouse: WarehouseHook) -> None:
    odd = ticket(basket_id=2, currency="KZT")
    loaded = load_qtickets(
        [made(ticket()), made(ticket(basket_id=3), odd, organiser="ural")], warehouse, ONE_DAY, REFUND_DAYS
    )
    assert {(one.check_name, one.subject) for one in loaded.findings if not one.passed} == {
        ("other_currency_tickets:ural", "QTickets ural: other currencies")
    }
    assert len({one.check_name for one in loaded.findings}) == len(loaded.findings)


def test_a_late_cancellation_is_that_of_its_organiser(warehouse: WarehouseHook) -> None:
    load_qtickets([made(ticket(), organiser="ural")], warehouse, ONE_DAY, REFUND_DAYS)
    next_day = DayRange(DAY + timedelta(days=1), DAY + timedelta(days=1))
    sale = ticket(basket_id=5, payed_at=msk("2026-11-21T10:00:00"))
    for organiser in ("", "ural"):
        one = made(sale, ticket(cancelled=True), organiser=organiser)
        loaded = load_qtickets([one], warehouse, next_day, REFUND_DAYS)
        lost = {found.check_name for found in loaded.findings if not found.passed}
        assert lost == ({"late_cancellations:ural"} if organiser else set())


def test_a_file_in_the_place_of_qtickets_is_beside_the_others(warehouse: WarehouseHook, two: Sandbox) -> None:
    load(warehouse)
    line = SalesLine(
        report_date=str(DAY), event_date="2026-12-24", event_id=1, city="Казань", tickets_sold=1, revenue="5"
    )
    load_sales(warehouse, [line], replace=True)
    assert sold(warehouse)[URAL] == truth(two, URAL)
    assert sold(warehouse)[OWN] == (1, 5, 0)
    order = next(one for one in two.offices["ural"].orders(DAY) if one.payed and not one.cancelled)
    two.offices["ural"].change(order.id, cancelled=True)
    changes: dict[bool, set[str]] = {True: set(), False: set()}
    for change in load(warehouse).restatements:
        assert isinstance(change, Restatement)
        changes[change.was_of_file].add(change.source)
    assert changes == {True: {OWN}, False: {URAL}}


def test_the_shows_of_all_are_known_and_whose_they_are(warehouse: WarehouseHook, two: Sandbox) -> None:
    days = DayRange(last_complete_day(), last_complete_day())
    qtickets_fetch(warehouse, days, attempt("qtickets_fetch"), RunFigures())
    shows = warehouse.execute("SELECT source, event_id, tickets_sold, is_over FROM bi.v_shows")
    for source, name in NAMES.items():
        own = {event.id for event in two.offices[name].events}
        assert {event_id for of, event_id, *_ in shows if of == source} <= own
        assert sum(sold for of, _, sold, _ in shows if of == source) == truth(two, source, days)[0]
        assert any(not sold and not is_over for of, _, sold, is_over in shows if of == source), "one to come"
    assert warehouse.execute("SELECT count() FROM bi.v_shows WHERE event_name = ''") == [(0,)]


def test_a_show_that_left_the_list_is_asked_of_its_organiser_alone(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, list[int]] = {}

    class Listed(MadeQTickets):
        """Has no active event any more."""

        def active_shows(self) -> Any:
            return iter([])

        def shows(self, event_ids: Any) -> Any:
            asked.setdefault(self.source, []).extend(event_ids)
            return iter([])

    days = DayRange(last_complete_day(), last_complete_day())
    soon = {"starts_at": msk("2099-01-01T19:00:00"), "is_active": True}
    for source, event_id in ((OWN, 1), (URAL, 2)):
        keep_shows(warehouse, [show(event_id=event_id, show_id=event_id, **soon)], msk(f"{days.last}T00:00:00"), source)
    keep_coming_shows([Listed([]), Listed([], organiser="ural")], warehouse)
    assert asked == {OWN: [1], URAL: [2]}


def test_the_audit_asks_each(warehouse: WarehouseHook, two: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    load(warehouse)
    build_sales(warehouse)
    comparisons, _ = audit(warehouse, ONE_DAY)
    said = {one.subject.source: one.said for one in comparisons if one.figure == "revenue"}
    assert said == {source: truth(two, source)[1] for source in NAMES}
    assert all(one.is_equal for one in comparisons if one.subject.source != "vk_ads")
    two.fault("qtickets", "403", account="ural")
    _, not_asked = audit(warehouse, ONE_DAY)
    refused, has_rows = [line for line in not_asked if line.startswith(URAL)]
    assert "HTTP 403" in refused
    assert has_rows == f"{URAL} has rows from {DAY} to {DAY}, and is none of those that answered"
    connect(monkeypatch, extra=None)
    assert has_rows in audit(warehouse, ONE_DAY)[1]
