"""Orders and events as QTickets writes them: full of personal data, all of it invented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sandbox.days import MOSCOW
from sandbox.ticket_events import Event, Show
from sandbox.ticket_orders import Basket, Order

_SCHEME = {"rows": [{"row": row, "seats": list(range(1, 31))} for row in range(1, 11)]}


def order_paper(order: Order) -> dict[str, Any]:
    """Return an order with all its fields; what is empty comes as an array, where PHP makes one of an empty object."""
    number = order.id
    baskets = [_basket_paper(order, basket) for basket in order.baskets]
    reserved = not order.payed and not order.cancelled
    return {
        "id": number,
        "uniqid": f"u{number:x}",
        "payed": order.payed,
        "payed_at": instant_text(order.payed_at),
        "created_at": instant_text(order.created_at),
        "updated_at": instant_text(order.updated_at),
        "deleted_at": instant_text(order.deleted_at),
        "reserved": reserved,
        "reserved_to": instant_text(order.created_at + timedelta(days=1)) if reserved else None,
        "event_id": order.event.id,
        "discount_id": order.reduction.discount_id,
        "price": sum(basket["price"] for basket in baskets),
        "original_price": sum(basket["original_price"] for basket in baskets),
        "currency_id": "RUB",
        "utm": order.tags.written() or [],
        "payment_type_id": "card" if number % 3 else "14",
        "promo_code_id": order.reduction.promo_code_id,
        "site_id": 7,
        "site": {"id": 7, "host": "afisha.example"},
        "integrations": {"roistat": {"visit": number % 997}} if number % 2 else [],
        "custom": {"partner": number % 13} if number % 2 else "",
        "fields": [],
        "client_id": 100_000 + number % 90_000,
        "client": {
            "id": 100_000 + number % 90_000,
            "email": f"buyer{number}@mail.example",
            "phone": f"+7900{number % 10_000_000:07d}",
            "details": {"name": f"Покупатель {number}", "surname": "Выдуманный", "middlename": ""},
        },
        "payment_card_number": f"400000******{number % 10_000:04d}",
        "payment_url": f"https://pay.example/{number}",
        "cancel_url": f"https://pay.example/{number}/cancel",
        "access_code_id": None,
        "baskets": baskets,
        "refunds": [],
    }


def _basket_paper(order: Order, basket: Basket) -> dict[str, Any]:
    refunded = basket.refunded_at is not None
    original_price = basket.price + basket.discount
    return {
        "id": basket.id,
        "show_id": basket.show.id,
        "seat_id": f"A-{basket.id % 300}",
        "seat_name": f"Ряд 1 место {basket.id % 300}",
        "price": basket.price,
        "original_price": original_price,
        "discount_value": basket.discount,
        "quantity": 1,
        "ticket_amount": basket.price if order.payed_at else 0,
        "ticket_original_price": original_price,
        "service_fee_amount": basket.service_fee,
        "created_at": instant_text(order.created_at),
        "updated_at": instant_text(order.created_at),
        "deleted_at": instant_text(order.created_at if basket.deleted else order.deleted_at),
        "refunded_at": instant_text(basket.refunded_at),
        "refunded_amount": basket.refunded_amount if refunded else None,
        "refunded_deduction_amount": basket.kept if refunded else None,
        "refunds": [],
        "checked_at": None,
        "multiprice_code": None,
        "client_email": f"guest{basket.id}@mail.example",
        "client_phone": f"+7901{basket.id % 10_000_000:07d}",
        "client_name": f"Гость {basket.id}",
        "client_surname": "Выдуманная",
        "barcode": f"{basket.id:013d}",
        "pdf_url": f"https://tickets.example/{basket.id}.pdf",
        "passbook_url": f"https://tickets.example/{basket.id}.pkpass",
        "organization_name": "ООО Выдумка",
        "legal_name": "ООО Выдумка",
        "inn": "7700000000",
        "kpp": "770001001",
    }


def event_paper(event: Event, shows: Iterable[Show]) -> dict[str, Any]:
    """Return an event with its shows; their dates are written in Moscow time, whatever the city's zone."""
    return {
        "id": event.id,
        "name": event.name,
        "is_active": event.is_active,
        "city_id": event.number % 10 + 1,
        "city": {"id": event.number % 10 + 1, "name": event.city.name, "timezone": event.time_zone},
        "place_name": "Дом культуры",
        "place_address": "ул. Выдуманная, 1",
        "place_coordinates": "55.000000,37.000000",
        "currency_id": "RUB",
        "scheme_id": 5,
        "event_type_id": 2,
        "age": 12,
        "description": "<p>" + "О событии. " * 200 + "</p>",
        "ticket": {"template": "<table>" + "<tr><td>Билет</td></tr>" * 50 + "</table>"},
        "mail_template": "<p>" + "Ваши билеты. " * 100 + "</p>",
        "slug": f"event-{event.id}",
        "url": f"https://afisha.example/event/{event.id}",
        "site_url": None,
        "external_id": None,
        "shows": [
            {
                "id": show.id,
                "name": "",
                "is_active": 1,
                "sale_start_date": None,
                "sale_finish_date": instant_text(show.starts_at),
                "open_date": instant_text(show.starts_at - timedelta(hours=1)),
                "start_date": instant_text(show.starts_at),
                "finish_date": None,
                "min_price": event.price,
                "max_price": event.price,
                "prices": [],
                "scheme_properties": _SCHEME,
                "deleted_at": None,
            }
            for show in shows
        ],
        "created_at": "2020-01-01T00:00:00+03:00",
        "updated_at": "2020-01-01T00:00:00+03:00",
        "deleted_at": instant_text(event.deleted_at),
    }


def instant_text(instant: datetime | None) -> str | None:
    """Return an instant as it is written, in Moscow time."""
    return instant.astimezone(MOSCOW).isoformat(timespec="seconds") if instant else None
