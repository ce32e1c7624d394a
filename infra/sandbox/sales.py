"""The sales that the orders amount to: the truth about QTickets, and a sample export for the sales staging."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import date
from typing import Any, NamedTuple

from sandbox.clicks import Tags
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


_ROW_FIGURES = ("tickets_sold", "revenue", "refunds_amount", "tickets_refunded")
_TAG_FIGURES = (*_ROW_FIGURES, "discount", "service_fee", "kept_on_refunds")
_TICKETS = ("tickets_sold", "tickets_refunded")  # counts, the others are rubles


class _Movement(NamedTuple):
    """A ticket on the day that it was sold, or on the day that it was given back."""

    day: date
    order: Order
    basket: Basket
    is_sale: bool

    def figures(self) -> dict[str, int]:
        basket = self.basket
        if self.is_sale:
            fee = basket.service_fee
            return {"tickets_sold": 1, "revenue": basket.price, "discount": basket.discount, "service_fee": fee}
        back = basket.refunded_amount
        return {"tickets_refunded": 1, "refunds_amount": back, "kept_on_refunds": basket.kept}


def sales_truth(office: TicketOffice, first: date, last: date, refund_days: int | None = None) -> list[dict[str, Any]]:
    """Return the sales of some Moscow days: what was sold on each, and what was given back on each.

    A ticket counts as sold on the day of its payment, and stays so when it is given back later. Tags are as QTickets
    writes them, which is how they are loaded from it, blanks around them included.

    :param first: first Moscow day.
    :param last: last Moscow day, included.
    :param refund_days: leave out what was given back more days after its sale; by default nothing is left out.
    """
    return _sales(office, first, last, refund_days, str)


def sales_csv(office: TicketOffice, first: date, last: date) -> str:
    """Return the sales of some days as CSV with a header; blanks around a tag, which no cell keeps, are gone."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_sales(office, first, last, None, str.strip))
    return text.getvalue()


def tags_truth(office: TicketOffice, first: date, last: date, refund_days: int | None = None) -> list[dict[str, Any]]:
    """Return what came with which tags and promo code on some Moscow days, as the truth about attribution.

    Discounts and service fees count on the day of the sale, what is kept back on the day of the refund. The parameters
    and the form of the tags are those of :func:`sales_truth`.

    :returns: a row per day, the five tags and `promo_code_id` (``None`` without one); money in rubles as text.
    """
    sums = _Sums()
    for moved in _movements(office, first, last, refund_days):
        order = moved.order
        # A promo code or none: only numbers can be sorted.
        sums.add((moved.day, *astuple(order.tags), order.reduction.promo_code_id or 0), moved)
    names = ("report_date", *Tags.__dataclass_fields__)
    return [
        {**dict(zip(names, tags, strict=True)), "promo_code_id": promo_code_id or None, **told}
        for (*tags, promo_code_id), told in sums.told(_TAG_FIGURES)
    ]


class _Sums:
    """Sums of figures by a key."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[Any, ...], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, key: tuple[Any, ...], moved: _Movement) -> None:
        sums = self._sums[key]
        for name, figure in moved.figures().items():
            sums[name] += figure

    def told(self, names: tuple[str, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        for key, sums in sorted(self._sums.items()):
            yield key, {name: sums[name] if name in _TICKETS else f"{sums[name]}.00" for name in names}


def _sales(
    office: TicketOffice, first: date, last: date, refund_days: int | None, read_tag: Callable[[str], str]
) -> list[dict[str, Any]]:
    sums = _Sums()
    for moved in _movements(office, first, last, refund_days):
        tags = moved.order.tags
        sums.add((*_key(moved), read_tag(tags.utm_source), read_tag(tags.utm_campaign)), moved)
    names = COLUMNS[: COLUMNS.index("tickets_sold")]
    return [{**dict(zip(names, key, strict=True)), **told, "currency": "RUB"} for key, told in sums.told(_ROW_FIGURES)]


def _movements(office: TicketOffice, first: date, last: date, refund_days: int | None) -> Iterator[_Movement]:
    for day in office.refundable_days(first, last):
        for order in office.orders(day):
            if order.payed_at is None or order.cancelled:
                continue
            sold_on = order.payed_at.date()
            for basket in order.baskets:
                if first <= sold_on <= last and not basket.deleted:
                    yield _Movement(sold_on, order, basket, is_sale=True)
                back_on = basket.refunded_at.astimezone(MOSCOW).date() if basket.refunded_at else None
                if back_on is None or not first <= back_on <= last:
                    continue
                if refund_days is None or (back_on - sold_on).days <= refund_days:
                    yield _Movement(back_on, order, basket, is_sale=False)


def _key(moved: _Movement) -> tuple[Any, ...]:
    event, show = moved.order.event, moved.basket.show
    return moved.day, show.starts_at.date(), event.id, event.name, show.id, event.city.name
