"""The plan of a backfill: the days to do, their current states, and the pieces they are split into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zakaz.days import DayRange, ranges
from zakaz.registry.lost import close_lost_attempts
from zakaz.registry.missing import missing_days
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.stages import ALL_STAGES, LAST_STAGE, deciding_stage
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

# States of a day in the run registry.
GOOD, RUNNING = "good", "running"
# Each piece costs five Airflow tasks, so in a longer range a piece spans two months.
MONTHS_APART = 6


@dataclass(frozen=True)
class DayState:
    """A Moscow day's state in the run registry: good, red, running or none; `good_at` in UTC, 1970 for never."""

    day: date
    state: str
    last_error: str
    good_at: datetime

    def is_good_since(self, instant: datetime | None) -> bool:
        """Whether a good attempt started after a UTC instant."""
        return instant is not None and self.good_at >= instant


@dataclass(frozen=True)
class Plan:
    """The Moscow days to do, with the whole chain or a single stage of it.

    :param days: the requested range.
    :param states: the current state of each of its days.
    :param todo: the days to do, in order.
    :param stage: a single stage, or all.
    """

    days: DayRange
    states: Sequence[DayState]
    todo: Sequence[date]
    stage: str = ALL_STAGES

    @property
    def ranges(self) -> list[DayRange]:
        """The days to do, as ranges of consecutive days."""
        return ranges(self.todo)

    @property
    def pieces(self) -> list[DayRange]:
        """The days to do, split by calendar month, or by two months if the range is longer than half a year."""
        at_once = 1 if len(list(self.days.months())) <= MONTHS_APART else 2
        return [piece for days in self.ranges for piece in days.months(at_once)]

    @property
    def out_of_reach(self) -> list[date]:
        """The days that VK Ads no longer serves: they keep their staging."""
        return [day for day in self.todo if day < first_reachable_day()]


def make_plan(
    warehouse: WarehouseHook,
    days: DayRange,
    stage: str = ALL_STAGES,
    *,
    only_gaps: bool = False,
    done_since: datetime | None = None,
) -> Plan:
    """Plan a backfill from the current states of the days.

    :param days: Moscow days.
    :param only_gaps: skip the days that are good.
    :param done_since: skip the days with a good attempt that started after this UTC instant.
    :raises DayNotOver: the last day is today or in the future.
    """
    days.require_over()
    close_lost_attempts(warehouse)
    states = day_states(warehouse, days, deciding_stage(stage))
    todo = [one.day for one in states if not (one.state == GOOD and (only_gaps or one.is_good_since(done_since)))]
    return Plan(days, states, todo, stage)


def day_states(warehouse: WarehouseHook, days: DayRange, job: str = LAST_STAGE) -> list[DayState]:
    """The state of each day of a range for a job, oldest first."""
    return [DayState(*row) for row in warehouse.execute(statement("runs/day_states.sql"), {**days.bounds, "job": job})]


def lacking_days(warehouse: WarehouseHook, days: DayRange | None) -> list[DayState]:
    """The days that are not good, oldest first.

    :param days: of these days; None for every expected day without a good run.
    """
    with warehouse.session():
        if days:
            return [one for one in day_states(warehouse, days) if one.state != GOOD]
        missing = {one.day for one in missing_days(warehouse)}
        if not missing:
            return []
        return [one for one in day_states(warehouse, DayRange(min(missing), max(missing))) if one.day in missing]
