"""Creates, previews and closes Airflow's backfills and their runs, in its database.

A backfill that was interrupted, or whose process died, leaves its unfinished runs `stopped`; the next one resumes them.
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
from zakaz.orchestration.notes import note_of
from zakaz.orchestration.rerun import Rerun
from zakaz.orchestration.run_days import STAGE, state_name
from zakaz.orchestration.runs import UNFINISHED, is_stopped, midnight, restart, serialized_dag, stop_run
from zakaz.settings import this_user

# A task without a heartbeat for so long is dead (Airflow's own limit is five minutes).
SILENT_FOR = timedelta(minutes=5)


@dataclass
class Made:
    """A backfill in Airflow's database.

    :param backfill_id: Airflow's id; 0 if there was nothing to do.
    :param runs: the ids of the runs, by Moscow day, in order.
    :param left_alone: the states of existing runs that are not rerun, by Moscow day.
    """

    backfill_id: int = 0
    runs: dict[date, int] = field(default_factory=dict)
    left_alone: dict[date, str] = field(default_factory=dict)


def make(dag_id: str, days: Sequence[date], stage: str, rerun: Rerun, max_active_runs: int, *, is_served: bool) -> Made:
    """Create an Airflow backfill with a run for each day that is to be run.

    :param days: Moscow days that are over, in the order to process them.
    :param stage: the requested stages, as for `stages.wanted`.
    :param max_active_runs: parallel days under a scheduler.
    :param is_served: whether a scheduler runs them; if not, one that starts meanwhile leaves them alone.
    :raises DaysAreBusy: a run of these days is in progress.
    """
    made = Made()
    conf = {STAGE: stage}
    with airflow_internals.create_session() as session:
        dag = serialized_dag(dag_id, session)
        runs = {moscow_day(run.logical_date): run for run in _runs_of_days(dag_id, days, session)}
        _require_free(dag_id, runs.values(), is_served=is_served)
        todo = {}
        for day in days:
            if left := _left_alone(runs.get(day), rerun):
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
            reprocess_behavior=rerun.value,
            is_paused=not is_served,
            triggering_user_name=this_user(),
        )
        session.add(backfill)
        session.flush()
        for number, (day, old) in enumerate(todo.items(), start=1):
            run = _new_run(dag, day, conf, session) if old is None else _renewed(dag, old, rerun, conf, session)
            run.backfill_id = backfill.id
            # A scheduler starts no run before its hour, which for yesterday is 05:35; who asks at night means now.
            run.run_after = min(run.run_after, datetime.now(UTC))
            session.flush()
            session.add(
                airflow_internals.BackfillDagRun(
                    backfill_id=backfill.id, dag_run_id=run.id, logical_date=run.logical_date, sort_ordinal=number
                )
            )
            made.runs[day] = run.id
        made.backfill_id = backfill.id
    return made


def preview(dag_id: str, days: Sequence[date], rerun: Rerun) -> dict[date, str]:
    """What a backfill would do with each day, as text; changes nothing."""
    try:
        with airflow_internals.create_session() as session:
            runs = {moscow_day(run.logical_date): run for run in _runs_of_days(dag_id, days, session)}
            return {day: _in_words(runs.get(day), rerun) for day in days}
    except DBAPIError:  # there is no database yet
        return dict.fromkeys(days, _in_words(None, rerun))


def _in_words(run: Any, rerun: Rerun) -> str:
    if left := _left_alone(run, rerun):
        return f"left alone: its run is {left}"
    if run is None:
        return "will be done: it has no run yet"
    return f"will be done again: its run is {'stopped' if is_stopped(run) else state_name(run.state)}"


def _left_alone(run: Any, rerun: Rerun) -> str:
    """The state of a run that is left alone; empty for a run to do."""
    if run is None or rerun is Rerun.EVERYTHING or run.state in UNFINISHED or is_stopped(run):
        return ""
    is_failed = run.state == airflow_internals.DagRunState.FAILED
    return "" if is_failed and rerun is Rerun.FAILED else state_name(run.state)


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


def _renewed(dag: Any, run: Any, rerun: Rerun, conf: Mapping[str, Any], session: Any) -> Any:
    """An existing run, with the tasks to rerun cleared."""
    restart(dag, run, session, only_failed=rerun is not Rerun.EVERYTHING)
    run.conf = dict(conf)
    # A backfill run processes only its own day, even if the run was a scheduled one.
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
    """Whether a task of a run had a recent heartbeat: without a scheduler, a worker elsewhere may still be alive."""
    since = datetime.now(UTC) - SILENT_FOR
    return any(
        one.state == airflow_internals.TaskInstanceState.RUNNING
        and one.last_heartbeat_at
        and one.last_heartbeat_at > since
        for one in run.task_instances
    )


def hand_over(backfill_id: int, *, to_scheduler: bool) -> None:
    """Allow a scheduler to start further runs of a backfill, or forbid it."""
    with airflow_internals.create_session() as session:
        session.get_one(airflow_internals.Backfill, backfill_id).is_paused = not to_scheduler


def close(backfill_id: int) -> None:
    """End a backfill, so that another one can be created immediately.

    Runs that never started are deleted; unfinished ones are failed and marked `stopped`, and a scheduler terminates
    their tasks. Finished ones lose their conf with the requested stages, so that *Clear* reruns the task it is used on.
    """
    with airflow_internals.create_session() as session:
        backfill = session.get_one(airflow_internals.Backfill, backfill_id)
        # A scheduler starts no run of a paused backfill, so that *Clear* would wait for ever.
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
    """Close the backfills that killed processes of this machine left open; the caller holds the backfill lock.

    :raises DaysAreBusy: someone else has an open backfill: Airflow allows one per DAG.
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
