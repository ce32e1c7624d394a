"""A DAG's state in Airflow, for the watchdog: from the Task SDK in a task, else from Airflow's database."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.sdk.exceptions import AirflowRuntimeError

from zakaz import airflow_internals
from zakaz.alerts.schedule import Schedule, StuckRun
from zakaz.connections.airflow_ui import base_url
from zakaz.days import DayRange
from zakaz.orchestration.attempts import WAREHOUSE, attempt_of
from zakaz.orchestration.run_days import days_of_run, looks_back, state_name
from zakaz.orchestration.runs import UNFINISHED, is_scheduler_alive
from zakaz.registry.attempt import Attempt
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# Longer than all tasks of a run take in sequence without retries.
STUCK_AFTER = timedelta(hours=2)
# A more recent failure may still be raising its own alert.
SETTLED_AFTER = timedelta(minutes=2)
LOOK_BACK = timedelta(days=2)
# The external watchdog must not wait for a database that is down.
DATABASE_SECONDS = 5
FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}
AT_WORK = {"running", "restarting"}
WAITING = {"queued", "scheduled", "up_for_retry"}
States = Mapping[str, str]


def from_task(task_instance: Any, dag_id: str) -> Schedule:
    """The state as a task sees it; a task always has a scheduler.

    :param task_instance: the calling task, from Airflow's context.
    :returns: an unknown schedule if Airflow's server does not answer.
    """
    try:
        is_paused = task_instance.get_dag(dag_id).is_paused
        runs = list(_runs_of_interest(task_instance, dag_id))
        failed = [found for run, states in runs for found in _failed_by_task_sdk(run, states, task_instance)]
    except AirflowRuntimeError as error:
        log.warning("Airflow's server did not return the state of %s: %s", dag_id, error)
        return Schedule()
    return Schedule(
        is_known=True,
        is_paused=is_paused,
        is_scheduler_alive=True,
        stuck_runs=_stuck_runs(runs, is_served=True),
        failed_attempts=failed,
    )


def from_database(dag_id: str) -> Schedule:
    """The state from outside, by Airflow's database.

    :returns: an unknown schedule if there is no database, or it does not answer within seconds.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with _session() as session:
            if session is not None:
                return _in_database(dag_id, session)
            log.warning("Airflow has no database yet")
    except (SQLAlchemyError, ImportError) as error:
        # The error's text may contain the password.
        log.warning("Airflow's database can't be queried: %s", type(error).__name__)
    return Schedule(is_from_outside=True)


def _runs_of_interest(task_instance: Any, dag_id: str) -> Iterator[tuple[Any, States]]:
    """The runs of a DAG that have a failed or unfinished task, with the states of all their tasks."""
    for run_id, found in task_instance.get_task_states(dag_id).items():
        states = {task_id: state_name(state) for task_id, state in found.items()}
        if "failed" in states.values() or set(states.values()) - FINISHED:
            yield airflow_internals._fetch_dag_run(dag_id=dag_id, run_id=run_id), states  # noqa: SLF001 - no public name


def _failed_by_task_sdk(run: Any, states: States, watchdog: Any) -> Iterator[tuple[Attempt, DayRange]]:
    """The failed tasks of a run. Without a logical date, the SDK returns neither try number nor end."""
    if run.logical_date is None or (run.end_date and datetime.now(UTC) - run.end_date > LOOK_BACK):
        return
    # The task instance "previous" to a moment later is that of this run.
    asked = {"dag_id": run.dag_id, "logical_date": run.logical_date + timedelta(microseconds=1), "state": "failed"}
    for task_id in (task_id for task_id, state in states.items() if state == "failed"):
        answer = airflow_internals.supervisor_comms().send(airflow_internals.GetPreviousTI(task_id=task_id, **asked))
        task = answer.task_instance if isinstance(answer, airflow_internals.PreviousTIResult) else None
        where = watchdog.xcom_pull(task_id, run.dag_id, WAREHOUSE, run_id=run.run_id, map_indexes=None)
        if task and task.run_id == run.run_id and _is_settled(task.end_date) and _is_ours(where):
            attempt = Attempt(
                dag_id=run.dag_id,
                dag_run_id=run.run_id,
                run_type="scheduled" if looks_back(run) else state_name(run.run_type),
                job=task_id,
                map_index=-1,
                try_number=task.try_number,
                log_url=f"{base_url()}/dags/{run.dag_id}/runs/"
                f"{quote(run.run_id)}/tasks/{task_id}?try_number={task.try_number}",
            )
            yield attempt, _day(run)


def _in_database(dag_id: str, session: Any) -> Schedule:
    run, instance = airflow_internals.DagRun, airflow_internals.TaskInstance
    dag = session.get(airflow_internals.DagModel, dag_id)
    is_alive = is_scheduler_alive(session)
    unfinished = session.query(run).filter(run.dag_id == dag_id, run.state.in_(UNFINISHED))
    runs = [
        (run, {task.task_id: state_name(task.state) for task in run.get_task_instances(session=session)})
        for run in unfinished
    ]
    # Without a scheduler, a backfill runs its days itself, one by one.
    is_backfilled = any(AT_WORK & set(states.values()) for _, states in runs)
    failed = session.query(instance).filter(
        instance.dag_id == dag_id,
        instance.state == "failed",
        instance.end_date > datetime.now(UTC) - LOOK_BACK,
    )
    return Schedule(
        is_known=True,
        is_from_outside=True,
        is_paused=bool(dag and dag.is_paused),
        is_scheduler_alive=is_alive,
        stuck_runs=_stuck_runs(runs, is_served=is_alive or is_backfilled),
        failed_attempts=[
            (attempt_of({"task_instance": task, "dag_run": task.dag_run}), _day(task.dag_run))
            for task in failed
            if _is_settled(task.end_date) and _is_ours(task.xcom_pull(task.task_id, key=WAREHOUSE, session=session))
        ],
    )


@contextmanager
def _session() -> Iterator[Any]:
    """A session of Airflow's database with short timeouts; None if its SQLite file does not exist."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import NullPool

    url = make_url(conf.get("database", "sql_alchemy_conn"))
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and not Path(url.database or "").exists():
        yield None
        return
    limit = {"timeout" if is_sqlite else "connect_timeout": DATABASE_SECONDS}
    with Session(create_engine(url, connect_args=limit, poolclass=NullPool)) as session:
        if url.get_backend_name() == "postgresql":
            session.execute(text(f"SET LOCAL statement_timeout = '{DATABASE_SECONDS}s'"))
        yield session


def _stuck_runs(runs: Iterable[tuple[Any, States]], *, is_served: bool) -> list[StuckRun]:
    found = []
    for run, states in runs:
        # The Task SDK does not return when a run was queued.
        since = run.start_date or getattr(run, "queued_at", None) or run.run_after
        run_type, state = state_name(run.run_type), state_name(run.state)
        is_late = state in UNFINISHED and datetime.now(UTC) - since > STUCK_AFTER
        if is_late and not _is_progressing(run, states, is_served=is_served):
            found.append(StuckRun(run.dag_id, run.run_id, run_type, state, since, _day(run)))
    return found


def _is_progressing(run: Any, states: States, *, is_served: bool) -> bool:
    """Whether a run makes progress: a task is running, or waits for a pool slot, a retry or its turn.

    :param is_served: whether something that starts its tasks is alive; if not, waiting is no progress.
    """
    # All runs of a backfill are created at once, hours before the last one's turn.
    is_in_turn = state_name(run.run_type) == "backfill" and state_name(run.state) == "queued"
    progressing = AT_WORK | WAITING if is_served else AT_WORK
    return (is_served and is_in_turn) or not progressing.isdisjoint(states.values())


def _is_ours(warehouse: str | None) -> bool:
    """Whether a task is this warehouse's business: others have registries and watchdogs of their own."""
    return not warehouse or warehouse == WarehouseHook().identity


def _is_settled(end: datetime | None) -> bool:
    return end is not None and SETTLED_AFTER < datetime.now(UTC) - end < LOOK_BACK


def _day(run: Any) -> DayRange:
    context = {"dag_run": run, "data_interval_start": run.data_interval_start, "logical_date": run.logical_date}
    return days_of_run(context, lookback_days=1)
