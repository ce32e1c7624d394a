"""The Moscow days that should have a good run and have none, by the run registry."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from zakaz.days import DayRange, ranges
from zakaz.settings import settings
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement


class MissingDay(NamedTuple):
    """An expected Moscow day without a good run, and the last attempt on it, if there was any.

    :param is_late: the scheduler still makes it up by itself; an older day is a hole, which somebody has to fill.
    :param is_news: a hole that nobody was told of, and that no running backfill is about to fill.
    """

    day: date
    last_job: str
    last_status: str
    last_error: str
    last_started_at: datetime
    is_late: bool
    is_news: bool


def missing_days(warehouse: WarehouseHook, now: datetime | None = None) -> list[MissingDay]:
    """The expected days (`zakaz_missing_days`) without a good run, newest first.

    :param now: an aware instant, now by default.
    """
    asked = {"now": (now or datetime.now(UTC)).astimezone(UTC), "catchup_days": settings().catchup_days}
    return [MissingDay(*row) for row in warehouse.execute(statement("runs/missing_days.sql"), asked)]


def holes(missing: Iterable[MissingDay]) -> list[DayRange]:
    """The missing days that the scheduler doesn't make up, as ranges, oldest first."""
    return ranges(sorted(one.day for one in missing if not one.is_late))


def filling(days: DayRange) -> str:
    """The command that loads the missing days of a range."""
    return f"bin/zakaz backfill --from {days.first} --to {days.last} --only-gaps"


def lines(missing: Iterable[MissingDay]) -> Iterator[str]:
    """What is missing, for a terminal or a log: a line for each late day and for each range of older ones."""
    found = list(missing)
    for one in found:
        if one.is_late:
            yield f"{one.day}: no good run: {one.last_error or one.last_status or 'no attempt'}"
    for days in holes(found):
        yield f"{days}: no good run, and none will be made up: {filling(days)}"
