"""Replies of QTickets made by hand, and a client that reads them from a server of the test."""

from datetime import date
from typing import Any

from zakaz.days import DayRange
from zakaz.sources.http import JsonApi
from zakaz.sources.qtickets import QTicketsClient, refused
from zakaz.sources.qtickets_rows import Order, Ticket

DAY = date(2026, 11, 20)
ONE_DAY = DayRange(DAY, DAY)
TOKEN = "t0ken-of-the-organiser"
AT = "2026-11-20T12:00:00+03:00"


def client_of(url: str, attempts: int = 2) -> QTicketsClient:
    return QTicketsClient(JsonApi("QTickets", url, refuse=refused, attempts=attempts, pause_seconds=0), TOKEN)


def basket(**given: Any) -> dict[str, Any]:
    usual = {"id": 9001, "show_id": 88, "price": 1500, "quantity": 1, "deleted_at": None, "refunded_at": None}
    return {**usual, **given}


def order(order_id: int = 501, *baskets: dict[str, Any], **given: Any) -> dict[str, Any]:
    usual = {"id": order_id, "payed": True, "payed_at": AT, "deleted_at": None, "event_id": 77}
    return {**usual, "currency_id": "RUB", "utm": [], "baskets": list(baskets or [basket()]), **given}


def event(event_id: int = 77, **given: Any) -> dict[str, Any]:
    shows = [{"id": 88, "start_date": "2026-12-24T19:00:00+03:00"}]
    city = {"id": 1, "name": "Казань", "timezone": "Europe/Moscow"}
    return {"id": event_id, "name": "Щелкунчик", "city": city, "shows": shows, **given}


def page(*rows: Any, number: int = 1, total: int | None = None, size: int = 50) -> dict[str, Any]:
    paging = {"perPage": size, "currentPage": number, "total": len(rows) if total is None else total}
    return {"data": list(rows), "paging": paging}


def orders_of(url: str) -> list[Order]:
    return [one for page in client_of(url).orders(ONE_DAY) for one in page]


def read(url: str) -> list[Ticket]:
    """The tickets of a list of orders that can all be read."""
    orders = orders_of(url)
    assert [one.refused for one in orders if one.refused] == []
    return [ticket for one in orders for ticket in one.tickets]
