"""The names of the daily DAG and its stages: tasks in Airflow, jobs in the run registry, options of the CLI."""

from collections.abc import Sequence

from zakaz.errors import InvalidInput
from zakaz.settings import Settings

DAG_ID = "zakaz_etl"
STAGES = ("vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck")
SOURCES = STAGES[:2]  # independent of each other; each further stage depends on all before it
ALL_STAGES = "all"
# A day is done once this stage succeeds.
LAST_STAGE = STAGES[-1]


def wanted(stage: str) -> tuple[str, ...]:
    """The requested stages, in the order of the chain.

    :param stage: `all`, a stage, or several separated by commas.
    :raises InvalidInput: there is no such stage.
    """
    if stage == ALL_STAGES:
        return STAGES
    names = stage.split(",")
    for name in names:
        if name not in STAGES:
            raise InvalidInput(f"there is no stage {name!r}: it is one of {', '.join((ALL_STAGES, *STAGES))}")
    return tuple(name for name in STAGES if name in names)


def with_those_before(stages: Sequence[str]) -> tuple[str, ...]:
    """Stages with all that they depend on, in the order of the chain."""
    last = max(STAGES.index(stage) for stage in stages)
    return STAGES[: last + 1] if STAGES[last] not in SOURCES else tuple(one for one in SOURCES if one in stages)


def deciding_stage(stage: str) -> str:
    """The last of the requested stages: a day is done once it succeeds."""
    return wanted(stage)[-1]


def lookback_days(stage: str, limits: Settings) -> int:
    """How many Moscow days a stage processes in a run that looks back, including the run's own day."""
    if stage == LAST_STAGE:
        return max(limits.lookback_days, limits.sales_lookback_days)
    return limits.sales_lookback_days if stage in ("qtickets_fetch", "build_dm_sales") else limits.lookback_days
