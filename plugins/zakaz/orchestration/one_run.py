"""A single DAG run that a command waits for: one day, or a long range in pieces."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from zakaz import airflow_internals
from zakaz.days import MOSCOW, DayRange
from zakaz.errors import WarehouseUnavailable
from zakaz.orchestration import runs
from zakaz.orchestration.backfill_lock import alone
from zakaz.orchestration.console import Work
from zakaz.orchestration.local_runner import LocalRunner, wait_for
from zakaz.orchestration.notes import note_of, note_of_range
from zakaz.pipeline.backfill_plan import GOOD, day_states
from zakaz.registry.backfills import entry_of_run
from zakaz.stages import DAG_ID, LAST_STAGE, deciding_stage
from zakaz.stop import Stop
from zakaz.warehouse.hook import WarehouseHook

PIECES_DAG_ID = "zakaz_backfill"


def run_day(day: date, work: Work) -> bool:
    """Run a Moscow day of the daily DAG; whether the run registry has a good run of it since.

    Its id contains the day and the current time, so that runs and attempts in the registry are unique.
    """
    began = datetime.now(UTC)
    moment = datetime.combine(day, began.astimezone(MOSCOW).time(), MOSCOW)
    runner = _local_runner(DAG_ID, work)
    number = runs.add_run(DAG_ID, f"manual__{moment.isoformat()}", moment, {}, note_of(day))
    with runs.ensure_ended(number):
        _finish(number, runner, work.stop)
    (state,) = day_states(WarehouseHook(), DayRange(day, day))
    return state.state == GOOD and state.is_good_since(began)


def run_pieces(days: DayRange, form: Mapping[str, Any], resumed: UUID | None, work: Work) -> UUID:
    """Run `zakaz_backfill`, or resume a stopped run of it.

    :param form: the fields of its form other than the days.
    :param resumed: the id of the unfinished ledger entry.
    :returns: the id of the ledger entry.
    """
    with alone(days):
        return _run_pieces(days, form, resumed, work)


def _run_pieces(days: DayRange, form: Mapping[str, Any], resumed: UUID | None, work: Work) -> UUID:
    runner = _local_runner(PIECES_DAG_ID, work)
    number = runs.resume(PIECES_DAG_ID, lambda run_id: entry_of_run(run_id) == resumed) if resumed else None
    if number is None:
        now = datetime.now(UTC)
        conf = {"from_date": str(days.first), "to_date": str(days.last), **form}
        name = f"manual__{days.first}_{days.last}__{now.isoformat()}"
        number = runs.add_run(PIECES_DAG_ID, name, now, conf, note_of_range(days))
    reported: set[int] = set()

    def report_pieces() -> None:
        for index, piece in _ended_pieces(number).items():
            if index not in reported:
                reported.add(index)
                work.say(f"{piece.iso}  {_outcome(piece, form['stage'])}")

    with runs.ensure_ended(number) as run_id:
        _finish(number, runner, work.stop, report_pieces)
    return entry_of_run(run_id)


def _local_runner(dag_id: str, work: Work) -> LocalRunner | None:
    """A runner in this process; None if a scheduler serves the DAG."""
    with airflow_internals.create_session() as session:
        is_served = runs.is_served(dag_id, session)
    return None if is_served else LocalRunner(dag_id, work.stop, work.log)


def _finish(number: int, runner: LocalRunner | None, stop: Stop, after_task: Callable[[], None] = lambda: None) -> None:
    """Wait for a run to finish, executing it if there is a runner.

    :param after_task: called after each task.
    """

    def is_over() -> bool:
        after_task()
        return runs.states([number])[number] not in runs.UNFINISHED

    if runner is None or not runner.run(number, after_task):
        wait_for(is_over, stop)
    after_task()


def _ended_pieces(number: int) -> dict[int, DayRange]:
    """The finished pieces of a range, by map index; without those that Airflow began no task of."""
    with airflow_internals.create_session() as session:
        tasks = session.get_one(airflow_internals.DagRun, number).task_instances
        # A task that was never begun has its index for a name.
        names = {one.map_index: one.rendered_map_index for one in tasks if "/" in str(one.rendered_map_index)}
        return {
            one.map_index: DayRange.parse(names[one.map_index])
            for one in tasks
            if one.task_id == LAST_STAGE and one.state in airflow_internals.State.finished and one.map_index in names
        }


def _outcome(piece: DayRange, stage: str) -> str:
    """What became of a finished piece, by the run registry; if that is away, the report at the end says it."""
    try:
        states = day_states(WarehouseHook(), piece, deciding_stage(stage))
    except WarehouseUnavailable:
        return "ended"
    return "ok" if all(one.state == GOOD for one in states) else "failed"
