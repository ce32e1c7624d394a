"""What a marketer can put right: each kind of finding, and what is none."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import build_sales, build_vk, stage_sales, stage_vk
from sandbox import Sandbox
from zakaz.alerts.digest import send_digest
from zakaz.days import MOSCOW, DayRange
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]


@pytest.fixture
def opened(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """The warehouse, open for the whole test."""
    with warehouse.session():
        yield warehouse


def put(warehouse: WarehouseHook, vk: list[dict[str, Any]], sales: list[dict[str, Any]]) -> DayRange:
    """Stage ads with 2,000 rubles each and sales, on the newest due day but for what is given, and build."""
    ((last,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    days = DayRange(last - timedelta(days=20), last)
    sound = {"utm_source": "vk_ads", "utm_campaign": "a", "spend": Decimal(2000), "campaign_name": "Осень"}
    rows = [{**sound, "ad_id": number, "ad_name": "О", **row} for number, row in enumerate(vk, start=1)]
    for row in rows:
        row["stat_date"] = last - timedelta(days=row.pop("ago", 0))
    stage_vk(warehouse, *rows)
    stage_sales(
        warehouse,
        *(
            {
                "event_id": number,
                "event_date": in_days(row.pop("in_days", 40)),
                **row,
                "report_date": last - timedelta(days=row.pop("ago", 0)),
            }
            for number, row in enumerate(sales, start=1)
        ),
    )
    build_vk(warehouse, days)
    build_sales(warehouse, days)
    return days


def in_days(days: int) -> date:
    return datetime.now(MOSCOW).date() + timedelta(days=days)


def todo(warehouse: WarehouseHook) -> list[tuple[str, str, Decimal]]:
    return sorted(warehouse.execute("SELECT kind, object, rubles FROM bi.v_marketing_todo"))


PAUSED = (1, 1, False, "Казань", datetime.now(UTC) + timedelta(days=40))
OF_AD = {"utm_source": "vk_ads", "utm_campaign": "a"}
FINDINGS: list[tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str, int]]]] = [
    ([{}], [OF_AD], []),
    ([{"utm_content": "tula"}], [OF_AD], [("город без продаж", "Тула", 2000)]),
    ([{"utm_content": "tula", "spend": Decimal("999.99")}], [OF_AD], []),
    ([{"utm_content": "tula", "ago": 14}, {}], [OF_AD], []),
    ([{}], [OF_AD, {"utm_source": "VK_ads", "utm_campaign": "Old"}], [("метка без кампании", "vk_ads / old", 5000)]),
    ([{}], [OF_AD, {"utm_source": "vk_ads", "utm_campaign": "old", "revenue": Decimal("999.99")}], []),
    (
        [{}, {"campaign_id": 11}],
        [OF_AD, {**OF_AD, "ago": 14}],
        [("метка многих кампаний", "vk_ads / a", 5000)],
    ),
    ([{}], [OF_AD, {"utm_source": "yandex"}, {}], []),
    ([{"utm_source": ""}], [{}], [("реклама без метки", "Осень (10)", 2000)]),
    ([{"utm_content": ""}], [OF_AD], [("город не найден", "Осень (10)", 2000)]),
    ([{"utm_content": "kazan_tula"}], [OF_AD], [("несколько городов", "Осень (10)", 2000)]),
    ([{}], [{**OF_AD, "in_days": -1}], [("город без афиши", "Казань", 2000)]),
    ([{"spend": Decimal(500)}], [{**OF_AD, "in_days": -1}], []),
    ([{}], [OF_AD, {"city": "Тула", "in_days": 21, "ago": 8}], [("показ без рекламы", "Щелкунчик, Тула, {}", 5000)]),
    ([{}], [OF_AD, {"city": "Тула", "in_days": 23, "ago": 8}], []),
    ([{}], [OF_AD, {"city": "Тула", "in_days": 9, "ago": 1, "tickets_sold": 9}], []),
    ([{}], [OF_AD, {"in_days": 5, "ago": 9}], []),
    (
        [{"ago": 1}, {"campaign_name": "Зима"}],
        [OF_AD],
        [("кампания переименована", "Осень → Зима (10)", 4000)],
    ),
]


@pytest.mark.parametrize(("vk", "sales", "expected"), FINDINGS)
def test_what_is_found_and_what_is_not(
    opened: WarehouseHook,
    vk: list[dict[str, Any]],
    sales: list[dict[str, Any]],
    expected: list[tuple[str, str, int]],
) -> None:
    put(opened, [dict(row) for row in vk], [dict(row) for row in sales])
    found = [(kind, thing, int(rubles)) for kind, thing, rubles in todo(opened)]
    assert found == [(kind, thing.format(f"{in_days(21):%d.%m}"), rubles) for kind, thing, rubles in expected]


def test_a_show_that_sells_is_coming_whatever_its_event_is_said_to_be(opened: WarehouseHook) -> None:
    for sold_days_ago, expected in ((8, [("город без афиши", "Казань", 2000)]), (1, [])):
        put(opened, [{"ago": 13}], [{**OF_AD, "ago": sold_days_ago}])
        opened.insert("zakaz.dim_show", ("event_id", "show_id", "is_active", "city", "starts_at"), [PAUSED])
        assert [(kind, thing, int(rubles)) for kind, thing, rubles in todo(opened)] == expected


@pytest.mark.own_statements
@pytest.mark.usefixtures("no_token_kept")
def test_on_monday_the_digest_says_what_to_put_right(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    put(warehouse, [{"utm_content": "tula"}, {}], [OF_AD])
    today = datetime.now(UTC).date()
    sunday = today - timedelta(days=today.weekday() + 1)
    for day in (sunday, sunday - timedelta(days=1)):
        send_digest(warehouse, day)
    on_monday, on_sunday = (message["plain"] for message in sandbox.messages())
    assert "• город без продаж: Тула, 2 000 ₽. Реклама идёт, билеты не продаются" in on_monday
    assert "На неделю" not in on_sunday
