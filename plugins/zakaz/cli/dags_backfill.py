"""Airflow 2's `airflow dags backfill`, for zakaz_etl; the wrapper bin/airflow dispatches the command to this module."""

import re
import sys
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import click

from zakaz.cli import sandbox
from zakaz.cli.__main__ import leave, run
from zakaz.days import MOSCOW, DayRange, moscow_day
from zakaz.errors import InvalidInput
from zakaz.orchestration import metadata
from zakaz.orchestration.console import at_work
from zakaz.orchestration.rerun import Rerun
from zakaz.stages import ALL_STAGES, DAG_ID, STAGES, wanted, with_those_before

# Unsupported flags of Airflow 2.11: whether they take a value, and what to do instead.
REFUSED = {
    ("-m", "--mark-success"): (False, "a day that is only marked is not loaded; in the UI, mark its tasks by hand"),
    ("-l", "--local"): (False, "leave it out: without a scheduler the days are done in this process anyway"),
    ("-x", "--donot-pickle"): (False, "leave it out: Airflow pickles no DAG any more"),
    ("--pool",): (True, "leave it out: vk_fetch has the pool vk_ads, the others need none"),
    ("-I", "--ignore-first-depends-on-past"): (False, "leave it out: no task depends on the day before"),
    ("--delay-on-limit",): (True, "set MAX_ACTIVE_RUNS, the days at once under a scheduler"),
    ("--disable-retry",): (False, "leave it out: a transient error is tried again once, a permanent one is not"),
    ("-c", "--conf"): (True, "use -t for the tasks that are wanted; a backfill knows no other conf"),
    ("-S", "--subdir"): (True, "set AIRFLOW__CORE__DAGS_FOLDER"),
    ("--treat-dag-id-as-regex", "--treat-dag-as-regex"): (False, f"name the DAG: {DAG_ID}"),
}


def _refuse(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    del context
    if value:
        instead = next(text for flags, (_, text) in REFUSED.items() if parameter.opts[0] in flags)
        raise InvalidInput(f"{' / '.join(parameter.opts)} is not supported: {instead}")


def _refused_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    for flags, (takes_value, _) in REFUSED.items():
        hidden = click.option(*flags, hidden=True, is_flag=not takes_value, expose_value=False, callback=_refuse)
        command = hidden(command)
    return command


def _day(_: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput(
            f"{parameter.opts[0]} {value!r} is not a day: write it as YYYY-MM-DD, e.g. 2026-11-22"
        ) from None
    return moscow_day(instant if instant.tzinfo else instant.replace(tzinfo=MOSCOW))


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("dag_id")
@click.option("-s", "--start-date", "first", metavar="YYYY-MM-DD", callback=_day, help="First Moscow day.")
@click.option("-e", "--end-date", "last", metavar="YYYY-MM-DD", callback=_day, help="Last Moscow day, itself included.")
@click.option("--reset-dagruns", is_flag=True, help="Do all tasks again of days that ran before; asks first.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@click.option("--rerun-failed-tasks", is_flag=True, help="Do the failed tasks again of days that failed before.")
@click.option("--continue-on-failures", is_flag=True, help="Begin further days after one that failed.")
@click.option("-B", "--run-backwards", is_flag=True, help="The newest day first.")
@click.option("-t", "--task-regex", metavar="REGEX", help="These tasks alone, with those before them.")
@click.option("-i", "--ignore-dependencies", is_flag=True, help="With -t: without those before them.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would become of each day, and do nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Show Airflow's log here instead of keeping it in a file.")
@_refused_flags
def backfill(
    dag_id: str,
    first: date | None,
    last: date | None,
    *,
    reset_dagruns: bool,
    yes: bool,
    rerun_failed_tasks: bool,
    continue_on_failures: bool,
    run_backwards: bool,
    task_regex: str | None,
    ignore_dependencies: bool,
    dry_run: bool,
    verbose: bool,
) -> int:
    """Load the Moscow days from -s to -e, both included, by Airflow's backfill runs.

    DAG_ID is zakaz_etl. A live scheduler runs them, and this command shows the progress; otherwise this command runs
    them itself, day by day. Days that ran before are left alone unless a flag says otherwise. Ctrl-C and SIGTERM stop
    it cleanly; the same command then resumes where it stopped, even after kill -9.

    Exits 0 if every day is loaded, by the run registry; 1 if one is not, or nothing could be done.
    """
    days = _days(dag_id, first, last)
    stage = _stage(task_regex, ignore_dependencies=ignore_dependencies)
    rerun = Rerun.EVERYTHING if reset_dagruns else Rerun.FAILED if rerun_failed_tasks else Rerun.NOTHING
    if dry_run:
        return _dry_run(days, stage, rerun, run_backwards=run_backwards)
    if reset_dagruns and not yes:
        _ask(days)
    with at_work("backfill", is_verbose=verbose) as work:
        from zakaz.orchestration.backfill import Backfill, Request

        request = Request(
            days=sorted(days, reverse=run_backwards),
            stage=stage,
            rerun=rerun,
            goes_on_after_failure=continue_on_failures,
        )
        metadata.prepare()
        sandbox.use()
        outcomes = Backfill(request, work).carry_out()
        loaded = sum(outcome.is_loaded for outcome in outcomes)
        work.say(f"{loaded} of {len(outcomes)} days are loaded")
        for outcome in outcomes:
            if not outcome.is_loaded:
                work.complain(f"{outcome.day}: {outcome.error}")
        work.say(f"log: {work.log}")
    return 0 if loaded == len(outcomes) else 1


def _days(dag_id: str, first: date | None, last: date | None) -> DayRange:
    if dag_id != DAG_ID:
        raise InvalidInput(
            f"DAG {dag_id!r} can't be backfilled by days: this command knows {DAG_ID} alone. For other DAGs "
            "there is Airflow's own `airflow backfill create`"
        )
    first, last = first or last, last or first
    if first is None or last is None:
        raise InvalidInput("-s and -e are missing: name the first and the last Moscow day")
    days = DayRange(first, last)
    days.require_over()
    return days


def _stage(task_regex: str | None, *, ignore_dependencies: bool) -> str:
    """The stages that match a regular expression, as for `stages.wanted`."""
    if task_regex is None:
        return ALL_STAGES
    try:
        matching = [stage for stage in STAGES if re.search(task_regex, stage)]
    except re.error as error:
        raise InvalidInput(f"-t {task_regex!r} is no regular expression: {error}") from None
    if not matching:
        raise InvalidInput(f"-t {task_regex!r} means no task: there are {', '.join(STAGES)}")
    return ",".join(matching if ignore_dependencies else with_those_before(matching))


def _ask(days: DayRange) -> None:
    if not sys.stdin.isatty():
        raise InvalidInput("--reset-dagruns asks before it does days again, and nobody is there to answer: add -y")
    click.confirm(f"Do all tasks of {days} again, also of days that are loaded?", abort=True)


def _dry_run(days: DayRange, stage: str, rerun: Rerun, *, run_backwards: bool) -> int:
    from zakaz.orchestration.backfill_runs import preview

    for day, what in sorted(preview(DAG_ID, list(days), rerun).items(), reverse=run_backwards):
        print(f"{day}  {what}")
    print(f"tasks: {', '.join(wanted(stage))}. Nothing was done (--dry-run)")
    return 0


if __name__ == "__main__":
    leave(run("airflow dags backfill", lambda: backfill))
