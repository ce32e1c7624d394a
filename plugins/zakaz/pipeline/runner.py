"""Runs a stage of the chain, whoever asks for it: Airflow, the command line, a timer."""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

from zakaz.alerts.sweep import sweep
from zakaz.days import DayRange
from zakaz.pipeline.checks import healthcheck
from zakaz.pipeline.fetch import qtickets_fetch, require_qtickets, vk_fetch
from zakaz.pipeline.marts import build_dm_sales, build_dm_vk
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures, recorded
from zakaz.secrets import masked_line
from zakaz.stages import LAST_STAGE
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# The registry must not use up the stage's time: what it can't write soon, it keeps in the outbox.
REGISTRY_SECONDS = 10
# For a lock, a connection or an answer.
SWEEP_SECONDS = 30


class Stage(NamedTuple):
    """A stage of the chain.

    :param work: does it for days that are over, and fills in the figures.
    :param require_set_up: raises SourceNotSetUp if there is nothing to do it with.
    :param keeps_warehouse_open: it works in the warehouse alone, and so opens it once for all statements. A fetch
        leaves it to others while it waits for its source.
    """

    work: Callable[[WarehouseHook, DayRange, Attempt, RunFigures], None]
    require_set_up: Callable[[], None] = lambda: None
    keeps_warehouse_open: bool = False


STAGE_BY_NAME: Mapping[str, Stage] = {
    "vk_fetch": Stage(vk_fetch),
    "qtickets_fetch": Stage(qtickets_fetch, require_qtickets),
    "build_dm_vk": Stage(build_dm_vk, keeps_warehouse_open=True),
    "build_dm_sales": Stage(build_dm_sales, keeps_warehouse_open=True),
    "healthcheck": Stage(healthcheck),
}


def run_stage(name: str, days: DayRange, attempt: Attempt) -> None:
    """Do a stage for days, with its row in `meta.etl_runs`, and tell people what they must know of what it found.

    The alert of a failed attempt is the caller's: only who may try again knows whether it has failed for good.

    :param name: of a stage in `STAGE_BY_NAME`.
    :param days: Moscow days.
    :raises SourceNotSetUp: nobody set up what it needs; it is no attempt, and has no row.
    :raises DayNotOver: the last day is today or in the future, by Moscow time.
    :raises ZakazError: what kept it from being done; the row of the attempt says so.
    """
    stage = STAGE_BY_NAME[name]
    stage.require_set_up()
    try:
        _record(stage, days, attempt)
    except Exception:  # but not when the time is over or the process was told to end, which is no Exception
        if name == LAST_STAGE:
            _sweep(attempt)
        raise
    if name == LAST_STAGE:
        _sweep(attempt)


def _record(stage: Stage, days: DayRange, attempt: Attempt) -> None:
    warehouse = WarehouseHook(origin=attempt.origin)
    registry = WarehouseHook(origin=attempt.origin, within_seconds=REGISTRY_SECONDS)
    with ExitStack() as stack:
        if stage.keeps_warehouse_open:
            stack.enter_context(registry.at_hand())
        figures = stack.enter_context(recorded(registry, attempt, days))
        days.require_over()
        stage.work(warehouse, days, attempt, figures)
    log.info("%s: %s: %d rows read, %d written", attempt.job, days, figures.rows_read, figures.rows_written)


def _sweep(attempt: Attempt) -> None:
    """Never raises, and takes little of the stage's time: the next run or the watchdog does what it could not."""
    try:
        sweep(WarehouseHook(origin=attempt.origin, within_seconds=SWEEP_SECONDS))
    except Exception as error:  # noqa: BLE001 - the day is judged already, and stands so in the registry
        log.warning("the sweep failed, the next run or the watchdog does it: %s", masked_line(error))
