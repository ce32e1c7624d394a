"""bin/zakaz backfill and gaps."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from zakaz.cli import sandbox
from zakaz.cli.options import from_option, to_option
from zakaz.days import DayRange
from zakaz.errors import InvalidInput, ZakazError
from zakaz.orchestration import metadata
from zakaz.orchestration.console import Work, at_work
from zakaz.stages import ALL_STAGES, STAGES

if TYPE_CHECKING:
    from zakaz.pipeline.backfill_plan import Plan
    from zakaz.registry.backfills import Backfill

# Longer ranges are split into pieces by calendar month: much faster, but a failed day fails its whole piece.
LONGEST_BY_DAYS = 31
PRETTY = "PrettyCompactNoEscapesMonoBlock"


@click.command()
@from_option()
@to_option()
def gaps(first: date | None, last: date | None) -> int:
    """List the Moscow days without a good run, one per line, with state and last error.

    Without --from and --to: all of them, from the first good day, or the oldest that VK Ads still serves, to the day
    that is due. Exits 0 if there are none, 2 if there are some, 1 if it could not look.
    """
    from zakaz.pipeline.backfill_plan import lacking_days
    from zakaz.warehouse.hook import WarehouseHook

    if (first is None) != (last is None):
        raise InvalidInput(f"{'--from' if first is None else '--to'} is missing: name both days, or none for all gaps")
    lacking = lacking_days(WarehouseHook(), DayRange(first, last) if first and last else None)
    for one in lacking:
        print(f"{one.day}\t{one.state}\t{one.last_error}".rstrip())
    return 2 if lacking else 0


@click.command()
@from_option(required=True)
@to_option(required=True)
@click.option("--only-gaps", is_flag=True, help="Leave out the days that have a good run.")
@click.option("--stage", type=click.Choice([ALL_STAGES, *STAGES]), default=ALL_STAGES, help="One task alone.")
@click.option("--reason", default="", help="Why, for the ledger meta.backfills.")
@click.option("--max-active-runs", type=click.IntRange(1, 32), help="Days at once; MAX_ACTIVE_RUNS by default.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and do nothing.")
def backfill(
    first: date, last: date, only_gaps: bool, stage: str, reason: str, max_active_runs: int | None, dry_run: bool
) -> int:
    """Reload past Moscow days, both ends included, and verify each of them in the run registry.

    Safe to repeat, and alongside the daily run. Ctrl-C stops it cleanly; the same command then resumes it.
    Exits 0 if every day is good, 2 if one is red or missing, 1 if it could not be done or was stopped.
    """
    with at_work("backfill") as work:
        from zakaz.warehouse.hook import WarehouseHook

        warehouse = WarehouseHook()
        with warehouse.session():
            entry, plan = _plan(warehouse, DayRange(first, last), stage, reason, only_gaps=only_gaps)
        _show_plan(entry, plan, work)
        if dry_run or not (plan.todo or entry.is_resumed):
            return 0
        metadata.prepare()
        sandbox.use()
        if len(plan.todo) > LONGEST_BY_DAYS:
            entry = _in_pieces(entry, plan, work, only_gaps=only_gaps)
        elif plan.todo:
            _by_days(warehouse, entry, plan, work, max_active_runs)
        return _report(warehouse, entry, work)


def _by_days(warehouse: Any, entry: "Backfill", plan: "Plan", work: Work, max_active_runs: int | None) -> None:
    """Run each day separately, and keep the ledger; a failed day doesn't stop the others."""
    from zakaz.orchestration import backfill as days
    from zakaz.orchestration.rerun import Rerun
    from zakaz.registry.backfills import PLANNED, enter, settle

    request = days.Request(
        days=plan.todo,
        stage=plan.stage,
        rerun=Rerun.EVERYTHING,
        goes_on_after_failure=True,
        max_active_runs=max_active_runs,
    )

    def open_ledger() -> None:
        if entry.is_resumed:
            settle(warehouse, entry, PLANNED)
        else:
            enter(warehouse, entry, plan.todo)

    try:
        days.Backfill(request, work).carry_out(open_ledger)
    except BaseException:
        _close_broken_off(warehouse, entry)
        raise


def _in_pieces(entry: "Backfill", plan: "Plan", work: Work, *, only_gaps: bool) -> "Backfill":
    """Run zakaz_backfill, which processes whole months and keeps the ledger itself; returns the ledger entry."""
    from zakaz.orchestration.one_run import run_pieces

    form = {"stage": plan.stage, "only_gaps": only_gaps, "reason": entry.reason}
    resumed = entry.backfill_id if entry.is_resumed else None
    return replace(entry, backfill_id=run_pieces(plan.days, form, resumed, work))


def _plan(warehouse: Any, days: DayRange, stage: str, reason: str, *, only_gaps: bool) -> tuple["Backfill", "Plan"]:
    """The ledger entry, new or resumed from the same backfill, and the plan."""
    from zakaz.pipeline.backfill_plan import make_plan
    from zakaz.registry.backfills import Backfill, unfinished

    entry = unfinished(warehouse, days, stage) or Backfill(days=days, stage=stage, reason=reason)
    done_since = entry.started_at if entry.is_resumed else None
    return entry, make_plan(warehouse, days, stage, only_gaps=only_gaps, done_since=done_since)


def _show_plan(entry: "Backfill", plan: "Plan", work: Work) -> None:
    from zakaz.connections.qtickets import QTicketsHook
    from zakaz.sources.vk_ads import first_reachable_day

    if entry.is_resumed:
        work.say(f"Goes on with the backfill begun on {entry.started_at:%Y-%m-%d %H:%M} UTC, which did not end")
    work.say(f"Moscow days {plan.days}, by their last run:")
    for state, group in groupby(plan.states, key=lambda one: one.state):
        alike = [one.day for one in group]
        work.say(f"  {DayRange(alike[0], alike[-1])}: {state} ({len(alike)})")
    if not plan.todo:
        work.say("Nothing to do")
        return
    work.say(f"To do, {len(plan.todo)} days: {', '.join(map(str, plan.ranges))}")
    if plan.stage != ALL_STAGES:
        work.say(f"  {plan.stage} alone")
        return
    for days in plan.ranges:
        reachable = days.since(first_reachable_day())
        if reachable != days:
            work.say(f"  VK Ads serves no day before {first_reachable_day()}: earlier ones keep their staging")
        if reachable:
            work.say(f"  fetched from VK Ads: {reachable}")
    if QTicketsHook().is_set_up():
        work.say(f"  fetched from QTickets: {', '.join(map(str, plan.ranges))}")
    else:
        work.say("  QTickets is not set up: the sales are those of bin/zakaz load-sales")
    work.say("  rebuilt and checked: both marts of all these days")


def _close_broken_off(warehouse: Any, entry: "Backfill") -> None:
    """Close the ledger entry of a backfill that failed; an unreachable warehouse must not hide the original error."""
    from zakaz.registry.backfills import STOPPED, settle

    with suppress(ZakazError):
        settle(warehouse, entry, STOPPED)


def _report(warehouse: Any, entry: "Backfill", work: Work) -> int:
    """Settle the ledger entry by the run registry, print the result, and return the exit code."""
    from zakaz.registry.backfills import MISSING, OK, STOPPED, settle
    from zakaz.registry.missing import filling
    from zakaz.warehouse.sql import statement

    is_stopped = work.stop.is_requested
    outcomes = settle(warehouse, entry, STOPPED if is_stopped else MISSING)
    lacking = [outcome for outcome in outcomes if outcome.state != OK]
    table = warehouse.text(statement("report/backfill.sql"), PRETTY, {"backfill_id": entry.backfill_id})
    work.say(f"\nDays that changed or are not good\n{table}" if table else "\nNo figure changed\n")
    work.say(f"{len(outcomes) - len(lacking)} of {len(outcomes)} days are good (meta.backfills, {entry.backfill_id})")
    for outcome in lacking:
        work.complain(f"{outcome.day}: {outcome.state}: {outcome.error or 'no attempt of it ended'}")
    if is_stopped:
        work.complain("zakaz backfill: stopped, nothing is left at work. The same command goes on from here")
    elif lacking:
        work.complain(f"Mend the cause, then: {filling(entry.days)}")
    work.say(f"log: {work.log}")
    return 1 if is_stopped else 2 if lacking or not outcomes else 0
