"""The orders of the ticket seller, a pure function of the seed and the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import NamedTuple

from sandbox.chance import between, draws
from sandbox.clicks import Click, Tags, clicks_by_city
from sandbox.days import MOSCOW
from sandbox.figures import WEEK_SEASON
from sandbox.sale_tags import Channel, channels_of, sale_tags
from sandbox.ticket_events import Event, Show, events_of

HISTORY_DAYS = 400
REFUND_DAYS = 170  # after the sale, at most
ORDERS_A_DAY = 1000  # room for ids
ORDERS_OF_ALL_DAYS = 10**9  # the same for an organiser
_SOON = 20  # days after the sale; most refunds come within these
_LATE_SHARE = 0.05  # of refunds
_USUAL_SALES = 12  # events and channels that sell on a day
_PROMO_SHARE = 0.08  # of orders
_PROMO_CODES = ((501, 150), (502, 300), (503, 100))  # ids, and rubles off each ticket
_DISCOUNT_SHARE = 0.05  # of orders, which are others
_DISCOUNT_ID, _DISCOUNT = 61, 150
_FEE_SHARE = 0.03  # of orders
_FEE_PART = 20  # of the price


@dataclass(frozen=True)
class Market:
    """What all orders follow from, but for the day.

    :param cities: how many of the cities have events.
    :param events_a_day: events that sell on a day, in one channel each; ``None`` picks 10 to 14 of events and channels.
    :param ads: how many ads the account of this seed has, which buyers come from; those of the agency's clients sell
        nothing here.
    :param organiser: which of several organisers, whose events and orders are numbered together.
    """

    seed: int
    cities: int
    events_a_day: int | None
    ads: int
    organiser: int = 0

    @property
    def events(self) -> tuple[Event, ...]:
        """Return all events."""
        return events_of(self.cities, self.organiser)

    @property
    def first_order(self) -> int:
        """Return the id that its orders are numbered from."""
        return self.organiser * ORDERS_OF_ALL_DAYS

    def clicks(self, event: Event) -> tuple[Click, ...]:
        """Return the ads for an event's city; none where the account has none."""
        return clicks_by_city(self.seed, self.ads, self.cities).get(event.city.name, ())


@dataclass(frozen=True)
class Basket:
    """One ticket; amounts in rubles.

    :param price: what was paid for it, after the discount and without the service fee.
    """

    id: int
    show: Show
    price: int
    discount: int = 0
    service_fee: int = 0
    deleted: bool = False
    refunded_at: datetime | None = None
    refunded_amount: int = 0

    @property
    def kept(self) -> int:
        """Return what was kept back when it was given back."""
        return self.price - self.refunded_amount if self.refunded_at else 0


class Reduction(NamedTuple):
    """Why the tickets of an order are cheaper: a promo code, another discount, or neither.

    :param rubles: off each ticket.
    """

    promo_code_id: int | None = None
    discount_id: int | None = None
    rubles: int = 0


@dataclass(frozen=True, eq=False)
class Order:
    """One order; one that was never paid has no `payed_at`. Told from others as an object, which is quick."""

    id: int
    event: Event
    created_at: datetime
    payed_at: datetime | None
    cancelled: bool
    tags: Tags
    reduction: Reduction
    baskets: tuple[Basket, ...] = field(default=())

    @property
    def payed(self) -> bool:
        """Return whether it was paid, whatever became of it since."""
        return self.payed_at is not None

    @property
    def sold_at(self) -> datetime:
        """Return when it was paid, or made if it never was."""
        return self.payed_at or self.created_at

    @property
    def updated_at(self) -> datetime:
        """Return when it changed last; that a refund moves it is not known of the real one."""
        return max(self.sold_at, *(basket.refunded_at or self.sold_at for basket in self.baskets))

    @property
    def deleted_at(self) -> datetime | None:
        """Return when it was cancelled."""
        return self.created_at if self.cancelled else None


@lru_cache(maxsize=2 * HISTORY_DAYS)
def orders_of(market: Market, day: date) -> tuple[Order, ...]:
    """Return the orders made on a Moscow day, the oldest first, with all that will become of them."""
    drafts = [order for demand in _tagged_demand(market, day) for order in _orders(market.seed, day, *demand)]
    drafts.sort(key=attrgetter("created_at"))
    numbered = []
    for number, order in enumerate(drafts):
        order_id = market.first_order + day.toordinal() * ORDERS_A_DAY + number
        baskets = tuple(replace(basket, id=order_id * 10 + place) for place, basket in enumerate(order.baskets))
        numbered.append(replace(order, id=order_id, baskets=baskets))
    return tuple(numbered)


def _tagged_demand(market: Market, day: date) -> Iterator[tuple[Event, Channel, int, Tags]]:
    """Give event, channel, number of tickets and tags of what sells on a day; no two of an event have the same tags."""
    taken: set[tuple[int, tuple[str, str]]] = set()
    for event, channel, tickets in _demand(market, day):
        choices = sale_tags(market.seed, market.clicks(event), day, event, channel)
        tags = next(choice for choice in choices if (event.id, choice.alike) not in taken)
        taken.add((event.id, tags.alike))
        yield event, channel, tickets, tags


def _demand(market: Market, day: date) -> Iterator[tuple[Event, Channel, int]]:
    """Give event, channel and number of tickets of what sells on a day."""
    seed = market.seed
    chance = draws(seed, "sales", day)
    count = market.events_a_day or 10 + int(chance[0] * 5)
    total = between(250_000, 320_000, chance[1]) * WEEK_SEASON[day.weekday()]
    ranked = sorted(_combinations(market, day), key=itemgetter(0))
    if market.events_a_day:
        total *= market.events_a_day / _USUAL_SALES
        # The best channel of each event.
        best = {one[1].id: one for one in reversed(ranked)}
        ranked = sorted(best.values(), key=itemgetter(0))
    picked = ranked[:count]
    weights = [0.5 + draws(seed, "sales", day, event.id, *channel)[0] for _, event, channel in picked]
    for (_, event, channel), weight in zip(picked, weights, strict=True):
        yield event, channel, max(1, round(total * weight / sum(weights) / event.price))


def _combinations(market: Market, day: date) -> Iterator[tuple[float, Event, Channel]]:
    """Give each event and channel a rank for the day; the heavier the city, the lower it usually is."""
    for event in market.events:
        for number, channel in enumerate(channels_of(event)):
            draw = draws(market.seed, "picked", day, event.id, number)[0]
            yield draw / event.city.weight, event, channel


def _orders(seed: int, day: date, event: Event, channel: Channel, tickets: int, tags: Tags) -> Iterator[Order]:
    """Give the orders that make up so many tickets, and between them some that were never paid."""
    number = 0
    while tickets > 0:
        chance = draws(seed, "order", day, event.id, *channel, number)
        number += 1
        size = min(tickets, 1 + int(4 * chance[0]))
        created_at = datetime.combine(day, time(), MOSCOW) + timedelta(seconds=int(86_000 * chance[1]))
        paid = chance[2] < 0.85
        reduction = _reduction(chance[5])
        fee = event.price // _FEE_PART if chance[6] < _FEE_SHARE else 0
        baskets = _baskets(seed, event, day, size, (*channel, number), discount=reduction.rubles, service_fee=fee)
        yield Order(
            id=0,
            event=event,
            created_at=created_at,
            payed_at=created_at + timedelta(seconds=int(390 * chance[3])) if paid else None,
            cancelled=not paid and chance[4] < 0.8,
            tags=tags,
            reduction=reduction,
            baskets=tuple(baskets),
        )
        if paid:
            tickets -= size


def _reduction(draw: float) -> Reduction:
    if draw < _PROMO_SHARE:
        promo_code_id, rubles = _PROMO_CODES[int(draw / _PROMO_SHARE * len(_PROMO_CODES))]
        return Reduction(promo_code_id, None, rubles)
    return Reduction(None, _DISCOUNT_ID, _DISCOUNT) if draw < _PROMO_SHARE + _DISCOUNT_SHARE else Reduction()


def _baskets(
    seed: int, event: Event, day: date, size: int, key: tuple[object, ...], *, discount: int, service_fee: int
) -> Iterator[Basket]:
    for place in range(size):
        chance = draws(seed, "basket", day, event.id, *key, place)
        # Now and then one order holds tickets for two evenings.
        show = event.show(event.next_show(day) + (chance[0] < 0.03))
        refunded_at, amount = None, 0
        if chance[1] < 0.06:
            # Of a show that is moved, tickets sold long before are given back.
            days = (
                1 + int(_SOON * chance[2]) if chance[6] >= _LATE_SHARE else int(between(_SOON, REFUND_DAYS, chance[7]))
            )
            later = timedelta(days=days, seconds=int(86_000 * chance[3]))
            refunded_at = datetime.combine(day, time(), MOSCOW) + later
            amount = event.price if chance[4] < 0.7 else event.price - 150
        yield Basket(
            id=0,
            show=show,
            price=event.price,
            discount=discount,
            service_fee=service_fee,
            deleted=refunded_at is None and chance[5] < 0.02,
            refunded_at=refunded_at,
            refunded_amount=amount,
        )
