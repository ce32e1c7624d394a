"""`meta.backfills`: each backfill with its range, reason and author, and each of its days before and after."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4, uuid5

from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.registry.lost import close_lost_attempts
from zakaz.settings import this_user, version_tag
from zakaz.stages import ALL_STAGES, deciding_stage
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

OK = "ok"
# What becomes of a day that was not done.
MISSING, STOPPED, PLANNED = "missing", "stopped", "planned"


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """An entry of the ledger.

    :param days: Moscow days asked for.
    :param stage: the one task that was asked for, or all.
    :param started_at: UTC instant.
    :param is_resumed: it was begun before and did not come to its end.
    """

    days: DayRange
    stage: str = ALL_STAGES
    reason: str = ""
    asked_by: str = field(default_factory=this_user)
    backfill_id: UUID = field(default_factory=uuid4)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_resumed: bool = False


def entry_of_run(dag_run_id: str) -> UUID:
    """The entry that belongs to a run of `zakaz_backfill`."""
    return uuid5(NAMESPACE, f"backfill {dag_run_id}")


@dataclass(frozen=True)
class Outcome:
    """What became of a day: ok, red, missing, stopped or planned."""

    day: date
    state: str
    error: str


def enter(warehouse: WarehouseHook, backfill: Backfill, days: Sequence[date]) -> None:
    """Write down what is planned, with the figures of the days as they are now.

    :param days: those that will be done; none are no entry.
    """
    if not days:
        return
    warehouse.execute(
        statement("backfills/open.sql"),
        {
            **backfill.days.bounds,
            "backfill_id": backfill.backfill_id,
            "days": ",".join(map(str, days)),
            "stage": backfill.stage,
            "reason": backfill.reason,
            "asked_by": backfill.asked_by,
            "version_tag": version_tag(),
            "started_at": backfill.started_at,
        },
    )


def settle(warehouse: WarehouseHook, backfill: Backfill, otherwise: str) -> list[Outcome]:
    """Write down what became of the days, by the run registry, with their figures as they are now.

    :param otherwise: MISSING, STOPPED or PLANNED, for days of which the registry knows no end.
    :returns: every day of the backfill.
    """
    where = {"backfill_id": backfill.backfill_id}
    with warehouse.session():
        close_lost_attempts(warehouse)
        warehouse.execute(
            statement("backfills/close.sql"),
            {
                **where,
                **backfill.days.bounds,
                "job": deciding_stage(backfill.stage),
                "otherwise": otherwise,
            },
        )
        rows = warehouse.execute(statement("backfills/days.sql"), where)
    return [Outcome(*row) for row in rows]


def unfinished(warehouse: WarehouseHook, days: DayRange, stage: str) -> Backfill | None:
    """The last backfill of the same days and stage, unless it came to its end: stopped, dead, or at work."""
    last = warehouse.execute(statement("backfills/last.sql"), {**days.bounds, "stage": stage})
    for backfill_id, started_at, is_unfinished in last:
        if is_unfinished:
            return Backfill(days=days, stage=stage, backfill_id=backfill_id, started_at=started_at, is_resumed=True)
    return None
