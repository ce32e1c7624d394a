"""Airflow's own backfills and their runs, in its database: made, looked at, closed.

A backfill that was ended, or whose process died, leaves its unfinished runs `stopped`: the next one goes on with them.
"""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from zakaz import airflow_internals
from zakaz.days import MOSCOW, DayRange, moscow_day
from zakaz.errors import DaysAreBusy
from zakaz.orchestration.again import Again
from zakaz.orchestration.notes import note_of
from zakaz.orchestration.run_days import STAGE, word
from zakaz.orchestration.runs import UNFINISHED, is_stopped, midnight, restart, serialized_dag, stop_run
from zakaz.settings import this_user

# A task that says nothing for so long has no process any more (Airflow's own limit is five minutes).
SILENT_FOR = timedelta(minutes=5)


@dataclass
class Made:
    """A backfill in Airflow's database.

    :param backfill_id: Airflow's number of it; 0 if there was nothing to make.
    :param runs: for each Moscow day that will be done, in order, the number of its run.
    :param left_alone: the days that ran before and stay as they are, each with Airflow's word for its run.
    """

    backfill_id: int = 0
    runs: dict[date, int] = field(default_factory=dict)
    left_alone: dict[date, str] = field(default_factory=dict)


def make(dag_id: str, days: Sequence[date], stage: str, again: Again, max_active_runs: int, *, is_served: bool) -> Made:
    """Make a backfill of Airflow's with a run for each day, as far as the days are to be done.

    :param days: Moscow days that are over, in the order in which they are to be done.
    :param stage: the wanted tasks of the chain, as `stages.wanted` reads them.
    :param max_active_runs: days at once, if a scheduler does them.
    :param is_served: a scheduler does them; otherwise it leaves them alone should it start meanwhile.
    :raises DaysAreBusy: a run of these days is at work.
    """
    made = Made()
    conf = {STAGE: stage}
    with airflow_internals.create_session() as session:
        dag = serialized_dag(dag_id, session)
        runs = {moscow_day(run.logical_date): run for run in _runs_of_days(dag_id, days, session)}
        _require_free(dag_id, runs.values(), is_served=is_served)
        todo = {}
        for day in days:
            if left := _left_alone(runs.get(day), again):
                made.left_alone[day] = left
            else:
                todo[day] = runs.get(day)
        if not todo:
            return made
        backfill = airflow_internals.Backfill(
            dag_id=dag_id,
            from_date=midnight(min(todo)),
            to_date=midnight(max(todo)),
            max_active_runs=max_active_runs,
            dag_run_conf=conf,
            reprocess_behavior=again.value,
            is_paused=not is_served,
            triggering_user_name=this_user(),
        )
        session.add(backfill)
        session.flush()
        for number, (day, old) in enumerate(todo.items(), start=1):
            run = _new_run(dag, day, conf, session) if old is None else _renewed(dag, old, again, conf, session)
            run.backfill_id = backfill.id
            session.flush()
            session.add(
                airflow_internals.BackfillDagRun(
                    backfill_id=backfill.id, dag_run_id=run.id, logical_date=run.logical_date, sort_ordinal=number
                )
            )
            made.runs[day] = run.id
        made.backfill_id = backfill.id
    return made


def preview(dag_id: str, days: Sequence[date], again: Again) -> dict[date, str]:
    """What a backfill would make of each day, in words; changes nothing."""
    try:
        with airflow_internals.create_session() as session:
            runs = {moscow_day(run.logical_date): run for run in _runs_of_days(dag_id, days, session)}
            return {day: _in_words(runs.get(day), again) for day in days}
    except DBAPIError:  # there is no database yet
        return dict.fromkeys(days, _in_words(None, again))


def _in_words(run: Any, again: Again) -> str:
    if left := _left_alone(run, again):
        return f"left alone: its run is {left}"
    if run is None:
        return "will be done: it has no run yet"
    return f"will be done again: its run is {'stopped' if is_stopped(run) else word(run.state)}"


def _left_alone(run: Any, again: Again) -> str:
    """Airflow's word for a run that stays as it is; empty for one that is done."""
    if run is None or again is Again.EVERYTHING or run.state in UNFINISHED or is_stopped(run):
        return ""
    is_failed = run.state == airflow_internals.DagRunState.FAILED
    return "" if is_failed and again is Again.FAILED else word(run.state)


def _new_run(dag: Any, day: date, conf: Mapping[str, Any], session: Any) -> Any:
    (info,) = dag.iter_dagrun_infos_between(midnight(day), midnight(day))
    return dag.create_dagrun(
        run_id=f"backfill__{midnight(day).astimezone(MOSCOW).isoformat()}",
        logical_date=info.logical_date,
        data_interval=info.data_interval,
        run_after=info.run_after,
        conf=dict(conf),
        run_type=airflow_internals.DagRunType.BACKFILL_JOB,
        triggered_by=airflow_internals.DagRunTriggeredByType.BACKFILL,
        triggering_user_name=this_user(),
        state=airflow_internals.DagRunState.QUEUED,
        note=note_of(day),
        session=session,
    )


def _renewed(dag: Any, run: Any, again: Again, conf: Mapping[str, Any], session: Any) -> Any:
    """An earlier run with the tasks cleared that are to be done again."""
    restart(dag, run, session, only_failed=again is not Again.EVERYTHING)
    run.conf = dict(conf)
    # It does its own day and no other, whatever it was before.
    run.run_type = airflow_internals.DagRunType.BACKFILL_JOB
    run.triggered_by = airflow_internals.DagRunTriggeredByType.BACKFILL
    run.note = note_of(moscow_day(run.logical_date))
    return run


def _require_free(dag_id: str, runs: Any, *, is_served: bool) -> None:
    busy = [run.run_id for run in runs if run.state in UNFINISHED and (is_served or _is_at_work(run))]
    if busy:
        raise DaysAreBusy(
            f"{', '.join(busy)} of {dag_id} is at work within these days: nothing was done. Wait until it has ended, "
            "then give the same command again"
        )


def _is_at_work(run: Any) -> bool:
    """Whether a task of a run gave signs of life lately; its scheduler is gone, a worker elsewhere may not be."""
    since = datetime.now(UTC) - SILENT_FOR
    return any(
        one.state == airflow_internals.TaskInstanceState.RUNNING
        and one.last_heartbeat_at
        and one.last_heartbeat_at > since
        for one in run.task_instances
    )


def hand_over(backfill_id: int, *, to_scheduler: bool) -> None:
    """Let a scheduler begin further runs of a backfill, or not."""
    with airflow_internals.create_session() as session:
        session.get_one(airflow_internals.Backfill, backfill_id).is_paused = not to_scheduler


def close(backfill_id: int) -> None:
    """End a backfill: nothing of it goes on, and another one may be made at once.

    Runs that never began are forgotten; those that did not end are failed and `stopped`. A task that works under a
    scheduler is told to end by it. The others forget which tasks were asked for, so that *Clear* means
    the task that it is pressed on.
    """
    with airflow_internals.create_session() as session:
        backfill = session.get_one(airflow_internals.Backfill, backfill_id)
        # A scheduler begins no run of a paused one again: *Clear* would wait for ever.
        backfill.is_paused = False
        backfill.completed_at = backfill.completed_at or datetime.now(UTC)
        for run in session.query(airflow_internals.DagRun).filter(airflow_internals.DagRun.backfill_id == backfill_id):
            if run.state not in UNFINISHED:
                run.conf = {}
            elif any(one.state for one in run.task_instances):
                stop_run(run)
            else:
                session.delete(run)


def close_dead(dag_id: str) -> None:
    """Close the backfills that programs of this machine left open when they were killed; the caller has their lock.

    :raises DaysAreBusy: there is an open one of somebody else: Airflow allows one for each DAG.
    """
    with airflow_internals.create_session() as session:
        opened = session.query(airflow_internals.Backfill).filter(
            airflow_internals.Backfill.dag_id == dag_id, airflow_internals.Backfill.completed_at.is_(None)
        )
        found = [(one.id, one.triggering_user_name or "somebody", one.from_date, one.to_date) for one in opened]
    for backfill_id, user, first, last in found:
        if not user.endswith(f"@{socket.gethostname()}"):
            days = DayRange(moscow_day(first), moscow_day(last))
            raise DaysAreBusy(
                f"Airflow's backfill {backfill_id} of {dag_id} ({days}, by {user}) is not over: nothing was "
                "done. Wait until it has ended, or cancel it in the UI, then give the same command again"
            )
        close(backfill_id)


def _runs_of_days(dag_id: str, days: Sequence[date], session: Any) -> list[Any]:
    runs = session.query(airflow_internals.DagRun).filter(
        airflow_internals.DagRun.dag_id == dag_id,
        airflow_internals.DagRun.logical_date.in_([midnight(day) for day in days]),
    )
    return list(runs)
