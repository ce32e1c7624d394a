"""Manual runs in Airflow's database: created, stopped and resumed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any

import pendulum

from zakaz import airflow_internals
from zakaz.days import MOSCOW
from zakaz.errors import InvalidInput
from zakaz.orchestration.run_days import STAGE, state_name
from zakaz.settings import this_user
from zakaz.stages import DAG_ID

# In the conf of an interrupted run, which the same command resumes.
STOPPED = "stopped"
# Airflow's states of an unfinished run.
UNFINISHED = ("queued", "running")


def serialized_dag(dag_id: str, session: Any) -> Any:
    """A DAG as the scheduler sees it.

    :raises InvalidInput: Airflow's database does not have it.
    """
    latest = airflow_internals.SerializedDagModel.latest_item_select_object(dag_id)
    found = session.scalar(latest)
    if found is None:
        raise InvalidInput(f"Airflow's database has no DAG {dag_id}: is its DAG processor running?")
    return found.dag


def is_served(dag_id: str, session: Any) -> bool:
    """Whether a scheduler picks up the runs of a DAG: it is alive, and the DAG is not paused."""
    dag = session.get(airflow_internals.DagModel, dag_id)
    return bool(dag and not dag.is_paused and not dag.is_stale and is_scheduler_alive(session))


def is_scheduler_alive(session: Any) -> bool:
    """Whether a scheduler had a heartbeat within Airflow's limit, whichever DAGs it serves."""
    scheduler = airflow_internals.most_recent_job("SchedulerJob", session=session)
    return bool(scheduler and scheduler.is_alive())


def midnight(day: date) -> datetime:
    """The logical date of a day's run, as a UTC instant."""
    return datetime.combine(day, time(), MOSCOW).astimezone(UTC)


def add_run(dag_id: str, run_id: str, logical_date: datetime, conf: Mapping[str, Any], note: str) -> int:
    """Create a manual run; its id in Airflow's database.

    :param logical_date: a unique aware instant; for the daily DAG, within the Moscow day of the run.
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


def resume(dag_id: str, is_wanted: Callable[[str], bool]) -> int | None:
    """Resume the newest run that was stopped or whose process died, unless a scheduler is running it; its id.

    :param is_wanted: selects the run by its run id.
    """
    with airflow_internals.create_session() as session:
        runs = session.query(airflow_internals.DagRun).filter(
            airflow_internals.DagRun.dag_id == dag_id,
            airflow_internals.DagRun.state != airflow_internals.DagRunState.SUCCESS,
        )
        for run in runs.order_by(airflow_internals.DagRun.id.desc()):
            if is_wanted(run.run_id):
                is_at_work = run.state in UNFINISHED and is_served(dag_id, session)
                if not is_at_work:
                    restart(serialized_dag(dag_id, session), run, session, only_failed=True)
                return int(run.id)
    return None


@contextmanager
def ensure_ended(number: int) -> Iterator[str]:
    """Stop a run that is unfinished at the end of the block; yields its run id."""
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
    """Airflow's state of each run."""
    with airflow_internals.create_session() as session:
        runs = session.query(airflow_internals.DagRun.id, airflow_internals.DagRun.state).filter(
            airflow_internals.DagRun.id.in_(numbers)
        )
        return {number: state_name(state) for number, state in runs}


def restart(dag: Any, run: Any, session: Any, *, only_failed: bool) -> None:
    """Clear tasks of a finished or dead run, so that they are rerun.

    :param only_failed: keep successful tasks; unfinished ones are rerun in any case.
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
    """Fail an unfinished run; a scheduler terminates its running tasks.

    A run of the daily DAG loses the requested stages in its conf, so that *Clear* reruns the task it is used on.
    """
    for task_instance in run.task_instances:
        if task_instance.state in airflow_internals.State.unfinished:
            was_at_work = task_instance.state == airflow_internals.TaskInstanceState.RUNNING
            task_instance.state = airflow_internals.TaskInstanceState.FAILED if was_at_work else None
    kept = {name: value for name, value in (run.conf or {}).items() if run.dag_id != DAG_ID or name != STAGE}
    run.conf = {**kept, STOPPED: True}
    run.set_state(airflow_internals.DagRunState.FAILED)


def is_stopped(run: Any) -> bool:
    """Whether a run was interrupted."""
    return bool((run.conf or {}).get(STOPPED))
