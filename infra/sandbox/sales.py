"""A sample of ticket sales: what a loader of the sales staging would export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter

from sandbox.chance import between, draws
from sandbox.cities import CITIES, City
from sandbox.figures import WEEK_SEASON

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
    "currency",
)
_TITLES = ("Ревизор", "Вечер джаза", "Щелкунчик", "Стендап", "Орган и свечи", "Вишнёвый сад", "Иллюзионист")
_CHANNELS = (("vk_ads", "{slug}_retarget"), ("vk_ads", "{slug}_video"), ("yandex", "{slug}_search"), ("", ""))
_EVENTS = 20
_SHOW_EVERY = 35  # days
_FIRST_SHOW = date(2020, 1, 1)


@dataclass(frozen=True)
class _Event:
    number: int
    city: City

    @property
    def event_id(self) -> int:
        return 4000 + self.number

    @property
    def name(self) -> str:
        return _TITLES[self.number % len(_TITLES)]

    @property
    def price(self) -> int:
        """Return the price of a ticket, in rubles."""
        return 1200 + 150 * (self.number * 7 % _EVENTS)

    def next_show(self, day: date) -> tuple[int, date]:
        """Return id and date of the first show after a day."""
        first = _FIRST_SHOW + timedelta(days=self.number * 11 % _SHOW_EVERY)
        number = (day - first).days // _SHOW_EVERY + 1
        return self.event_id * 1000 + number, first + timedelta(days=number * _SHOW_EVERY)


_ALL_EVENTS = tuple(_Event(number, CITIES[number % len(CITIES)]) for number in range(_EVENTS))


def sales_csv(seed: int, first: date, last: date) -> str:
    """Return the sales of the days ``first`` to ``last``, both included, as CSV with a header.

    :param seed: the figures depend on it and on the day only.
    :param first: first Moscow day.
    :param last: last Moscow day.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range((last - first).days + 1):
        writer.writerows(_rows(seed, first + timedelta(days=number)))
    return text.getvalue()


def _rows(seed: int, day: date) -> Iterator[tuple[object, ...]]:
    chance = draws(seed, "sales", day)
    count = 10 + int(chance[0] * 5)
    total = between(250_000, 320_000, chance[1]) * WEEK_SEASON[day.weekday()]
    picked = sorted(_combinations(seed, day), key=itemgetter(0))[:count]
    weights = [draws(seed, "sales", day, event.event_id, source, campaign) for _, event, source, campaign in picked]
    shares = sum(0.5 + weight[0] for weight in weights)
    for (_, event, source, campaign), weight in zip(picked, weights, strict=True):
        tickets = max(1, round(total * (0.5 + weight[0]) / shares / event.price))
        refunds = event.price * (1 + int(2 * weight[2])) if weight[1] < 0.12 else 0
        if weight[1] < 0.03:  # a day on which tickets only came back
            tickets = 0
        show_id, event_date = event.next_show(day)
        yield (
            day,
            event_date,
            event.event_id,
            event.name,
            show_id,
            event.city.name,
            source,
            campaign,
            tickets,
            f"{tickets * event.price}.00",
            f"{refunds}.00",
            "RUB",
        )


def _combinations(seed: int, day: date) -> Iterator[tuple[float, _Event, str, str]]:
    """Give each event and channel a rank for the day; the heavier the city, the lower it usually is."""
    for event in _ALL_EVENTS:
        for number, (source, campaign) in enumerate(_CHANNELS):
            draw = draws(seed, "picked", day, event.event_id, number)[0]
            yield draw / event.city.weight, event, source, campaign.format(slug=event.city.slug)
