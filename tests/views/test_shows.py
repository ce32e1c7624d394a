"""Shows with their sales, against the same rules in plain Python; and how what is known of shows is kept."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from made_qtickets import REFUND_DAYS, load_made, show, ticket
from made_rows import DAY, build_sales, stage_sales
from zakaz.days import MOSCOW, DayRange, moscow_day
from zakaz.pipeline.known_shows import keep_shows
from zakaz.pipeline.sales import load_sales
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import migrate

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
UNKNOWN = date(1970, 1, 1)
BUCKETS = {"0_1d": 1, "2_7d": 7, "8_14d": 14, "15_30d": 30, "31_60d": 60, "61d": 10_000}
FIGURES = (
    *("tickets_sold", "tickets_refunded", "revenue", "refunds_amount", "sold_7d", "sold_7d_before"),
    *(f"sold_{name}_ahead" for name in BUCKETS),
)
ZONES = {"Казань": "Europe/Moscow", "г. Владивосток": "Asia/Vladivostok", "Атлантида": "Nowhere/Atlantis"}
Key = tuple[str, int, int, date, str]


@pytest.fixture
def opened(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """The warehouse, open for the whole test."""
    with warehouse.session():
        yield warehouse


def seen(warehouse: WarehouseHook, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.execute(f"SELECT {columns} FROM bi.v_shows ORDER BY ALL")


def today() -> date:
    return moscow_day(datetime.now(UTC))


def made_events(chance: Random) -> list[Show]:
    """Events with shows from two months ago to three months ahead, each with a matinee and an evening on one day."""
    events = list[Show]()
    for event_id in range(1, 7):
        city = list(ZONES)[event_id % 3]
        itself = Show(0, event_id, f"Событие {event_id}", city, ZONES[city], None, place_name="ДК")
        events.append(itself)
        for number in range(4):
            day = datetime.now(MOSCOW).replace(minute=30, second=0, microsecond=0)
            day += timedelta(days=chance.randrange(-60, 90))
            for hour, show_id in ((4, 100 * event_id + number), (9, 100 * event_id + 50 + number)):
                events.append(itself._replace(show_id=show_id, starts_at=day.replace(hour=hour), is_active=True))
    return events


def local(one: Show) -> datetime:
    assert one.starts_at
    zone = "Europe/Moscow" if one.time_zone.startswith("Nowhere") else one.time_zone
    return one.starts_at.astimezone(ZoneInfo(zone))


def random_ticket(chance: Random, number: int, events: list[Show], days: DayRange) -> Ticket:
    of = chance.choice(events)
    payed_on = chance.choice(list(days))
    refunded_on = payed_on + timedelta(days=chance.randrange(REFUND_DAYS + 3))
    is_refunded = chance.random() < 0.3 and refunded_on <= days.last
    return ticket(
        basket_id=number,
        event_id=of.event_id,
        show_id=999 if chance.random() < 0.05 else of.show_id,
        payed_at=datetime(payed_on.year, payed_on.month, payed_on.day, 12, tzinfo=MOSCOW),
        price=Decimal(chance.randrange(1, 100_000)) / 100,
        quantity=chance.randrange(1, 4),
        refunded_at=datetime(refunded_on.year, refunded_on.month, refunded_on.day, 18, tzinfo=MOSCOW)
        if is_refunded
        else None,
        refunded_amount=Decimal(chance.randrange(1, 10_000)) / 100 if is_refunded else Decimal(0),
        utm_campaign=chance.choice(("a", "b")),
    )


def count(figures: dict[str, Any], day: date, show_day: date, sold: int, refunded: int, *money: Decimal) -> None:
    """Add what was sold and refunded on a day to the figures of its show."""
    ago = (today() - day).days
    figures["tickets_sold"] += sold
    figures["tickets_refunded"] += refunded
    figures["revenue"] += money[0]
    figures["refunds_amount"] += money[1]
    figures["sold_7d"] += sold if 1 <= ago <= 7 else 0
    figures["sold_7d_before"] += sold if 8 <= ago <= 14 else 0
    if show_day != UNKNOWN:
        bucket = next(name for name, last in BUCKETS.items() if (show_day - day).days <= last)
        figures[f"sold_{bucket}_ahead"] += sold


@pytest.mark.own_statements
@pytest.mark.parametrize("seed", range(3))
def test_each_show_has_its_sales_and_all_of_them(opened: WarehouseHook, seed: int) -> None:
    chance = Random(seed)
    days = DayRange(today() - timedelta(days=100), today() - timedelta(days=1))
    events = made_events(chance)
    sold = events[: len(events) // 2]  # the shows of other events are without sales, but for those of event 4
    tickets = [random_ticket(chance, number, sold, days) for number in range(300)]
    told = {one.show_id: one for one in events}
    cities = {"Казань": "Казань", "г. Владивосток": "Владивосток", "Атлантида": "Атлантида"}
    expected: defaultdict[Key, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for one in events:
        if one.show_id:
            assert expected["qtickets", one.event_id, one.show_id, local(one).date(), cities[one.city]]
    for one_sold in tickets:
        of = told.get(one_sold.show_id, told[0]) if one_sold.show_id else told[0]
        city = cities[next(one.city for one in events if one.event_id == one_sold.event_id)]
        day = local(of).date() if of.starts_at else UNKNOWN
        figures = expected["qtickets", one_sold.event_id, one_sold.show_id, day, city]
        count(figures, one_sold.payed_on, day, one_sold.quantity, 0, one_sold.revenue, Decimal(0))
        back = one_sold.refunded_on
        if back and (back - one_sold.payed_on).days <= REFUND_DAYS:
            count(figures, back, day, 0, one_sold.quantity, Decimal(0), one_sold.refunded_amount)
    load_made(opened, *tickets, days=days, events=events)
    keep_shows(opened, [one for one in events if one.show_id], datetime.now(UTC))

    lines = []
    for number in range(40):
        day, show_day = chance.choice(list(days)), today() + timedelta(days=chance.choice((-3, 5, 40)))
        city, quantity = chance.choice(("СПб", "Санкт-Петербург", "Казань")), chance.randrange(1, 5)
        key = ("file:kassir", 1 + number % 2, chance.choice((0, 7)), show_day, city.replace("СПб", "Санкт-Петербург"))
        count(expected[key], day, show_day, quantity, 1, Decimal(10 * quantity), Decimal("2.50"))
        lines.append(
            SalesLine(
                report_date=str(day),
                event_date=str(show_day),
                event_id=key[1],
                show_id=key[2],
                city=city,
                tickets_sold=quantity,
                tickets_refunded=1,
                revenue=str(10 * quantity),
                refunds_amount="2.50",
                utm_content=str(number),
            )
        )
    load_sales(opened, lines, seller="kassir")
    keys = "source, event_id, show_id, event_date, city"
    rows = seen(opened, f"{keys}, {', '.join(FIGURES)}")
    assert {tuple(row[:5]): dict(zip(FIGURES, row[5:], strict=True)) for row in rows} == dict(expected)
    assert len(rows) == len(expected)

    build_sales(opened, days)
    sums = "sum(tickets_sold), sum(tickets_refunded), sum(revenue), sum(refunds_amount), sum(net_revenue)"
    (of_shows,), (of_mart,) = seen(opened, sums), opened.execute(f"SELECT {sums} FROM zakaz.dm_sales_daily FINAL")
    assert of_shows == of_mart

    for show_id, starts_at, day, left, is_over, place in seen(
        opened, "show_id, starts_at, event_date, days_to_show, is_over, place"
    ):
        of = told.get(show_id)
        if of and of.starts_at:
            assert (starts_at, place) == (local(of).strftime("%Y-%m-%d %H:%M"), "ДК")
            assert is_over == (of.starts_at < datetime.now(UTC))
        elif day != UNKNOWN:
            assert (starts_at, is_over) == (None, day < today())
        assert left == (None if day == UNKNOWN else (day - today()).days)


def test_shares_and_prices_are_those_of_the_whole_show(opened: WarehouseHook) -> None:
    stage_sales(
        opened,
        {"tickets_sold": 3, "revenue": Decimal(600)},
        {"report_date": DAY + timedelta(days=2), "tickets_sold": 1, "revenue": Decimal(200)},
        {"report_date": DAY + timedelta(days=9), "tickets_sold": 0, "tickets_refunded": 2, "revenue": Decimal(0)}
        | {"refunds_amount": Decimal(100)},
    )
    keep_shows(opened, [show()], datetime.now(UTC))
    columns = "show_id, net_tickets, net_revenue, refund_share, average_price, last_sale_day"
    assert seen(opened, columns) == [
        (1, 2, Decimal(700), 0.125, 200.0, DAY + timedelta(days=2)),
        (88, 0, Decimal(0), None, None, None),
    ]


def test_a_renamed_and_moved_show_is_one(opened: WarehouseHook) -> None:
    """Whichever of its days is loaded last: what QTickets said last counts."""
    before = DAY - timedelta(days=1)
    moved = show(event_name="Щелкунчик. Новая редакция", starts_at=show().starts_at + timedelta(days=3))
    old = ticket(basket_id=1, payed_at=ticket().payed_at - timedelta(days=1))
    load_made(opened, ticket(), days=DayRange(DAY, DAY))
    load_made(opened, old, days=DayRange(before, before), events=[moved])
    columns = "event_id, show_id, event_name, event_date, tickets_sold"
    assert seen(opened, columns) == [(77, 88, moved.event_name, date(2026, 12, 27), 2)]
    load_made(opened, ticket(), days=DayRange(DAY, DAY), events=[show(), show(show_id=90)])
    assert seen(opened, columns) == [
        (77, 88, "Щелкунчик", date(2026, 12, 24), 2),
        (77, 90, "Щелкунчик", date(2026, 12, 24), 0),
    ]


def test_an_old_name_that_no_reading_replaces_is_that_of_its_event_now(opened: WarehouseHook) -> None:
    load_made(opened, ticket(), events=[show(show_id=87), show()])
    load_made(opened, ticket(), events=[show(event_name="Новое имя")])
    assert seen(opened, "show_id, event_name") == [(87, "Новое имя"), (88, "Новое имя")]


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"is_active": None}, None),
        ({"is_deleted": True}, False),
        ({"sale_start": datetime.now(UTC) + timedelta(days=1)}, False),
        ({"sale_finish": datetime.now(UTC) - timedelta(days=1)}, False),
        ({"sale_finish": datetime.now(UTC) + timedelta(days=1)}, True),
        ({"starts_at": datetime.now(UTC) - timedelta(days=1)}, False),
    ],
)
def test_which_shows_are_on_sale(opened: WarehouseHook, given: dict[str, Any], expected: bool | None) -> None:
    usual = {"is_active": True, "starts_at": datetime.now(UTC) + timedelta(days=9)}
    keep_shows(opened, [show(**{**usual, **given})], datetime.now(UTC))
    assert seen(opened, "is_on_sale") == [(expected,)]


def test_shows_of_a_release_without_the_table_are_known_after_migrate(opened: WarehouseHook) -> None:
    load_made(opened, ticket(), events=[show(place_name="ДК"), show(show_id=89)])
    landed = "show_id, starts_at, event_name, event_date, toString(time_zone)"
    known = opened.execute(f"SELECT {landed}, _ver > 0 FROM zakaz.dim_show FINAL WHERE show_id = 88")
    opened.execute("TRUNCATE TABLE zakaz.dim_show")
    long_gone = {"event_id": 5, "show_id": 6, "event_date": date(2020, 1, 2), "city": "unknown"}
    stage_sales(opened, long_gone, {**long_gone, "report_date": date(2020, 1, 1), "event_name": "Новое имя"})
    stage_sales(opened, {**long_gone, "show_id": 0}, {**long_gone, "show_id": 7, "event_date": UNKNOWN})
    assert migrate(opened) == []
    assert opened.execute(f"SELECT {landed}, _ver = 0 FROM zakaz.dim_show FINAL WHERE show_id = 88") == known
    assert opened.execute("SELECT show_id, city FROM zakaz.dim_show FINAL ORDER BY show_id") == [
        (6, ""),
        (88, "Казань"),
    ]
    columns = "show_id, event_name, starts_at, event_date, city, tickets_sold"
    assert seen(opened, columns)[1:3] == [
        (6, "Новое имя", None, date(2020, 1, 2), "unknown", 4),
        (7, "Новое имя", None, UNKNOWN, "unknown", 2),
    ]
    load_made(opened, ticket(), events=[show(event_name="Нынешнее имя")])
    assert migrate(opened) == []
    assert opened.execute("SELECT event_name FROM zakaz.dim_show FINAL WHERE show_id = 88") == [("Нынешнее имя",)]


def test_what_was_landed_hides_nothing_that_was_read(opened: WarehouseHook) -> None:
    """Whichever of two processes writes it last."""
    keep_shows(opened, [show()], datetime.now(UTC))
    opened.insert("zakaz.dim_show", ("event_id", "show_id", "event_name", "_ver"), [(77, 88, "Старое имя", 0)])
    assert seen(opened, "event_name, event_date") == [("Щелкунчик", date(2026, 12, 24))]
