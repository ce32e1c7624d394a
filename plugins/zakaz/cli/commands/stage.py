"""bin/zakaz stage: one task of the daily chain without a scheduler, for a timer of the system."""

import sys
from datetime import date

import click

from zakaz.cli import airflow
from zakaz.cli.options import day_option
from zakaz.days import DayRange
from zakaz.stages import DAG_ID, LAST_STAGE, STAGES


@click.command()
@click.argument("job", type=click.Choice([DAG_ID, *STAGES]))
@day_option
@click.option("--if-needed", is_flag=True, help="Do nothing if the day has a good run of the job: for a second try.")
def stage(job: str, day: date, if_needed: bool) -> int:
    """Run one JOB of zakaz_etl, or all of it, for one day here and now; recorded and told of like any run.

    Exits 0 if it is green, 1 if not.
    """
    if if_needed and _is_good(job, day):
        print(f"{job} for {day}: there is a good run already")
        return 0
    airflow.prepare_metadata()
    others = [other for other in STAGES if job not in (DAG_ID, other)]
    if not airflow.run_day(DAG_ID, day, without=others):
        print(f"zakaz stage: {job} for {day} is RED; log: {airflow.log_file()}", file=sys.stderr)
        return 1
    print(f"{job} for {day} is green")
    return 0


def _is_good(job: str, day: date) -> bool:
    from zakaz.backfill.plan import GOOD, day_states
    from zakaz.warehouse.hook import WarehouseHook

    (found,) = day_states(WarehouseHook(), DayRange(day, day), LAST_STAGE if job == DAG_ID else job)
    return found.state == GOOD
