"""A backfill as a terminal shows it: a line for each day, the sum, what is not loaded, and where the log is."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO

from zakaz.cli import airflow
from zakaz.orchestration.console import new_log, output_to
from zakaz.orchestration.stop import stoppable

if TYPE_CHECKING:
    from zakaz.orchestration.backfill import Outcome, Request


def carry_out(request: "Request", *, verbose: bool = False) -> "list[Outcome]":
    """Do a backfill and tell of it.

    :param verbose: Airflow's log is shown instead of kept in a file.
    :raises DaysAreBusy: another backfill, or a run of these days, is at work. :raises InvalidInput: there is no DAG.
    :raises TransientError: the scheduler that did it died.
    """
    from zakaz.orchestration.backfill import Backfill

    # What tasks say is worth keeping; what the command line itself has to say is not.
    log = new_log("backfill")
    log.touch()
    with ExitStack() as stack:
        terminal: TextIO = sys.stdout if verbose else stack.enter_context(output_to(log))

        def tell(outcome: "Outcome", seconds: float) -> None:
            state = "ok    " if outcome.is_loaded else "failed"
            print(f"{outcome.day}  {state}  {seconds:6.1f} s  {outcome.error}".rstrip(), file=terminal, flush=True)

        airflow.prepare_metadata()
        with stoppable() as stop:
            outcomes = Backfill(request, stop, log, tell).carry_out()
    _report(outcomes)
    if not verbose:
        print(f"log: {log}")
    return outcomes


def _report(outcomes: "Sequence[Outcome]") -> None:
    loaded = sum(outcome.is_loaded for outcome in outcomes)
    before = sum(outcome.is_loaded and not outcome.was_done for outcome in outcomes)
    left = f", {before} of them before (--reset-dagruns -y does them again)" if before else ""
    print(f"{loaded} of {len(outcomes)} days are loaded{left}", flush=True)
    for outcome in outcomes:
        if not outcome.is_loaded:
            print(f"{outcome.day}: {outcome.error}", file=sys.stderr, flush=True)
