"""Business days: calendar days in Moscow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zakaz.errors import DayNotOver, InvalidInput

MOSCOW = ZoneInfo("Europe/Moscow")


def moscow_day(instant: datetime) -> date:
    """The Moscow day of an aware instant.

    :raises InvalidInput: the instant has no time zone.
    """
    if instant.tzinfo is None:
        raise InvalidInput(f"{instant.isoformat()} has no time zone: give an offset such as +03:00")
    return instant.astimezone(MOSCOW).date()


def last_complete_day(now: datetime | None = None) -> date:
    """The last Moscow day that is over.

    :param now: an aware instant, now by default.
    """
    return moscow_day(now or datetime.now(UTC)) - timedelta(days=1)


def day_by_hand(given: datetime, now: datetime) -> date:
    """The day that a run started by hand is for: the one that the given date falls on.

    A moment within today means "now", which is what Airflow fills in when no date was given: then it is the last day
    that is over. Today's midnight is a date on purpose, and the tasks refuse it with a clear line.
    """
    day = moscow_day(given)
    is_midnight = given.astimezone(MOSCOW).time() == time()
    return last_complete_day(now) if day == moscow_day(now) and not is_midnight else day


def parse_day(text: str, argument: str) -> date:
    """A day as people type it, YYYY-MM-DD.

    :param argument: what the text was given for; the error names it.
    :raises InvalidInput: the text is no such day.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=MOSCOW).date()
    except ValueError:
        raise InvalidInput(f"{argument} {text!r} is not a day: write it as YYYY-MM-DD, e.g. 2026-11-22") from None


@dataclass(frozen=True)
class DayRange:
    """Moscow days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise InvalidInput(f"{self.first} to {self.last} is no range: the first day comes after the last one")

    @classmethod
    def parse(cls, text: str) -> "DayRange":
        """The range from its ISO 8601 form, `2026-11-01/2026-11-30`; the form in which one task hands it to another.

        :raises InvalidInput: the text is no such range.
        """
        first, _, last = text.partition("/")
        return cls(parse_day(first, "the first day"), parse_day(last, "the last day"))

    @property
    def iso(self) -> str:
        """The range as `parse` reads it."""
        return f"{self.first}/{self.last}"

    def since(self, day: date) -> "DayRange | None":
        """The part of the range from a day on, or nothing."""
        return DayRange(max(self.first, day), self.last) if day <= self.last else None

    def last_days(self, count: int) -> "DayRange":
        """So many days up to the last one, whatever the first one is."""
        return DayRange(self.last - timedelta(days=count - 1), self.last)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def bounds(self) -> dict[str, date]:
        """The range as the parameters `from_date` and `to_date` of our SQL."""
        return {"from_date": self.first, "to_date": self.last}

    def months(self, at_once: int = 1) -> Iterator["DayRange"]:
        """The range in pieces of at most so many calendar months, none of which crosses into a further one."""
        start = self.first
        while start <= self.last:
            months = start.year * 12 + start.month - 1 + at_once
            end = min(date(months // 12, months % 12 + 1, 1) - timedelta(days=1), self.last)
            yield DayRange(start, end)
            start = end + timedelta(days=1)

    def windows(self, days: int) -> Iterator["DayRange"]:
        """The range in pieces of at most so many days, oldest first."""
        start = self.first
        while start <= self.last:
            end = min(start + timedelta(days=days - 1), self.last)
            yield DayRange(start, end)
            start = end + timedelta(days=1)

    def require_over(self, now: datetime | None = None) -> None:
        """Refuse a range that reaches into a day which is not over.

        :raises DayNotOver: the last day is today or in the future, by Moscow time.
        """
        complete = last_complete_day(now)
        if self.last > complete:
            raise DayNotOver(
                f"{self.last} is not over in Moscow: its figures would be incomplete. The last day that can be "
                f"processed is {complete}"
            )


def ranges(days: Iterable[date]) -> list[DayRange]:
    """Days in order, put together where one follows the other."""
    found: list[DayRange] = []
    for day in days:
        if found and day - found[-1].last == timedelta(days=1):
            found[-1] = DayRange(found[-1].first, day)
        else:
            found.append(DayRange(day, day))
    return found
