"""One run of a DAG that somebody waits for: a day here and now, or a long range in pieces."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from zakaz import airflow_internals
from zakaz.days import MOSCOW, DayRange
from zakaz.orchestration import runs
from zakaz.orchestration.backfill_lock import alone
from zakaz.orchestration.console import Work
from zakaz.orchestration.here import RunsHere, wait_for
from zakaz.orchestration.notes import note_of, note_of_range
from zakaz.orchestration.run_days import word
from zakaz.registry.backfills import entry_of_run
from zakaz.stages import DAG_ID, LAST_STAGE
from zakaz.stop import Stop

PIECES_DAG_ID = "zakaz_backfill"


def run_day(day: date, conf: Mapping[str, Any], work: Work) -> bool:
    """Run a Moscow day of the daily DAG; whether it ended well.

    Its id names the day and this moment, so that no two runs and no two attempts in the registry have the same.

    :param conf: what the run is asked for: `stage`, `lookback`.
    """
    moment = datetime.combine(day, datetime.now(MOSCOW).time(), MOSCOW)
    here = _here(DAG_ID, work)
    number = runs.add_run(DAG_ID, f"manual__{moment.isoformat()}", moment, conf, note_of(day))
    with runs.ended(number):
        return _finish(number, here, work.stop)


def run_pieces(days: DayRange, form: Mapping[str, Any], resumed: UUID | None, work: Work) -> UUID:
    """Run `zakaz_backfill`, or go on with a run of it that was stopped.

    :param form: what its form asks for beside the days.
    :param resumed: the entry of the ledger that did not come to its end.
    :returns: the entry of the ledger.
    """
    with alone(days):
        return _run_pieces(days, form, resumed, work)


def _run_pieces(days: DayRange, form: Mapping[str, Any], resumed: UUID | None, work: Work) -> UUID:
    here = _here(PIECES_DAG_ID, work)
    number = runs.go_on(PIECES_DAG_ID, lambda run_id: entry_of_run(run_id) == resumed) if resumed else None
    if number is None:
        now = datetime.now(UTC)
        conf = {"from_date": str(days.first), "to_date": str(days.last), **form}
        name = f"manual__{days.first}_{days.last}__{now.isoformat()}"
        number = runs.add_run(PIECES_DAG_ID, name, now, conf, note_of_range(days))
    told: set[int] = set()

    def tell_of_pieces() -> None:
        for index, line in _ended_pieces(number).items():
            if index not in told:
                told.add(index)
                work.say(line)

    with runs.ended(number) as run_id:
        _finish(number, here, work.stop, tell_of_pieces)
    return entry_of_run(run_id)


def _here(dag_id: str, work: Work) -> RunsHere | None:
    """Whoever does the run in this process, unless a scheduler does it."""
    with airflow_internals.create_session() as session:
        is_served = runs.is_served(dag_id, session)
    return None if is_served else RunsHere(dag_id, work.stop, work.log)


def _finish(number: int, here: RunsHere | None, stop: Stop, look: Callable[[], None] = lambda: None) -> bool:
    """Bring a run to its end; whether it ended well.

    :param look: called after each task.
    """

    def is_over() -> bool:
        look()
        return runs.states([number])[number] not in runs.UNFINISHED

    if here is None or not here.do(number, look):
        wait_for(is_over, stop)
    look()
    return runs.states([number])[number] == "success"


def _ended_pieces(number: int) -> dict[int, str]:
    """The pieces of a long range whose last task ended, by their place in it, each with a line about it."""
    with airflow_internals.create_session() as session:
        run = session.get_one(airflow_internals.DagRun, number)
        return {
            one.map_index: f"{one.rendered_map_index}  {'ok' if word(one.state) == 'success' else 'failed'}"
            for one in run.task_instances
            if one.task_id == LAST_STAGE and one.map_index >= 0 and one.state in airflow_internals.State.finished
        }
