"""Runs a stage of the chain, for Airflow, the command line and timers alike."""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

from zakaz.alerts.sweep import sweep
from zakaz.days import DayRange
from zakaz.errors import SourceIncomplete
from zakaz.pipeline.checks import healthcheck
from zakaz.pipeline.fetch import qtickets_fetch, require_qtickets, vk_fetch
from zakaz.pipeline.marts import build_dm_sales, build_dm_vk
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures, recorded
from zakaz.secrets import masked_line
from zakaz.stages import LAST_STAGE
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# Recording must not use up the stage's time: what can't be written soon goes to the outbox.
REGISTRY_SECONDS = 10
# For each lock, connection or answer.
SWEEP_SECONDS = 30


class Stage(NamedTuple):
    """A stage of the chain.

    :param work: processes days that are over, and fills in the figures.
    :param require_set_up: raises SourceNotSetUp if its source has no connection.
    :param keeps_warehouse_open: it works only in the warehouse, and so opens it once for all statements. A fetch
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


def run_stage(name: str, days: DayRange, attempt: Attempt, lacking: list[str] | None = None) -> RunFigures:
    """Run a stage for days, record the attempt in `meta.etl_runs`, and alert on its findings.

    The alert about a failed attempt is up to the caller, who knows whether there is a retry.

    :param name: a key of `STAGE_BY_NAME`.
    :param days: Moscow days.
    :param lacking: what the sources could not give, for a run with several stages. A fetch adds to it, so that the
        marts get all else, and the last stage fails for it. None: the fetch fails itself.
    :returns: what the stage counted.
    :raises SourceIncomplete: single objects or accounts of a source lack; all others are loaded.
    :raises SourceNotSetUp: its source has no connection; no attempt is recorded.
    :raises DayNotOver: the last day is today or in the future, by Moscow time.
    :raises ZakazError: the stage failed; the error is recorded with the attempt.
    """
    stage = STAGE_BY_NAME[name]
    stage.require_set_up()
    try:
        figures = _record(stage, days, attempt, lacking)
    except Exception:  # not after a timeout or SIGTERM, which are BaseExceptions
        if name == LAST_STAGE:
            _sweep(attempt)
        raise
    if name == LAST_STAGE:
        _sweep(attempt)
    return figures


def _record(stage: Stage, days: DayRange, attempt: Attempt, lacking: list[str] | None) -> RunFigures:
    warehouse = WarehouseHook(origin=attempt.origin)
    registry = WarehouseHook(origin=attempt.origin, within_seconds=REGISTRY_SECONDS)
    with ExitStack() as stack:
        if stage.keeps_warehouse_open:
            stack.enter_context(registry.at_hand())
        figures = stack.enter_context(recorded(registry, attempt, days))
        days.require_over()
        if lacking is not None:
            figures.lacking = lacking
        stage.work(warehouse, days, attempt, figures)
        if figures.lacking and lacking is None:
            raise SourceIncomplete(". ".join(figures.lacking))
    log.info("%s: %s: %d rows read, %d written", attempt.job, days, figures.rows_read, figures.rows_written)
    return figures


def _sweep(attempt: Attempt) -> None:
    """Sweep without ever raising, and quickly: the next run or the watchdog does the rest."""
    try:
        sweep(WarehouseHook(origin=attempt.origin, within_seconds=SWEEP_SECONDS))
    except Exception as error:  # noqa: BLE001 - the result of the stage is already recorded
        log.warning("the sweep failed, the next run or the watchdog does it: %s", masked_line(error))
