"""The ticket seller's books: events, their shows, and the orders of each Moscow day."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter, itemgetter
from zoneinfo import ZoneInfo

from sandbox.chance import between, draws
from sandbox.cities import ALL_CITIES, CITIES, City
from sandbox.days import MOSCOW
from sandbox.figures import WEEK_SEASON

REFUND_DAYS = 20  # after the sale, at most
HISTORY_DAYS = 400
_TITLES = ("Ревизор", "Вечер джаза", "Щелкунчик", "Стендап", "Орган и свечи", "Вишнёвый сад", "Иллюзионист")
_CHANNELS = (("vk_ads", "{slug}_retarget"), ("vk_ads", "{slug}_video"), ("yandex", "{slug}_search"), ("", ""))
EVENTS_PER_CITY = 2
_PRICES = 20
_USUAL_SALES = 12  # events and channels that sell on a day
_SHOW_EVERY = 35  # days
_FIRST_SHOW = date(2020, 1, 1)
_DELETED_AT = datetime(2026, 1, 1, tzinfo=MOSCOW)
_ORDERS_A_DAY = 1000  # room for ids
_ZONES = {"Екатеринбург": "Asia/Yekaterinburg", "Новосибирск": "Asia/Novosibirsk", "Самара": "Europe/Samara"}


class NoSuchOrderError(LookupError):
    """The seller never had this order."""


@dataclass(frozen=True)
class Show:
    """One evening of an event; `starts_at` is an instant."""

    id: int
    starts_at: datetime


@dataclass(frozen=True)
class Event:
    """An event in a city, shown every few weeks."""

    number: int
    city: City

    @property
    def id(self) -> int:
        """Return its id."""
        return 4000 + self.number

    @property
    def name(self) -> str:
        """Return its title."""
        return _TITLES[self.number % len(_TITLES)]

    @property
    def is_active(self) -> int:
        """Return 0 for an event that is not on sale."""
        return 0 if self.number % 5 == 4 else 1

    @property
    def deleted_at(self) -> datetime | None:
        """Return when it was deleted; its shows and orders stay."""
        return _DELETED_AT if self.number % 7 == 6 else None

    @property
    def time_zone(self) -> str:
        """Return the IANA name of its city's zone."""
        return _ZONES.get(self.city.name, "Europe/Moscow")

    @property
    def price(self) -> int:
        """Return the price of a ticket, in rubles."""
        return 1200 + 150 * (self.number * 7 % _PRICES)

    def show(self, number: int) -> Show:
        """Return a show; in the east every third begins after midnight, when Moscow still has the day before."""
        late = self.time_zone != "Europe/Moscow" and number % 3 == 0
        first = _FIRST_SHOW + timedelta(days=self.number * 11 % _SHOW_EVERY)
        day = first + timedelta(days=number * _SHOW_EVERY)
        starts_at = datetime.combine(day, time(0, 30) if late else time(19), ZoneInfo(self.time_zone))
        return Show(self.id * 1000 + number, starts_at)

    def next_show(self, day: date) -> int:
        """Return the number of the first show after a day."""
        first = _FIRST_SHOW + timedelta(days=self.number * 11 % _SHOW_EVERY)
        return (day - first).days // _SHOW_EVERY + 1


@dataclass(frozen=True)
class _Market:
    """What all orders follow from, but for the day.

    :param cities: how many of the cities have events.
    :param events_a_day: events that sell on a day, in one channel each; ``None`` picks 10 to 14 of events and channels.
    """

    seed: int
    cities: int
    events_a_day: int | None

    @property
    def events(self) -> tuple[Event, ...]:
        return _events(self.cities)


@lru_cache
def _events(cities: int) -> tuple[Event, ...]:
    return tuple(Event(number, ALL_CITIES[number % cities]) for number in range(EVENTS_PER_CITY * cities))


@dataclass(frozen=True)
class Basket:
    """One ticket; amounts in rubles."""

    id: int
    show: Show
    price: int
    deleted: bool = False
    refunded_at: datetime | None = None
    refunded_amount: int = 0


@dataclass(frozen=True, eq=False)
class Order:
    """One order; one that was never paid has no `payed_at`. Told from others as an object, which is quick."""

    id: int
    event: Event
    created_at: datetime
    payed_at: datetime | None
    cancelled: bool
    utm_source: str
    utm_campaign: str
    baskets: tuple[Basket, ...] = field(default=())

    @property
    def payed(self) -> bool:
        """Return whether it was paid, whatever became of it since."""
        return self.payed_at is not None

    @property
    def updated_at(self) -> datetime:
        """Return when it changed last; that a refund moves it is not known of the real one."""
        return self.payed_at or self.created_at

    @property
    def deleted_at(self) -> datetime | None:
        """Return when it was cancelled."""
        return self.created_at if self.cancelled else None


class TicketOffice:
    """All orders, a pure function of the seed and the day but for what was changed since. Safe to use from threads."""

    def __init__(
        self, seed: int, today: Callable[[], date], cities: int = len(CITIES), events_a_day: int | None = None
    ) -> None:
        """Open the books.

        :param seed: seed of all orders.
        :param today: the present Moscow day; later days have no orders.
        :param cities: how many cities have events.
        :param events_a_day: events that sell on a day; ``None`` picks 10 to 14 of events and channels.
        """
        self._market = _Market(seed, cities, events_a_day)
        self.events = self._market.events
        self.today = today
        self._changed: dict[int, Order] = {}
        self.version = 0  # of the changes
        self._lock = threading.Lock()

    def orders(self, day: date) -> list[Order]:
        """Return the orders made on a Moscow day, the oldest first, as they stand today."""
        if day > self.today():
            return []
        return [self._as_of_today(self._changed.get(order.id, order)) for order in _generated(self._market, day)]

    def order(self, order_id: int) -> Order:
        """Return an order.

        :raises NoSuchOrderError: there never was one.
        """
        day = date.fromordinal(max(1, order_id // _ORDERS_A_DAY))
        for order in self.orders(day):
            if order.id == order_id:
                return order
        msg = f"no order {order_id}"
        raise NoSuchOrderError(msg)

    def refundable_days(self, first: date, last: date) -> Iterator[date]:
        """Give every day whose orders may have been sold or refunded from ``first`` to ``last``."""
        days = {first + timedelta(days=number) for number in range(-REFUND_DAYS - 1, (last - first).days + 1)}
        changed = {date.fromordinal(order_id // _ORDERS_A_DAY) for order_id in self._changed}
        yield from sorted(days | changed)

    def change(self, order_id: int, *, refunded_on: date | None = None, cancelled: bool | None = None) -> None:
        """Change an order: give the money of its first ticket back on a day, or cancel it.

        :raises NoSuchOrderError: there never was one.
        """
        with self._lock:
            order = self.order(order_id)
            if refunded_on is not None:
                first = order.baskets[0]
                at = datetime.combine(refunded_on, time(12), MOSCOW)
                given_back = replace(first, refunded_at=at, refunded_amount=first.price)
                order = replace(order, baskets=(given_back, *order.baskets[1:]))
            if cancelled is not None:
                order = replace(order, cancelled=cancelled)
            self._changed = {**self._changed, order_id: order}
            self.version += 1

    def forget_changes(self) -> None:
        """Undo every change."""
        with self._lock:
            self._changed = {}
            self.version += 1

    def _as_of_today(self, order: Order) -> Order:
        today = self.today()
        if not any(basket.refunded_at and basket.refunded_at.date() > today for basket in order.baskets):
            return order
        baskets = (
            replace(basket, refunded_at=None, refunded_amount=0)
            if basket.refunded_at and basket.refunded_at.date() > today
            else basket
            for basket in order.baskets
        )
        return replace(order, baskets=tuple(baskets))


@lru_cache(maxsize=2 * HISTORY_DAYS)
def _generated(market: _Market, day: date) -> tuple[Order, ...]:
    drafts = [order for demand in _demand(market, day) for order in _orders(market.seed, day, *demand)]
    drafts.sort(key=attrgetter("created_at"))
    numbered = []
    for number, order in enumerate(drafts):
        order_id = day.toordinal() * _ORDERS_A_DAY + number
        baskets = tuple(replace(basket, id=order_id * 10 + place) for place, basket in enumerate(order.baskets))
        numbered.append(replace(order, id=order_id, baskets=baskets))
    return tuple(numbered)


def _demand(market: _Market, day: date) -> Iterator[tuple[Event, str, str, int]]:
    """Give event, source, campaign and number of tickets of what sells on a day."""
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
    weights = [0.5 + draws(seed, "sales", day, event.id, source, campaign)[0] for _, event, source, campaign in picked]
    for (_, event, source, campaign), weight in zip(picked, weights, strict=True):
        yield event, source, campaign, max(1, round(total * weight / sum(weights) / event.price))


def _combinations(market: _Market, day: date) -> Iterator[tuple[float, Event, str, str]]:
    """Give each event and channel a rank for the day; the heavier the city, the lower it usually is."""
    for event in market.events:
        for number, (source, campaign) in enumerate(_CHANNELS):
            draw = draws(market.seed, "picked", day, event.id, number)[0]
            yield draw / event.city.weight, event, source, campaign.format(slug=event.city.slug)


def _orders(seed: int, day: date, event: Event, source: str, campaign: str, tickets: int) -> Iterator[Order]:
    """Give the orders that make up so many tickets, and between them some that were never paid."""
    number = 0
    while tickets > 0:
        chance = draws(seed, "order", day, event.id, source, campaign, number)
        number += 1
        size = min(tickets, 1 + int(4 * chance[0]))
        created_at = datetime.combine(day, time(), MOSCOW) + timedelta(seconds=int(86_000 * chance[1]))
        paid = chance[2] < 0.85
        baskets = tuple(_baskets(seed, event, day, size, (source, campaign, number)))
        yield Order(
            id=0,
            event=event,
            created_at=created_at,
            payed_at=created_at + timedelta(seconds=int(390 * chance[3])) if paid else None,
            cancelled=not paid and chance[4] < 0.8,
            utm_source=source,
            utm_campaign=campaign,
            baskets=baskets,
        )
        if paid:
            tickets -= size


def _baskets(seed: int, event: Event, day: date, size: int, key: tuple[object, ...]) -> Iterator[Basket]:
    for place in range(size):
        chance = draws(seed, "basket", day, event.id, *key, place)
        # Now and then one order holds tickets for two evenings.
        show = event.show(event.next_show(day) + (chance[0] < 0.03))
        refunded_at, amount = None, 0
        if chance[1] < 0.06:
            later = timedelta(days=1 + int(REFUND_DAYS * chance[2]), seconds=int(86_000 * chance[3]))
            refunded_at = datetime.combine(day, time(), MOSCOW) + later
            amount = event.price if chance[4] < 0.7 else event.price - 150
        yield Basket(
            id=0,
            show=show,
            price=event.price,
            deleted=refunded_at is None and chance[5] < 0.02,
            refunded_at=refunded_at,
            refunded_amount=amount,
        )
