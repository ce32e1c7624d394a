"""bin/zakaz stage: one task of the daily chain without a scheduler, for a timer of the system."""

from datetime import UTC, date, datetime, timedelta

import click

from zakaz.cli import sandbox
from zakaz.cli.options import day_option
from zakaz.days import DayRange
from zakaz.orchestration import metadata
from zakaz.orchestration.console import Work, at_work
from zakaz.orchestration.run_days import LOOKBACK, STAGE
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES, DAG_ID, LAST_STAGE, STAGES


@click.command()
@click.argument("job", type=click.Choice([DAG_ID, *STAGES]))
@day_option
@click.option("--lookback", is_flag=True, help="Re-read the days before it too, as a scheduled run does.")
@click.option("--if-needed", is_flag=True, help="Do nothing if its days have a good run of the job: for a second try.")
def stage(job: str, day: date, lookback: bool, if_needed: bool) -> int:
    """Run one JOB of zakaz_etl, or all of it, for one day here and now; recorded and told of like any run.

    Exits 0 if it is green, 1 if not, or if it was skipped.
    """
    with at_work("stage") as work:
        return _stage(job, day, work, lookback=lookback, if_needed=if_needed)


def _stage(job: str, day: date, work: Work, *, lookback: bool, if_needed: bool) -> int:
    what = f"{job} for {day}{' and the days before it' if lookback else ''}"
    if if_needed and _is_good(job, _made_good(day) if lookback else DayRange(day, day)):
        work.say(f"{what}: there is a good run already")
        return 0
    sandbox.require()
    metadata.prepare()
    began = datetime.now(UTC)
    from zakaz.orchestration.one_run import run_day

    if not run_day(day, {STAGE: ALL_STAGES if job == DAG_ID else job, LOOKBACK: lookback}, work):
        work.complain(f"zakaz stage: {what} is RED; log: {work.log}")
        return 1
    if not _was_done(job, day, began):
        work.complain(f"zakaz stage: {what} was skipped: {_why_skipped(job)}; log: {work.log}")
        return 1
    work.say(f"{what} is green")
    return 0


def _made_good(day: date) -> DayRange:
    """The days that a good chain leaves good when it looks back: those that it read anew from every source."""
    days = min(settings().lookback_days, settings().sales_lookback_days)
    return DayRange(day - timedelta(days=days - 1), day)


def _is_good(job: str, days: DayRange) -> bool:
    from zakaz.pipeline.backfill_plan import GOOD, day_states
    from zakaz.warehouse.hook import WarehouseHook

    states = day_states(WarehouseHook(), days, LAST_STAGE if job == DAG_ID else job)
    return all(one.state == GOOD for one in states)


def _was_done(job: str, day: date, since: datetime) -> bool:
    """Whether a good attempt began since a UTC instant: to Airflow a run is green in which its one task was skipped."""
    from zakaz.pipeline.backfill_plan import day_states
    from zakaz.registry import outbox
    from zakaz.warehouse.hook import WarehouseHook

    warehouse = WarehouseHook()
    with warehouse.session():
        outbox.flush(warehouse)
        (found,) = day_states(warehouse, DayRange(day, day), LAST_STAGE if job == DAG_ID else job)
    return found.is_good_since(since)


def _why_skipped(job: str) -> str:
    """What is known of why."""
    from zakaz.connections.qtickets import CONNECTION, QTicketsHook

    if job == "qtickets_fetch" and not QTicketsHook().is_set_up():
        return f"there is no connection {CONNECTION}: set AIRFLOW_CONN_{CONNECTION.upper()}"
    return "the registry has no good attempt of it"
