"""bin/zakaz run, the first command for a newcomer (`make run`)."""

from datetime import UTC, date, datetime, timedelta

import click

from zakaz.cli import sandbox
from zakaz.cli.options import day_option
from zakaz.cli.schema import bring_up_to_date
from zakaz.cli.shell import warn_of_foreign_settings
from zakaz.orchestration import metadata
from zakaz.orchestration.console import Work, at_work
from zakaz.stages import DAG_ID

REPORT = {
    "Run registry (meta.etl_runs)": "report/runs.sql",
    "Yesterday's quality (meta.v_quality_last_day)": "report/quality.sql",
    "Ad spend (bi.v_vk_ads_daily), first rows": "vk_ads/first_rows.sql",
    "Ticket sales (bi.v_sales_daily), first rows": "sales/first_rows.sql",
}


@click.command()
@day_option
def run(day: date) -> int:
    """Run zakaz_etl for one day here and now, setting everything up if need be, and show the result.

    Exits 0 if the day is green, 1 if not.
    """
    warn_of_foreign_settings()
    with at_work("run") as work:
        return _run(day, work)


def _run(day: date, work: Work) -> int:
    started = datetime.now(UTC)
    work.say("→ Airflow: prepare its own database")
    metadata.prepare()
    work.say("→ warehouse: create or update tables and views")
    bring_up_to_date()
    if made_up := sandbox.use():
        work.say(f"→ no credentials in .env: the sandbox at {made_up.url} stands in for the APIs, and stays on")
    work.say(f"→ zakaz_etl for {day}")
    from zakaz.orchestration.one_run import run_day

    green = run_day(day, work)
    _report(day, started, work)
    took = f"{(datetime.now(UTC) - started).total_seconds():.0f} s"
    if not green:
        work.complain(f"\nzakaz run: {day} is RED after {took}; the registry above says why. Log: {work.log}")
        return 1
    work.say(f"\n{day} is green after {took}. Airflow's UI: make up. A range of days, both included:")
    first, last = day - timedelta(days=4), day - timedelta(days=1)
    work.say(f"bin/airflow dags backfill -s {first} -e {last} {DAG_ID}")
    if made_up:
        work.say("The figures are made up. For real ones: cp .env.example .env and fill in the connections")
    return 0


def _report(day: date, since: datetime, work: Work) -> None:
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.sql import statement

    warehouse = WarehouseHook()
    with warehouse.session():
        for title, name in REPORT.items():
            table = warehouse.text(statement(name), "PrettyCompactNoEscapesMonoBlock", {"day": day, "since": since})
            work.say(f"\n{title}\n{table}".rstrip("\n"))
