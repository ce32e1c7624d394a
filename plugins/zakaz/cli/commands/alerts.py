"""bin/zakaz alerts, mute and notify-test."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click

from zakaz.days import MOSCOW
from zakaz.errors import InvalidInput, ZakazError
from zakaz.settings import settings, this_user
from zakaz.stages import DAG_ID, STAGES

ALL = "all"
JOBS = (*STAGES, DAG_ID, "airflow", "watchdog", ALL)
FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d")


@click.command()
def alerts() -> int:
    """Show the open incidents, and what is muted.

    Exits 0 if there are none, 2 if there are some, 1 if it could not look.
    """
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.sql import statement

    warehouse = WarehouseHook()
    with warehouse.session():
        is_open = bool(warehouse.execute(statement("report/incidents.sql")))
        for title, name in (("Open incidents", "report/incidents.sql"), ("Muted", "report/mutes.sql")):
            table = warehouse.text(statement(name), "PrettyCompactNoEscapesMonoBlock")
            if table:
                print(f"{title}\n{table}", end="")
    if not is_open:
        print("No open incidents")
    return 2 if is_open else 0


@click.command()
@click.option("--job", required=True, type=click.Choice(JOBS), help="Whose alerts; all mutes every one.")
@click.option("--until", required=True, metavar="'YYYY-MM-DD HH:MM'|now", help="Moscow time; now ends a mute.")
@click.option("--reason", required=True, help="Why, for those who wonder at the silence.")
def mute(job: str, until: str, reason: str) -> None:
    """Silence a job's alerts for a maintenance window.

    They are still recorded. Problems that remain when the window ends are sent then.
    """
    from zakaz.registry.mutes import mute as silence
    from zakaz.warehouse.hook import WarehouseHook

    now = datetime.now(UTC)
    end = now if until == "now" else _instant(until)
    if until != "now" and end <= now:
        raise InvalidInput(f"--until {until!r} is over: give a Moscow time in the future, or now to end a mute")
    if not reason.strip():
        raise InvalidInput("--reason '' is empty: say why, for those who wonder at the silence")
    silence(WarehouseHook(), job, end, reason.strip())
    print(f"{job}: not muted any more" if until == "now" else f"{job}: muted until {_moscow(end)} MSK")


@click.command("notify-test")
def notify_test() -> int:
    """Send a test message through telegram_default, and through FALLBACK_URL if it is set.

    Says of each whether it took it, or why not. Exits 0 if each did, otherwise 1.
    """
    from zakaz.alerts.messages import render
    from zakaz.connections.fallback import send_by_fallback
    from zakaz.connections.telegram import TelegramHook
    from zakaz.connections.telegram_text import plain
    from zakaz.secrets import masked_line

    html = render("test.html", who=this_user(), now=datetime.now(UTC))
    channels: dict[str, Callable[[], None]] = {"Telegram": lambda: TelegramHook().send_message({"text": html})}
    if url := settings().fallback_url:
        channels["FALLBACK_URL"] = lambda: send_by_fallback(url, plain(html))
    failed = 0
    for name, deliver in channels.items():
        try:
            deliver()
        except ZakazError as error:
            failed = 1
            print(f"zakaz: {masked_line(error)}", file=sys.stderr)
        else:
            print(f"{name} took the message: see whether it has arrived")
    return failed


def _instant(text: str) -> datetime:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=MOSCOW)
        except ValueError:
            continue
    raise InvalidInput(f"--until {text!r} is no Moscow time: write it as 'YYYY-MM-DD HH:MM', or now")


def _moscow(instant: datetime) -> str:
    return f"{instant.astimezone(MOSCOW):%Y-%m-%d %H:%M}"
