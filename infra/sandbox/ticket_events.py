"""What the ticket seller sells: events in cities, and their shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sandbox.cities import ALL_CITIES, City
from sandbox.days import MOSCOW

EVENTS_PER_CITY = 2
_MOST_EVENTS = 500  # room for the ids of an organiser
_TITLES = ("Ревизор", "Вечер джаза", "Щелкунчик", "Стендап", "Орган и свечи", "Вишнёвый сад", "Иллюзионист")
_PRICES = 20
_SHOW_EVERY = 35  # days
_FIRST_SHOW = date(2020, 1, 1)
_DELETED_AT = datetime(2026, 1, 1, tzinfo=MOSCOW)
_ZONES = {"Екатеринбург": "Asia/Yekaterinburg", "Новосибирск": "Asia/Novosibirsk", "Самара": "Europe/Samara"}


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


@lru_cache
def events_of(cities: int, organiser: int = 0) -> tuple[Event, ...]:
    """Return an organiser's events in the first so many cities."""
    first = _MOST_EVENTS * organiser
    return tuple(Event(first + number, ALL_CITIES[number % cities]) for number in range(EVENTS_PER_CITY * cities))
