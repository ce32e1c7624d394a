"""bin/zakaz backfill and gaps: days of the past."""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from zakaz.cli.options import past_day
from zakaz.days import DayRange
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES, STAGES

if TYPE_CHECKING:
    from zakaz.backfill.airflow_runs import Progress
    from zakaz.backfill.ledger import Backfill, Outcome
    from zakaz.backfill.plan import Plan

PRETTY = "PrettyCompactNoEscapesMonoBlock"
from_option = click.option("--from", "first", required=True, metavar="YYYY-MM-DD", callback=past_day, help="First day.")
to_option = click.option(
    "--to", "last", required=True, metavar="YYYY-MM-DD", callback=past_day, help="Last day, itself included."
)


@click.command()
@from_option
@to_option
def gaps(first: date, last: date) -> int:
    """List the Moscow days without a good run, one a line, with what is known of each.

    Exits 0 if there are none, 2 if there are some, 1 if it could not look.
    """
    from zakaz.backfill.plan import GOOD, day_states
    from zakaz.warehouse.hook import WarehouseHook

    lacking = [one for one in day_states(WarehouseHook(), DayRange(first, last)) if one.state != GOOD]
    for one in lacking:
        print(f"{one.day}\t{one.state}\t{one.last_error}".rstrip())
    return 2 if lacking else 0


@click.command()
@from_option
@to_option
@click.option("--only-gaps", is_flag=True, help="Leave out the days that have a good run.")
@click.option("--stage", type=click.Choice([ALL_STAGES, *STAGES]), default=ALL_STAGES, help="One task alone.")
@click.option("--reason", default="", help="Why, for the ledger meta.backfills.")
@click.option("--max-active-runs", type=click.IntRange(1, 32), help="Days at once; MAX_ACTIVE_RUNS by default.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and do nothing.")
def backfill(
    first: date, last: date, only_gaps: bool, stage: str, reason: str, max_active_runs: int | None, dry_run: bool
) -> int:
    """Do Moscow days of the past anew, both ends included, and check each of them in the run registry.

    Safe to repeat and beside the daily run. Ctrl-C stops it in order; the same command then goes on where it stopped.
    Exits 0 if every day is good, 2 if one is red or missing, 1 if it could not be done or was stopped.
    """
    from zakaz.backfill import command
    from zakaz.backfill.ledger import MISSING, PLANNED, enter, settle
    from zakaz.registry.alive import alive
    from zakaz.warehouse.hook import WarehouseHook

    warehouse = WarehouseHook()
    with warehouse.session():
        entry, plan = _plan(warehouse, DayRange(first, last), stage, reason, only_gaps=only_gaps)
    _print_plan(entry, plan)
    if dry_run or not (plan.todo or entry.is_resumed):
        return 0
    with _terminable(), alive(entry.backfill_id):
        for days in plan.ranges:
            command.require_startable(days)
        try:
            if entry.is_resumed:
                settle(warehouse, entry, PLANNED)
            else:
                enter(warehouse, entry, plan.todo)
            progress = _ProgressLine(len(plan.todo))
            for days in plan.ranges:
                command.run(days, stage, max_active_runs or settings().max_active_runs, progress.show)
                progress.next_range(days)
            outcomes = settle(warehouse, entry, MISSING)
        except BaseException as error:
            _close_stopped(warehouse, entry, is_by_hand=isinstance(error, KeyboardInterrupt))
            if not isinstance(error, KeyboardInterrupt):
                raise
            return 1
        return _report(warehouse, entry, outcomes)


def _plan(warehouse: Any, days: DayRange, stage: str, reason: str, *, only_gaps: bool) -> tuple["Backfill", "Plan"]:
    """The ledger's entry, new or that of the same backfill which was stopped, and what is to be done for it."""
    from zakaz.backfill.ledger import Backfill, unfinished
    from zakaz.backfill.plan import make_plan
    from zakaz.errors import DaysAreBusy
    from zakaz.registry.alive import is_alive

    entry = unfinished(warehouse, days, stage) or Backfill(days=days, stage=stage, reason=reason)
    if is_alive(entry.backfill_id):
        raise DaysAreBusy(f"{days} is being backfilled since {entry.started_at:%H:%M} UTC: wait for it, or stop it")
    done_since = entry.started_at if entry.is_resumed else None
    return entry, make_plan(warehouse, days, stage, only_gaps=only_gaps, done_since=done_since)


def _print_plan(entry: "Backfill", plan: "Plan") -> None:
    from zakaz.clients.vk_ads import first_reachable_day
    from zakaz.hooks.qtickets import QTicketsHook

    if entry.is_resumed:
        print(f"Goes on with the backfill begun on {entry.started_at:%Y-%m-%d %H:%M} UTC, which did not end")
    print(f"Moscow days {plan.days}, by their last run:")
    for state, group in groupby(plan.states, key=lambda one: one.state):
        alike = [one.day for one in group]
        print(f"  {DayRange(alike[0], alike[-1])}: {state} ({len(alike)})")
    if not plan.todo:
        print("Nothing to do")
        return
    print(f"To do, {len(plan.todo)} days: {', '.join(map(str, plan.ranges))}")
    if plan.stage != ALL_STAGES:
        print(f"  {plan.stage} alone")
        return
    for days in plan.ranges:
        reachable = days.since(first_reachable_day())
        if reachable != days:
            print(f"  VK Ads tells of no day before {first_reachable_day()}: earlier ones keep their staging")
        if reachable:
            print(f"  fetched from VK Ads: {reachable}")
    if QTicketsHook().is_set_up():
        print(f"  fetched from QTickets: {', '.join(map(str, plan.ranges))}")
    else:
        print("  QTickets is not set up: the sales are those of bin/zakaz load-sales")
    print("  rebuilt and checked: both marts of all these days")


def _close_stopped(warehouse: Any, entry: "Backfill", *, is_by_hand: bool) -> None:
    """Close the ledger of a backfill that was broken off; a warehouse that is away doesn't hide what broke it off."""
    from zakaz.backfill.ledger import OK, STOPPED, settle
    from zakaz.errors import ZakazError

    try:
        outcomes = settle(warehouse, entry, STOPPED)
    except ZakazError as error:
        said = f"the ledger could not be closed: {error}"
    else:
        done = sum(outcome.state == OK for outcome in outcomes)
        said = f"{done} of {len(outcomes)} days are done{', nothing is left at work' if is_by_hand else ''}"
    print(f"\nzakaz backfill: stopped: {said}. The same command goes on from here", file=sys.stderr)


class _ProgressLine:
    """One line that says how far a backfill is: kept up to date on a terminal, repeated elsewhere when it changes."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.before = 0
        self.began = time.monotonic()
        self.last = ""

    def show(self, progress: "Progress") -> None:
        """Say it."""
        ended = self.before + progress.ended
        line = f"{ended} of {self.total} days ended, {progress.failed} failed, {progress.running} running"
        if line == self.last:
            return
        self.last = line
        if ended:
            left = (time.monotonic() - self.began) / ended * (self.total - ended)
            line += f", about {left / 60:.0f} min left" if left > 90 else f", about {left:.0f} s left"
        print(f"\r{line}\033[K" if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)

    def next_range(self, days: DayRange) -> None:
        """The days of a range are behind us."""
        self.before += len(list(days))


def _report(warehouse: Any, entry: "Backfill", outcomes: Sequence["Outcome"]) -> int:
    from zakaz.backfill.airflow_cli import log_file
    from zakaz.backfill.ledger import OK
    from zakaz.warehouse.sql import statement

    lacking = [outcome for outcome in outcomes if outcome.state != OK]
    table = warehouse.text(statement("report/backfill.sql"), PRETTY, {"backfill_id": entry.backfill_id})
    print(f"\nDays that changed or are not good\n{table}" if table else "\nNo figure changed", end="")
    print(f"\n{len(outcomes) - len(lacking)} of {len(outcomes)} days are good (meta.backfills, {entry.backfill_id})")
    for outcome in lacking:
        print(f"{outcome.day}: {outcome.state}: {outcome.error or 'no attempt of it ended'}", file=sys.stderr)
    if lacking:
        again = f"bin/zakaz backfill --from {entry.days.first} --to {entry.days.last} --only-gaps"
        print(f"Log: {log_file()}. Mend the cause, then: {again}", file=sys.stderr)
    return 2 if lacking else 0


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM stop us in order, as Ctrl-C does."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
