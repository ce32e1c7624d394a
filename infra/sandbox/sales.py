"""The sales that the orders amount to: the truth about QTickets, and a sample export for the sales staging."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from typing import Any

from sandbox.days import MOSCOW
from sandbox.ticket_office import TicketOffice
from sandbox.ticket_orders import Basket, Order

COLUMNS = (
    "report_date",
    "event_date",
    "event_id",
    "event_name",
    "show_id",
    "city",
    "utm_source",
    "utm_campaign",
    "tickets_sold",
    "revenue",
    "refunds_amount",
    "tickets_refunded",
    "currency",
)


def sales_truth(office: TicketOffice, first: date, last: date, refund_days: int | None = None) -> list[dict[str, Any]]:
    """Return the sales of some Moscow days: what was sold on each, and what was given back on each.

    A ticket counts as sold on the day of its payment, and stays so when it is given back later.

    :param first: first Moscow day.
    :param last: last Moscow day, included.
    :param refund_days: leave out what was given back more days after its sale; by default nothing is left out.
    """
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for day in office.refundable_days(first, last):
        for order in office.orders(day):
            if order.payed_at is None or order.cancelled:
                continue
            for basket in order.baskets:
                if first <= order.payed_at.date() <= last and not basket.deleted:
                    sold = sums[_key(order.payed_at.date(), order, basket)]
                    sold[0] += 1
                    sold[1] += basket.price
                back_on = basket.refunded_at.astimezone(MOSCOW).date() if basket.refunded_at else None
                if back_on is None or not first <= back_on <= last:
                    continue
                if refund_days is None or (back_on - order.payed_at.date()).days <= refund_days:
                    given_back = sums[_key(back_on, order, basket)]
                    given_back[2] += basket.refunded_amount
                    given_back[3] += 1
    rows = []
    for key, (tickets, revenue, refunds, refunded) in sorted(sums.items()):
        amounts = (tickets, f"{revenue}.00", f"{refunds}.00", refunded)
        rows.append(dict(zip(COLUMNS, (*key, *amounts, "RUB"), strict=True)))
    return rows


def sales_csv(office: TicketOffice, first: date, last: date) -> str:
    """Return the sales of some days as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sales_truth(office, first, last))
    return text.getvalue()


def _key(day: date, order: Order, basket: Basket) -> tuple[Any, ...]:
    event = order.event
    show_day = basket.show.starts_at.date()
    return day, show_day, event.id, event.name, basket.show.id, event.city.name, order.utm_source, order.utm_campaign
