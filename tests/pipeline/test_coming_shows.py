"""The shows to come, read from the list of active events: also those without a sale, and never in the way of sales."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from made_qtickets import MadeQTickets, show
from made_replies import client_of, event, page
from made_runs import attempt
from sandbox import Sandbox
from zakaz.connections import api
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.pipeline import fetch, known_shows
from zakaz.pipeline.known_shows import keep_coming_shows, keep_shows
from zakaz.registry.runs import RunFigures
from zakaz.settings import Settings
from zakaz.sources.qtickets_events import Show
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
SOON = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture(autouse=True)
def _few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "settings", lambda: Settings(http_attempts=2, http_pause_seconds=0.01))


def fetched(warehouse: WarehouseHook) -> None:
    fetch.qtickets_fetch(warehouse, DayRange(yesterday(), yesterday()), attempt("qtickets_fetch"), RunFigures())


def coming(warehouse: WarehouseHook) -> dict[int, bool]:
    """The shows to come by id, with whether they are on sale."""
    return dict(warehouse.execute("SELECT show_id, is_on_sale FROM bi.v_shows WHERE NOT is_over"))


def staged(warehouse: WarehouseHook) -> Any:
    return warehouse.execute("SELECT * EXCEPT _ver FROM zakaz.stg_qtickets_sales FINAL ORDER BY ALL")


def truth(sandbox: Sandbox) -> dict[int, bool]:
    """The next two shows of each active event."""
    events = [one for one in sandbox.office.events if one.is_active]
    shows = [(one, one.next_show(sandbox.office.today()) + more) for one in events for more in (0, 1)]
    return {one.show(number).id: one.deleted_at is None for one, number in shows}


@pytest.mark.parametrize("kind", ["", "refuse_active"])
def test_shows_to_come_are_known_before_they_sell(warehouse: WarehouseHook, sandbox: Sandbox, kind: str) -> None:
    """Of all events, if QTickets doesn't take the filter."""
    if kind:
        sandbox.fault("qtickets", kind)
    fetched(warehouse)
    found, expected = coming(warehouse), truth(sandbox)
    assert len(expected) > 10
    assert expected.items() <= found.items()
    ((unsold,),) = warehouse.execute("SELECT count() FROM bi.v_shows WHERE NOT is_over AND tickets_sold = 0")
    assert unsold > 5


def test_a_list_that_can_not_be_read_is_no_hindrance(
    warehouse: WarehouseHook, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    fetched(warehouse)
    before, sales = coming(warehouse), staged(warehouse)
    warehouse.execute("TRUNCATE TABLE zakaz.stg_qtickets_sales")
    sandbox.fault("qtickets", "fail_active")
    fetched(warehouse)
    assert staged(warehouse) == sales != []
    assert coming(warehouse) == before
    assert "new shows may lack in bi.v_shows: QTickets: GET" in caplog.text


class Made(MadeQTickets):
    """Has a list of active events."""

    active: Callable[[], Iterator[list[Show]]]

    def active_shows(self) -> Iterator[list[Show]]:
        return self.active()


class Hook:
    """Stands for the connection."""

    def __init__(self, client: MadeQTickets) -> None:
        self.get_conn = lambda: [client]


@pytest.mark.parametrize(("first", "last", "is_asked"), [(0, 0, True), (29, 0, True), (1, 1, False), (30, 1, False)])
def test_only_a_window_up_to_yesterday_asks_for_what_is_on_sale_now(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch, first: int, last: int, is_asked: bool
) -> None:
    client = Made([])
    client.active = lambda: iter([[show(starts_at=SOON, is_active=True)]])
    monkeypatch.setattr(fetch, "QTicketsHook", lambda: Hook(client))
    days = DayRange(yesterday() - timedelta(days=first), yesterday() - timedelta(days=last))
    fetch.qtickets_fetch(warehouse, days, attempt("qtickets_fetch"), RunFigures())
    assert coming(warehouse) == ({88: True} if is_asked else {})


def test_what_was_read_of_a_list_is_kept_and_the_rest_waits_no_longer_than_a_minute(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(known_shows, "MOST_SECONDS", 0.2)
    client, is_over = Made([]), []

    def endless() -> Iterator[list[Show]]:
        number = 0
        while True:
            number += 1
            yield [show(show_id=number, starts_at=SOON)]
            is_over.append(number)

    client.active = endless
    monkeypatch.setattr(known_shows, "MOST_PAGES", 10**9)
    keep_coming_shows([client], warehouse)
    asked = len(is_over)
    assert len(coming(warehouse)) > 0
    assert "took more than" in caplog.text
    assert len(is_over) <= asked + 1
    monkeypatch.setattr(known_shows, "MOST_PAGES", 3)
    monkeypatch.setattr(known_shows, "MOST_SECONDS", 60)
    warehouse.execute("TRUNCATE TABLE zakaz.dim_show")
    keep_coming_shows([client], warehouse)
    assert coming(warehouse).keys() == {1, 2, 3}


def test_an_event_that_left_the_list_is_looked_up(warehouse: WarehouseHook) -> None:
    on_sale = {"starts_at": SOON, "is_active": True}
    keep_shows(warehouse, [show(**on_sale), show(event_id=78, show_id=89, **on_sale)], datetime.now(UTC), "qtickets")
    assert coming(warehouse) == {88: True, 89: True}
    client = Made([], events=[show(**{**on_sale, "is_active": False}), show(show_id=0)])
    client.active = lambda: iter([[show(event_id=78, show_id=89, **on_sale)]])
    keep_coming_shows([client], warehouse)
    assert coming(warehouse) == {88: False, 89: True}


def test_what_is_asked_and_read(scripted: Any) -> None:
    of_show = {
        "start_date": "2026-12-24T19:00:00+03:00",
        "is_active": "1",
        "sale_start_date": None,
        "sale_finish_date": "2026-12-24T18:00:00+03:00",
        "min_price": 1200,
        "max_price": "3500.50",
        "deleted_at": None,
    }
    odd = {"id": 89, "min_price": "from 100", "is_active": "maybe", "deleted_at": "2026-01-01T00:00:00+03:00"}
    given = {"is_active": 1, "deleted_at": None, "place_name": "ДК", "shows": [{"id": 88, **of_show}, odd]}
    scripted.says(page(event(**given)))
    ((_, first, second),) = client_of(scripted.url).active_shows()
    assert scripted.bodies == [
        {"where": [{"column": "is_active", "value": 1}], "orderBy": {"id": "desc"}, "page": 1},
    ]
    assert (first.place_name, first.is_active, first.is_deleted) == ("ДК", True, False)
    assert (first.sale_start, first.sale_finish.isoformat()) == (None, of_show["sale_finish_date"])
    assert (str(first.min_price), str(first.max_price)) == ("1200.00", "3500.50")
    assert second[6:] == ("ДК", None, True, None, None, None, None)
