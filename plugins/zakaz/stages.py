"""The daily DAG and its tasks by name: the jobs of the run registry, and the stages that people can ask for."""

from collections.abc import Sequence

from zakaz.errors import InvalidInput
from zakaz.settings import Settings

DAG_ID = "zakaz_etl"
STAGES = ("vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck")
SOURCES = STAGES[:2]  # side by side; each further stage builds on all before it
ALL_STAGES = "all"
# Its good end means that a day is done.
LAST_STAGE = STAGES[-1]


def wanted(stage: str) -> tuple[str, ...]:
    """The tasks that were asked for, in the order of the chain.

    :param stage: `all`, a task, or several with commas between them.
    :raises InvalidInput: there is no such task.
    """
    if stage == ALL_STAGES:
        return STAGES
    names = stage.split(",")
    for name in names:
        if name not in STAGES:
            raise InvalidInput(f"there is no stage {name!r}: it is one of {', '.join((ALL_STAGES, *STAGES))}")
    return tuple(name for name in STAGES if name in names)


def with_those_before(stages: Sequence[str]) -> tuple[str, ...]:
    """Stages with all that they build on, in the order of the chain."""
    last = max(STAGES.index(stage) for stage in stages)
    return STAGES[: last + 1] if STAGES[last] not in SOURCES else tuple(one for one in SOURCES if one in stages)


def deciding_stage(stage: str) -> str:
    """The task whose good end means that a day is done, when these were asked for: the last of them."""
    return wanted(stage)[-1]


def lookback_days(stage: str, limits: Settings) -> int:
    """Moscow days that a stage works on in a run that looks back, the run's own day included."""
    if stage == LAST_STAGE:
        return max(limits.lookback_days, limits.sales_lookback_days)
    return limits.sales_lookback_days if stage in ("qtickets_fetch", "build_dm_sales") else limits.lookback_days
