"""Runs in Airflow's database: made by hand, stopped, taken up again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any

import pendulum

from zakaz import airflow_internals
from zakaz.days import MOSCOW
from zakaz.errors import InvalidInput
from zakaz.orchestration.run_days import STAGE, word
from zakaz.settings import this_user
from zakaz.stages import DAG_ID

# In the conf of a run that was ended before its end: the same command goes on with it.
STOPPED = "stopped"
# Airflow's words for a run that has not ended.
UNFINISHED = ("queued", "running")


def serialized_dag(dag_id: str, session: Any) -> Any:
    """A DAG as the scheduler has it.

    :raises InvalidInput: Airflow's database does not know it.
    """
    latest = airflow_internals.SerializedDagModel.latest_item_select_object(dag_id)
    found = session.scalar(latest)
    if found is None:
        raise InvalidInput(f"Airflow's database has no DAG {dag_id}: is its DAG processor running?")
    return found.dag


def is_served(dag_id: str, session: Any) -> bool:
    """Whether a scheduler takes up the runs of a DAG: it is alive, and the DAG is not paused."""
    dag = session.get(airflow_internals.DagModel, dag_id)
    return bool(dag and not dag.is_paused and not dag.is_stale and is_scheduler_alive(session))


def is_scheduler_alive(session: Any) -> bool:
    """Whether a scheduler gave a sign of life within Airflow's limit, whatever it serves."""
    scheduler = airflow_internals.most_recent_job("SchedulerJob", session=session)
    return bool(scheduler and scheduler.is_alive())


def midnight(day: date) -> datetime:
    """The logical date of a day's run: an instant in UTC."""
    return datetime.combine(day, time(), MOSCOW).astimezone(UTC)


def add_run(dag_id: str, run_id: str, logical_date: datetime, conf: Mapping[str, Any], note: str) -> int:
    """A run that somebody asks for by hand; its number in Airflow's database.

    :param logical_date: an aware instant; for the daily DAG within the Moscow day that the run is for. No two runs
        have the same.
    """
    with airflow_internals.create_session() as session:
        dag = serialized_dag(dag_id, session)
        run = dag.create_dagrun(
            run_id=run_id,
            logical_date=logical_date,
            data_interval=dag.timetable.infer_manual_data_interval(run_after=pendulum.instance(logical_date)),
            run_after=datetime.now(UTC),
            conf=dict(conf),
            run_type=airflow_internals.DagRunType.MANUAL,
            triggered_by=airflow_internals.DagRunTriggeredByType.CLI,
            triggering_user_name=this_user(),
            state=airflow_internals.DagRunState.QUEUED,
            note=note,
            session=session,
        )
        session.flush()
        return int(run.id)


def go_on(dag_id: str, is_meant: Callable[[str], bool]) -> int | None:
    """Take up the newest run that was stopped or whose process died, or find it at work under a scheduler; its number.

    :param is_meant: asked of each run's id.
    """
    with airflow_internals.create_session() as session:
        runs = session.query(airflow_internals.DagRun).filter(
            airflow_internals.DagRun.dag_id == dag_id,
            airflow_internals.DagRun.state != airflow_internals.DagRunState.SUCCESS,
        )
        for run in runs.order_by(airflow_internals.DagRun.id.desc()):
            if is_meant(run.run_id):
                is_at_work = run.state in UNFINISHED and is_served(dag_id, session)
                if not is_at_work:
                    restart(serialized_dag(dag_id, session), run, session, only_failed=True)
                return int(run.id)
    return None


@contextmanager
def ended(number: int) -> Iterator[str]:
    """Leave a run ended, whatever becomes of the block; yields its id."""
    with airflow_internals.create_session() as session:
        run_id = str(session.get_one(airflow_internals.DagRun, number).run_id)
    try:
        yield run_id
    finally:
        with airflow_internals.create_session() as session:
            run = session.get_one(airflow_internals.DagRun, number)
            if run.state in UNFINISHED:
                stop_run(run)


def states(numbers: Sequence[int]) -> dict[int, str]:
    """Airflow's word for each of these runs."""
    with airflow_internals.create_session() as session:
        runs = session.query(airflow_internals.DagRun.id, airflow_internals.DagRun.state).filter(
            airflow_internals.DagRun.id.in_(numbers)
        )
        return {number: word(state) for number, state in runs}


def restart(dag: Any, run: Any, session: Any, *, only_failed: bool) -> None:
    """Clear tasks of a run whose process is gone or that has ended, so that they are done again.

    :param only_failed: what ended well stays; what did not begin or did not end is done in any case.
    """
    for task_instance in run.task_instances:
        if task_instance.state in airflow_internals.State.unfinished:
            task_instance.state = None
    session.flush()
    dag.clear(
        run_id=run.run_id,
        only_failed=only_failed,
        dag_run_state=airflow_internals.DagRunState.QUEUED,
        run_on_latest_version=True,
        session=session,
    )
    run.state = airflow_internals.DagRunState.QUEUED
    run.conf = {name: value for name, value in (run.conf or {}).items() if name != STOPPED}


def stop_run(run: Any) -> None:
    """Fail a run of which nobody works any more, or nobody shall: what works under a scheduler is ended by it.

    It forgets which stages were asked for, so that *Clear* means the task that it is pressed on.
    """
    for task_instance in run.task_instances:
        if task_instance.state in airflow_internals.State.unfinished:
            was_at_work = task_instance.state == airflow_internals.TaskInstanceState.RUNNING
            task_instance.state = airflow_internals.TaskInstanceState.FAILED if was_at_work else None
    kept = {name: value for name, value in (run.conf or {}).items() if run.dag_id != DAG_ID or name != STAGE}
    run.conf = {**kept, STOPPED: True}
    run.set_state(airflow_internals.DagRunState.FAILED)


def is_stopped(run: Any) -> bool:
    """Whether a run was ended before its end."""
    return bool((run.conf or {}).get(STOPPED))
