"""What a backfill will do: the days, how each stands now, and the pieces of work they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zakaz.days import DayRange, ranges
from zakaz.registry.lost import close_lost_attempts
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.stages import ALL_STAGES, LAST_STAGE, deciding_stage
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

# States of a day, by the run registry.
GOOD, RUNNING = "good", "running"
# Each piece costs Airflow five tasks; of a longer range it takes two months.
MONTHS_APART = 6


@dataclass(frozen=True)
class DayState:
    """How a Moscow day stands by the run registry: good, red, running or none; `good_at` in UTC, 1970 for never."""

    day: date
    state: str
    last_error: str
    good_at: datetime

    def is_good_since(self, instant: datetime | None) -> bool:
        """Whether its good attempt began after a UTC instant."""
        return instant is not None and self.good_at >= instant


@dataclass(frozen=True)
class Plan:
    """Moscow days to be done, all or one stage of the chain.

    :param days: the range asked for.
    :param states: how each of its days stands now.
    :param todo: the days that will be done, in order.
    :param stage: the one task that is wanted, or all.
    """

    days: DayRange
    states: Sequence[DayState]
    todo: Sequence[date]
    stage: str = ALL_STAGES

    @property
    def ranges(self) -> list[DayRange]:
        """The days to be done, put together where one follows the other."""
        return ranges(self.todo)

    @property
    def pieces(self) -> list[DayRange]:
        """The same in pieces of at most a calendar month, or two if the range is longer than half a year."""
        at_once = 1 if len(list(self.days.months())) <= MONTHS_APART else 2
        return [piece for days in self.ranges for piece in days.months(at_once)]

    @property
    def out_of_reach(self) -> list[date]:
        """The days of which VK Ads tells no more: they keep their staging."""
        return [day for day in self.todo if day < first_reachable_day()]


def make_plan(
    warehouse: WarehouseHook,
    days: DayRange,
    stage: str = ALL_STAGES,
    *,
    only_gaps: bool = False,
    done_since: datetime | None = None,
) -> Plan:
    """Look how the days stand, and choose.

    :param days: Moscow days.
    :param only_gaps: leave out the days that are good.
    :param done_since: leave out the days that are good by an attempt after this UTC instant.
    :raises DayNotOver: the last day is today or in the future.
    :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
    """
    days.require_over()
    close_lost_attempts(warehouse)
    states = day_states(warehouse, days, deciding_stage(stage))
    todo = [one.day for one in states if not (one.state == GOOD and (only_gaps or one.is_good_since(done_since)))]
    return Plan(days, states, todo, stage)


def day_states(warehouse: WarehouseHook, days: DayRange, job: str = LAST_STAGE) -> list[DayState]:
    """How each day of a range stands, oldest first.

    :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
    """
    return [DayState(*row) for row in warehouse.execute(statement("runs/day_states.sql"), {**days.bounds, "job": job})]
