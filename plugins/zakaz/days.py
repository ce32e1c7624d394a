"""Business days: calendar days in Moscow. The one place where a day is taken from Airflow's context."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from zakaz.airflow_compat import IS_AIRFLOW_2, word
from zakaz.errors import DayNotOver, InvalidInput
from zakaz.stages import DAG_ID

MOSCOW = ZoneInfo("Europe/Moscow")
# In the conf of a run by hand, true: it works on the days that a scheduled one would.
LOOKBACK = "lookback"


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


def _asked_to_look_back(dag_run: Any) -> object:
    return dag_run.conf.get(LOOKBACK, False) if isinstance(dag_run.conf, dict) else False


def require_sound_lookback(dag_run: Any) -> None:
    """Refuse a run whose conf leaves open which days it is for.

    :raises InvalidInput: its `lookback` is neither true nor false.
    """
    if not isinstance(asked := _asked_to_look_back(dag_run), bool):
        raise InvalidInput(f"the conf's {LOOKBACK} {asked!r} is not allowed: it is true or false")


def looks_back(dag_run: Any) -> bool:
    """Whether a run works on days before its own too, since sources restate what they said.

    A scheduled run does, and one of the daily DAG by hand whose conf asks for it: without a scheduler nobody else
    would. A backfill does its days and no more, whatever its conf says.
    """
    kind = word(dag_run.run_type)
    if kind != "manual":
        return kind == "scheduled"
    return _asked_to_look_back(dag_run) is True and dag_run.dag_id == DAG_ID


def days_of_run(context: Any, lookback_days: int, piece: object = "") -> DayRange:
    """The Moscow days that a task of this run works on.

    A piece of a range that the task was given; else the run's own day, the one its data interval starts on, and the
    days before it if the run looks back.

    :param context: Airflow's task context.
    :param lookback_days: days that a run which looks back works on, its own included.
    :param piece: a range in ISO 8601 form; what Airflow has not resolved yet stands for all the days of the run's form.
    """
    if piece:
        params = context["params"]
        return DayRange.parse(piece if isinstance(piece, str) else f"{params['from_date']}/{params['to_date']}")
    dag_run = context["dag_run"]
    # Airflow 3 lets people start a run without a date: it stands for the last day that is over.
    start = context.get("data_interval_start")
    own_day = moscow_day(start) if start else last_complete_day(dag_run.run_after)
    given = context.get("logical_date")
    if not IS_AIRFLOW_2 and given and word(dag_run.run_type) == "manual":
        # The interval that its `dags trigger --logical-date` gives a run is that of now, whatever the date.
        own_day = day_by_hand(given, dag_run.run_after)
    if not looks_back(dag_run):
        return DayRange(own_day, own_day)
    return DayRange(own_day - timedelta(days=lookback_days - 1), own_day)
