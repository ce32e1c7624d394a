"""Backfills of Moscow days by Airflow's own backfill runs.

A live scheduler runs them, on all its workers; without one this process does, day by day. The outcome of each day comes
from the run registry, not from Airflow.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from zakaz import airflow_internals
from zakaz.days import DayRange
from zakaz.errors import TransientError, WarehouseUnavailable
from zakaz.orchestration import backfill_runs, runs
from zakaz.orchestration.backfill_lock import alone
from zakaz.orchestration.backfill_runs import Made
from zakaz.orchestration.console import Work
from zakaz.orchestration.local_runner import LocalRunner, wait_for
from zakaz.orchestration.rerun import Rerun
from zakaz.pipeline.backfill_plan import GOOD, RUNNING, DayState, day_states
from zakaz.registry.lost import close_lost_attempts
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES, DAG_ID, deciding_stage
from zakaz.warehouse.hook import WarehouseHook

# Time for a scheduler to restart after an update or a crash, after which it continues the backfill.
SCHEDULER_AWAY = timedelta(minutes=5)
# Tasks under a scheduler are terminated at their next heartbeat, and then record it.
END_SECONDS = 20
NO_GOOD_RUN = "the run registry has no good run of it"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request for a backfill.

    :param days: Moscow days that are over, in the order to process them.
    :param stage: the requested stages, as for `stages.wanted`.
    :param rerun: what to rerun on days that already have a run.
    :param goes_on_after_failure: start further days after a failed one.
    :param max_active_runs: parallel days under a scheduler; MAX_ACTIVE_RUNS by default.
    """

    days: Sequence[date]
    stage: str = ALL_STAGES
    rerun: Rerun = Rerun.NOTHING
    goes_on_after_failure: bool = False
    max_active_runs: int | None = None
    dag_id: str = DAG_ID


@dataclass(frozen=True)
class Outcome:
    """The outcome of a day.

    :param is_loaded: whether the registry has a good run of it; if the backfill was to run it, one started since.
    :param was_done: whether the backfill ran it; otherwise it was left alone, or its turn did not come.
    :param error: why it is not loaded, if known.
    """

    day: date
    is_loaded: bool
    was_done: bool
    error: str = ""


class Backfill:
    """One backfill of the daily DAG, from creating its runs to the outcome of each day.

    :param work: the command that runs it, which prints a line for each finished day.
    """

    def __init__(self, request: Request, work: Work) -> None:
        self._request = request
        self._stop = work.stop
        self._log = work.log
        self._say = work.say
        self._began = datetime.now(UTC)
        self._ended: dict[date, Outcome] = {}
        self._made = Made()
        self.is_served = False

    def carry_out(self, begins: Callable[[], None] = lambda: None) -> list[Outcome]:
        """Run the backfill.

        :param begins: called once its runs exist, before the first one starts.
        :returns: the outcome of each requested day, oldest first.
        :raises DaysAreBusy: another backfill, or a run of these days, is in progress.
        :raises InvalidInput: there is no such DAG.
        :raises TransientError: its scheduler died.
        """
        request = self._request
        with alone(DayRange(min(request.days), max(request.days))):
            runner = None if self._finds_scheduler() else LocalRunner(request.dag_id, self._stop, self._log)
            backfill_runs.close_dead(request.dag_id)
            close_lost_attempts(WarehouseHook())
            self._made = backfill_runs.make(
                request.dag_id,
                request.days,
                request.stage,
                request.rerun,
                request.max_active_runs or settings().max_active_runs,
                is_served=self.is_served,
            )
            if not self._made.runs:
                return self.outcomes()
            who = "by the scheduler" if self.is_served else "here, since no scheduler serves the DAG"
            self._say(f"days to do: {len(self._made.runs)}, {who}")
            try:
                begins()
                if runner and not self._run_locally(runner):
                    self._say("a scheduler has started and goes on")
                    backfill_runs.hand_over(self._made.backfill_id, to_scheduler=True)
                    self.is_served = True
                if self.is_served:
                    self._watch()
            finally:
                self._close()
        return self.outcomes()

    def outcomes(self) -> list[Outcome]:
        """The outcome of each day by the registry, oldest first."""
        days = DayRange(min(self._request.days), max(self._request.days))
        states = day_states(WarehouseHook(), days, deciding_stage(self._request.stage))
        asked = set(self._request.days)
        return [self._outcome(state) for state in states if state.day in asked]

    def _finds_scheduler(self) -> bool:
        with airflow_internals.create_session() as session:
            self.is_served = runs.is_served(self._request.dag_id, session)
        return self.is_served

    def _run_locally(self, runner: LocalRunner) -> bool:
        """Run the days in this process; False if a scheduler has started to serve the DAG and takes over."""
        for day, number in self._made.runs.items():
            if self._stop.is_requested:
                return True
            began = time.monotonic()
            if not runner.run(number):
                return self._stop.is_requested
            if not self._report(day, time.monotonic() - began) and not self._request.goes_on_after_failure:
                return True
        return True

    def _watch(self) -> None:
        """Wait for the scheduler to run the days."""
        began, seen = time.monotonic(), datetime.now(UTC)
        by_number = {number: day for day, number in self._made.runs.items() if day not in self._ended}

        def is_over() -> bool:
            nonlocal seen
            states = runs.states(list(by_number))
            for number, day in list(by_number.items()):
                if states.get(number) not in runs.UNFINISHED:
                    del by_number[number]
                    is_good = self._report(day, time.monotonic() - began)
                    if not is_good and not self._request.goes_on_after_failure:
                        backfill_runs.hand_over(self._made.backfill_id, to_scheduler=False)
                        for waiting in [one for one, state in states.items() if state == "queued"]:
                            by_number.pop(waiting, None)
            if self._finds_scheduler():
                seen = datetime.now(UTC)
            elif datetime.now(UTC) - seen > SCHEDULER_AWAY:
                raise TransientError(
                    f"Airflow's scheduler gave no sign of life since {seen:%H:%M:%S} UTC, or the DAG was paused: the "
                    "backfill was ended. The same command goes on, with a scheduler or without one"
                )
            return not by_number

        wait_for(is_over, self._stop)

    def _report(self, day: date, seconds: float) -> bool:
        """Print the outcome of a finished day; whether it is loaded."""
        try:
            (state,) = day_states(WarehouseHook(), DayRange(day, day), deciding_stage(self._request.stage))
            outcome = self._outcome(state, was_done=True)
        except WarehouseUnavailable as error:  # read again at the end
            outcome = Outcome(day, is_loaded=False, was_done=True, error=str(error))
        self._ended[day] = outcome
        shown = "ok    " if outcome.is_loaded else "failed"
        self._say(f"{day}  {shown}  {seconds:6.1f} s  {outcome.error}".rstrip())
        return outcome.is_loaded

    def _outcome(self, state: DayState, *, was_done: bool | None = None) -> Outcome:
        done = state.day in self._ended if was_done is None else was_done
        to_be_done = state.day in self._made.runs
        is_loaded = state.state == GOOD and (not to_be_done or state.is_good_since(self._began))
        return Outcome(state.day, is_loaded, done, "" if is_loaded else self._why_not(state, done))

    def _why_not(self, state: DayState, was_done: bool) -> str:
        if ended := self._made.left_alone.get(state.day):
            known = state.last_error or NO_GOOD_RUN
            if ended == "failed":
                return f"its run was failed before and was left alone (--rerun-failed-tasks does it again): {known}"
            return (
                f"its run was {ended} before and was left alone (--reset-dagruns -y does it again): only marked so by "
                f"hand, or done in part: {known}"
            )
        if not was_done:
            return "stopped before its end" if self._stop.is_requested else "not begun"
        return state.last_error or NO_GOOD_RUN

    def _close(self) -> None:
        is_cut_off = self.is_served and len(self._ended) < len(self._made.runs)
        backfill_runs.close(self._made.backfill_id)
        if is_cut_off:
            # Its tasks end at their next heartbeat, and another one may have been about to start.
            deadline = time.monotonic() + END_SECONDS
            while time.monotonic() < deadline and self._is_at_work():
                time.sleep(1)
            backfill_runs.close(self._made.backfill_id)

    def _is_at_work(self) -> bool:
        days = DayRange(min(self._made.runs), max(self._made.runs))
        return any(state.state == RUNNING for state in day_states(WarehouseHook(), days))
