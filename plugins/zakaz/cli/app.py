"""All commands of bin/zakaz."""

import click

from zakaz import __version__
from zakaz.cli.commands.alerts import alerts, mute, notify_test
from zakaz.cli.commands.audit import audit
from zakaz.cli.commands.backfill import backfill, gaps
from zakaz.cli.commands.backup import backup, restore
from zakaz.cli.commands.clean import clean
from zakaz.cli.commands.healthcheck import healthcheck
from zakaz.cli.commands.load_sales import load_sales
from zakaz.cli.commands.metrics import metrics
from zakaz.cli.commands.migrate import migrate
from zakaz.cli.commands.run import run
from zakaz.cli.commands.sandbox import sandbox
from zakaz.cli.commands.sql import sql
from zakaz.cli.commands.stage import stage
from zakaz.cli.commands.status import status
from zakaz.cli.commands.up import down, up
from zakaz.cli.commands.watchdog import watchdog


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def app() -> None:
    """VK Ads and ticket sales in ClickHouse: look after the warehouse and its days."""


COMMANDS = (
    *(alerts, audit, backfill, backup, clean, down, gaps, healthcheck, load_sales),
    *(metrics, migrate, mute, notify_test, restore, run, sandbox, sql, stage, status, up, watchdog),
)
for command in COMMANDS:
    app.add_command(command)
