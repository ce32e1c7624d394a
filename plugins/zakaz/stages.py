"""The sources, and the stages of the daily DAG: tasks in Airflow, jobs in the run registry, options of the CLI."""

from collections.abc import Sequence
from dataclasses import dataclass

from zakaz.errors import InvalidInput
from zakaz.settings import Settings

DAG_ID = "zakaz_etl"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source with the two stages that bring its data into its mart.

    :param fetch: the stage that reads it.
    :param build: the stage that builds its mart.
    :param lookback: the setting that says how many days a scheduled run re-reads.
    """

    fetch: str
    build: str
    lookback: str


SOURCES = {
    "vk_ads": Source(fetch="vk_fetch", build="build_dm_vk", lookback="lookback_days"),
    "qtickets": Source(fetch="qtickets_fetch", build="build_dm_sales", lookback="sales_lookback_days"),
}
FETCHES = tuple(source.fetch for source in SOURCES.values())  # independent of each other
# A day is done once this stage succeeds.
LAST_STAGE = "healthcheck"
# Each stage after the fetches depends on all before it.
STAGES = (*FETCHES, *(source.build for source in SOURCES.values()), LAST_STAGE)
ALL_STAGES = "all"
# Jobs beside the chain: they work on no Moscow day, and make none good or bad.
BACKUP, DUMP, RESTORE_CHECK = "backup", "airflow_dump", "restore_check"
BACKUP_JOBS = (BACKUP, DUMP, RESTORE_CHECK)
# How far back VK Ads serves statistics (https://ads.vk.com/doc/api): an older day can't be loaded any more.
VK_DAYS_SERVED = 366


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
    return STAGES[: last + 1] if STAGES[last] not in FETCHES else tuple(one for one in FETCHES if one in stages)


def deciding_stage(stage: str) -> str:
    """The last of the requested stages: a day is done once it succeeds."""
    return wanted(stage)[-1]


def lookback_days(task: str, limits: Settings) -> int:
    """Moscow days that a task works on in a run that looks back, the run's own day included."""
    windows = {
        name: int(getattr(limits, source.lookback))
        for source in SOURCES.values()
        for name in (source.fetch, source.build)
    }
    windows[LAST_STAGE] = max(windows.values())
    return windows.get(task, 1)  # a task of another DAG works on one day
