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
    """The Moscow day of a run started by hand.

    Airflow fills in "now" if no date was given, so an instant within today means the last complete day. Today's
    midnight is a date that someone chose, and the tasks reject it with a clear message.
    """
    day = moscow_day(given)
    is_midnight = given.astimezone(MOSCOW).time() == time()
    return last_complete_day(now) if day == moscow_day(now) and not is_midnight else day


def parse_day(text: str, argument: str) -> date:
    """Parse a day as people type it, YYYY-MM-DD.

    :param argument: the name of the argument, for the error message.
    :raises InvalidInput: the text is not such a day.
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
        """Parse the ISO 8601 form, `2026-11-01/2026-11-30`, in which tasks pass ranges to each other.

        :raises InvalidInput: the text is not such a range.
        """
        first, _, last = text.partition("/")
        return cls(parse_day(first, "the first day"), parse_day(last, "the last day"))

    @property
    def iso(self) -> str:
        """The ISO 8601 form that `parse` reads."""
        return f"{self.first}/{self.last}"

    def since(self, day: date) -> "DayRange | None":
        """The part of the range from a day on; None if it ends earlier."""
        return DayRange(max(self.first, day), self.last) if day <= self.last else None

    def last_days(self, count: int) -> "DayRange":
        """The `count` days that end with the last one, regardless of the first."""
        return DayRange(self.last - timedelta(days=count - 1), self.last)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def bounds(self) -> dict[str, date]:
        """The parameters `from_date` and `to_date` of our SQL."""
        return {"from_date": self.first, "to_date": self.last}

    def months(self, at_once: int = 1) -> Iterator["DayRange"]:
        """Split into chunks of at most `at_once` calendar months; only the first may start in mid-month."""
        start = self.first
        while start <= self.last:
            months = start.year * 12 + start.month - 1 + at_once
            end = min(date(months // 12, months % 12 + 1, 1) - timedelta(days=1), self.last)
            yield DayRange(start, end)
            start = end + timedelta(days=1)

    def windows(self, days: int) -> Iterator["DayRange"]:
        """Split into chunks of at most `days` days, oldest first."""
        start = self.first
        while start <= self.last:
            end = min(start + timedelta(days=days - 1), self.last)
            yield DayRange(start, end)
            start = end + timedelta(days=1)

    def require_over(self, now: datetime | None = None) -> None:
        """Reject a range that includes a day which is not over.

        :raises DayNotOver: the last day is today or in the future, by Moscow time.
        """
        complete = last_complete_day(now)
        if self.last > complete:
            raise DayNotOver(
                f"{self.last} is not over in Moscow: its figures would be incomplete. The last day that can be "
                f"processed is {complete}"
            )


def ranges(days: Iterable[date]) -> list[DayRange]:
    """Merge sorted days into ranges of consecutive days."""
    found: list[DayRange] = []
    for day in days:
        if found and day - found[-1].last == timedelta(days=1):
            found[-1] = DayRange(found[-1].first, day)
        else:
            found.append(DayRange(day, day))
    return found
