"""bin/zakaz run: what `make run` shows a newcomer."""

import sys
from datetime import UTC, date, datetime, timedelta

import click

from zakaz.cli import airflow, sandbox
from zakaz.cli.options import day_option
from zakaz.cli.schema import bring_up_to_date
from zakaz.cli.shell import name_foreign_settings
from zakaz.orchestration import metadata
from zakaz.stages import DAG_ID

REPORT = {
    "Run registry (meta.etl_runs)": "report/runs.sql",
    "Yesterday's quality (meta.v_quality_last_day)": "report/quality.sql",
    "Ad spend (bi.v_vk_ads_daily), first rows": "report/vk_ads.sql",
    "Ticket sales (bi.v_sales_daily), first rows": "report/sales.sql",
}


@click.command()
@day_option
def run(day: date) -> int:
    """Run zakaz_etl for one day here and now, from an empty folder if need be, and show what came of it.

    Exits 0 if the day is green, 1 if not.
    """
    started = datetime.now(UTC)
    name_foreign_settings()
    _say("Airflow: prepare its database")
    metadata.prepare()
    _say("warehouse: create or update tables and views")
    bring_up_to_date()
    if made_up := sandbox.use():
        _say(f"no credentials in .env: the sandbox at {made_up.url} stands in for the APIs, and stays on")
    _say(f"zakaz_etl for {day}")
    green = airflow.run_day(DAG_ID, day)
    _report(day, started)
    took = f"{(datetime.now(UTC) - started).total_seconds():.0f} s"
    if not green:
        print(
            f"\nzakaz run: {day} is RED after {took}; the registry above says why. Log: {airflow.log_file()}",
            file=sys.stderr,
        )
        return 1
    print(f"\n{day} is green after {took}. Airflow's UI: make up. A range of days, both included:")
    first, last = day - timedelta(days=4), day - timedelta(days=1)
    print(f"bin/airflow dags backfill -s {first} -e {last} {DAG_ID}")
    if made_up:
        print("The figures are made up. For real ones: cp .env.example .env and fill in the connections")
    return 0


def _say(step: str) -> None:
    print(f"→ {step}", flush=True)


def _report(day: date, since: datetime) -> None:
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.sql import statement

    warehouse = WarehouseHook()
    with warehouse.session():
        for title, name in REPORT.items():
            table = warehouse.text(statement(name), "PrettyCompactNoEscapesMonoBlock", {"day": day, "since": since})
            print(f"\n{title}\n{table}", end="")
