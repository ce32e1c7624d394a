"""Reads orders of QTickets: only the fields named here, and no message contains a value.

An order may hold what can't be read without guessing. Then that order or ticket is named and the others are read.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from zakaz.days import moscow_day
from zakaz.errors import SourceInconsistent
from zakaz.sources.currency import currency_code
from zakaz.sources.fields import HIGHEST_QUANTITY, HIGHEST_RUBLES, Fields, Unreadable, if_clear
from zakaz.texts import without_contacts

CURRENCY = re.compile("[A-Z]{3}")
TAGS = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# What of a ticket is neither its price nor its refund: field of QTickets by ours. None of it changes a sum of sales.
SIDE_AMOUNTS = {
    "discount": "discount_value",
    "service_fee": "service_fee_amount",
    "refund_kept": "refunded_deduction_amount",
}
HIGHEST_SIDE_AMOUNT = HIGHEST_RUBLES // HIGHEST_QUANTITY


class Ticket(NamedTuple):
    """A ticket of a paid order ("basket"), without the buyer's data.

    :param event_id, show_id: 0 if QTickets names none.
    :param payed_at: instant of the sale. :param cancelled: the ticket or its whole order was cancelled.
    :param price: rubles per unit. :param refunded_amount: rubles refunded at `refunded_at`.
    :param promo_code_id, discount_id: 0 if its order has none.
    :param discount, service_fee: rubles per unit; `price` is after the discount, and whether it holds the fee is not
        documented. :param refund_kept: rubles of its price that were kept back at the refund.
    :param currency: three capital letters. :param updated_at: the last change of its order, if QTickets says it.
    :param note: what could not be read, though its money could, or what money of its order no ticket has; empty if
        nothing.
    """

    order_id: int
    basket_id: int
    event_id: int
    show_id: int
    payed_at: datetime
    cancelled: bool
    price: Decimal
    quantity: int
    refunded_at: datetime | None
    refunded_amount: Decimal
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_content: str
    utm_term: str
    promo_code_id: int
    discount_id: int
    discount: Decimal
    service_fee: Decimal
    refund_kept: Decimal
    currency: str
    updated_at: datetime | None
    note: str

    @property
    def revenue(self) -> Decimal:
        """The price of all its units."""
        return self.price * self.quantity

    @property
    def payed_on(self) -> date:
        """The Moscow day of the sale."""
        return moscow_day(self.payed_at)

    @property
    def refunded_on(self) -> date | None:
        """The Moscow day of the refund."""
        return moscow_day(self.refunded_at) if self.refunded_at else None

    def __str__(self) -> str:
        return f"ticket {self.basket_id} of order {self.order_id}"


class Refused(NamedTuple):
    """An order or ticket whose money can't be read.

    :param what: order, ticket, field, and what was found instead of what.
    :param days: the Moscow days of its money, None if they can't be told.
    """

    what: str
    days: frozenset[date] | None


class Order(NamedTuple):
    """A paid order; `order_id` is 0 and the instants are None where they can't be read."""

    order_id: int
    payed_at: datetime | None
    updated_at: datetime | None
    tickets: tuple[Ticket, ...]
    refused: tuple[Refused, ...]


def read_order(row: Any, since: datetime, until: datetime) -> Order:
    """Read an order that was requested by its time of payment.

    :raises SourceInconsistent: it was not requested: the filter was ignored.
    """
    order_id, payed_at, updated_at = 0, None, None
    tickets: list[Ticket] = []
    refused: list[Refused] = []
    try:
        order = Fields(row, "order")
        order_id, updated_at = order.id, if_clear(lambda: order.instant_or_none("updated_at"), None)
        payed_at = read_payment(order)
        if not since <= payed_at < until:
            raise SourceInconsistent(
                f"QTickets: order {order.id}: paid {payed_at.isoformat()}, but only those from {since.isoformat()} to "
                f"{until.isoformat()} were requested: the filter was ignored. Nothing is loaded"
            )
        for one in _tickets(order, payed_at, updated_at):
            (tickets if isinstance(one, Ticket) else refused).append(one)  # type: ignore[arg-type]
    except Unreadable as error:
        refused.append(Refused(str(error), None))
    return Order(order_id, payed_at, updated_at, tuple(tickets), tuple(refused))


def read_payment(order: Fields) -> datetime:
    """The instant of the payment.

    :raises Unreadable: it can't be read.
    :raises SourceInconsistent: it is not paid: the filter was ignored.
    """
    if not order.flag("payed"):
        raise SourceInconsistent(
            f"QTickets: order {order.id} is not paid, but only paid ones were requested: the filter was ignored. "
            "Nothing is loaded"
        )
    return order.instant("payed_at")


def _tickets(order: Fields, payed_at: datetime, updated_at: datetime | None) -> Iterator[Ticket | Refused]:
    is_cancelled = order.instant_or_none("deleted_at") is not None
    baskets = if_clear(lambda: order.items("baskets"), []) if is_cancelled else order.items("baskets")
    if not (baskets or is_cancelled) and (order.rubles("price") or _gave_back(order)):
        raise order.wrong("baskets", "the tickets of its price", "none")
    tags, note = _tags(order)
    currency = currency_code(if_clear(lambda: order.text("currency_id"), ""))
    of_order = partial(
        Ticket,
        order_id=order.id,
        event_id=if_clear(lambda: order.identifier("event_id"), 0),
        payed_at=payed_at,
        **tags,
        promo_code_id=if_clear(lambda: order.identifier("promo_code_id"), 0),
        discount_id=if_clear(lambda: order.identifier("discount_id"), 0),
        currency=currency if CURRENCY.fullmatch(currency) else "",
        updated_at=updated_at,
        note=note,
    )
    tickets = list[Ticket]()
    for value in baskets:
        try:
            basket = order.inner(value, "ticket")
        except Unreadable as error:
            one: Ticket | Refused | None = None if is_cancelled else Refused(str(error), None)
        else:
            one = _ticket(order, basket, of_order, payed_at, is_cancelled=is_cancelled)
        if isinstance(one, Ticket):
            tickets.append(one)
        elif one:
            yield one
    left_over = _left_over(order, tickets) if len(tickets) == len(baskets) else []
    yield from [_noted(ticket, left_over) for ticket in tickets] if left_over else tickets


def _left_over(order: Fields, tickets: Sequence[Ticket]) -> list[str]:
    """What money of an order none of its tickets has; whether its price holds their fees is not known."""
    price = if_clear(lambda: order.rubles("price"), Decimal(0))
    notes = []
    if price > sum(ticket.revenue + ticket.service_fee * ticket.quantity for ticket in tickets):
        notes.append(str(order.wrong("price", "that of its tickets", "more")))
    if _gave_back(order) and not any(ticket.refunded_at for ticket in tickets):
        notes.append(str(order.wrong("refunds", "a refunded_at in one of its tickets", "none")))
    return notes


def _noted(ticket: Ticket, notes: Sequence[str]) -> Ticket:
    return ticket._replace(note="; ".join(filter(None, [ticket.note, *notes])))


def _gave_back(order: Fields) -> bool:
    """Whether an order or ticket lists refunds, whose form is not documented."""
    return bool(if_clear(lambda: order.items("refunds"), []))


def _ticket(
    order: Fields, basket: Fields, of_order: partial[Ticket], payed_at: datetime, *, is_cancelled: bool
) -> Ticket | Refused | None:
    """One ticket; None for a cancelled one that can't be read, since it counts nowhere."""
    try:
        is_cancelled = is_cancelled or basket.instant_or_none("deleted_at") is not None
        refunded_at = basket.instant_or_none("refunded_at")
        side_amounts, notes = _side_amounts(basket)
        ticket = of_order(
            basket_id=basket.id,
            show_id=if_clear(lambda: basket.identifier("show_id"), 0),
            cancelled=is_cancelled,
            price=basket.rubles("price"),
            quantity=basket.quantity("quantity"),
            refunded_at=refunded_at,
            refunded_amount=basket.rubles("refunded_amount", or_zero=refunded_at is None),
            **side_amounts,
        )
        if notes:
            ticket = _noted(ticket, notes)
        if _gave_back(basket) and not refunded_at:
            ticket = _noted(ticket, [str(basket.wrong("refunds", "the refunded_at of these", "none"))])
        if not is_cancelled:
            _require_possible(order, basket, ticket)
    except Unreadable as error:
        return None if is_cancelled else Refused(str(error), _days_of(basket, payed_at))
    return ticket


def _side_amounts(basket: Fields) -> tuple[dict[str, Decimal], list[str]]:
    """Rubles by the name of ours, 0 for what can't be read, and notes about that."""
    amounts, notes = dict[str, Decimal](), list[str]()
    for name, field in SIDE_AMOUNTS.items():
        amounts[name] = Decimal(0)
        try:
            amount = basket.rubles(field, or_zero=True)
            if not 0 <= amount < HIGHEST_SIDE_AMOUNT:
                raise basket.wrong(field, f"0 rubles or more, below {HIGHEST_SIDE_AMOUNT:,}", "another number")
        except Unreadable as error:
            notes.append(str(error))
        else:
            amounts[name] = amount
    return amounts, notes


def _require_possible(order: Fields, basket: Fields, ticket: Ticket) -> None:
    if not ticket.currency:
        raise order.wrong("currency_id", "three letters such as RUB", "something else")
    if ticket.price < 0:
        raise basket.wrong("price", "0 rubles or more", "less")
    if ticket.revenue >= HIGHEST_RUBLES:
        raise basket.wrong("quantity", f"a price below {HIGHEST_RUBLES:,} rubles for all", "more")
    if ticket.refunded_amount < 0:
        raise basket.wrong("refunded_amount", "0 rubles or more", "less")
    if ticket.refunded_amount and not ticket.refunded_at:
        raise basket.wrong("refunded_at", "the time of its refunded_amount", "none")
    if ticket.refunded_on and ticket.refunded_on < ticket.payed_on:
        raise basket.wrong("refunded_at", "the day of the sale or a later one", "an earlier one")


def _days_of(basket: Fields, payed_at: datetime) -> frozenset[date] | None:
    """The days of a ticket that can't be read; None if its refund may be on any day."""
    try:
        refunded_at = basket.instant_or_none("refunded_at")
        if refunded_at is None and basket.rubles("refunded_amount", or_zero=True):
            return None
    except Unreadable:
        return None
    return frozenset(moscow_day(one) for one in (payed_at, refunded_at) if one)


def _tags(order: Fields) -> tuple[dict[str, Any], str]:
    """The texts of `TAGS`, empty where they can't be read, and a note about the first of those."""
    tags, note = dict[str, str](), ""
    for name in TAGS:
        tags[name] = ""
        try:
            tags[name] = without_contacts(order.inner_texts("utm", name)[0])
        except Unreadable as error:
            note = note or str(error)
    return tags, note
