"""bin/zakaz stage: one stage of the daily chain without Airflow, for system timers."""

import socket
from datetime import date

import click

from zakaz.cli import sandbox
from zakaz.cli.options import day_option
from zakaz.days import DayRange
from zakaz.orchestration import metadata
from zakaz.orchestration.console import Work, at_work
from zakaz.settings import settings
from zakaz.stages import DAG_ID, LAST_STAGE, STAGES


@click.command()
@click.argument("job", type=click.Choice([DAG_ID, *STAGES]))
@day_option
@click.option("--lookback", is_flag=True, help="Re-read the days before it too, as a scheduled run does.")
@click.option("--if-needed", is_flag=True, help="Do nothing if its days have a good run of the job: for a second try.")
def stage(job: str, day: date, lookback: bool, if_needed: bool) -> int:
    """Run one JOB of zakaz_etl, or all of it, for one day here and now, recorded and with alerts like any run.

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
    metadata.prepare()  # for the VK tokens stored there
    from zakaz.pipeline.by_hand import State, run_by_hand

    log = f"{socket.gethostname()}:{work.log}"
    stages = STAGES if job == DAG_ID else (job,)
    outcomes = run_by_hand(stages, day, looks_back=lookback, log_url=log, stop=work.stop)
    bad = [one for one in outcomes if one.state is State.RED or (one.state is State.LEFT_OUT and job != DAG_ID)]
    for one in bad:
        name = what if one.stage == job else f"{one.stage} of {what}"
        work.complain(f"zakaz stage: {name} {'is' if one.state is State.RED else 'was'} {one.state.value}: {one.cause}")
    if bad:
        work.complain(f"log: {work.log}")
        return 1
    work.say(f"{what} is green")
    return 0


def _made_good(day: date) -> DayRange:
    """The days that a successful chain with look-back makes good: those reread from every source."""
    days = min(settings().lookback_days, settings().sales_lookback_days)
    return DayRange(day, day).last_days(days)


def _is_good(job: str, days: DayRange) -> bool:
    from zakaz.pipeline.backfill_plan import GOOD, day_states
    from zakaz.warehouse.hook import WarehouseHook

    states = day_states(WarehouseHook(), days, LAST_STAGE if job == DAG_ID else job)
    return all(one.state == GOOD for one in states)
