"""Executes DAG runs in this process, without a scheduler: Airflow's own tasks, one by one."""

import logging
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from zakaz import airflow_internals
from zakaz.errors import InvalidInput, TaskTerminated
from zakaz.orchestration.runs import UNFINISHED, is_served, serialized_dag
from zakaz.stop import Stop
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5
SILENT_SECONDS = 120


class LocalRunner:
    """Executes the tasks of a DAG's runs.

    A live scheduler picks up every run, so the two must not execute the same one: a task is claimed in Airflow's
    database before it starts, and none is started once a scheduler serves the DAG.

    :param dag_id: the DAG; its files are parsed anew.
    :param stop: whether this program was asked to stop.
    :param log: the file with this process's output; each task's part of it is copied for Airflow's web UI.
    :raises InvalidInput: there is no such DAG.
    """

    def __init__(self, dag_id: str, stop: Stop, log: Path) -> None:
        self._dag = load_dag(dag_id)
        self._stop = stop
        self._log = log

    def run(self, dag_run_id: int, after_task: Callable[[], None] = lambda: None) -> bool:
        """Execute the remaining tasks of a run.

        :param dag_run_id: its id in Airflow's database.
        :param after_task: called after each task.
        :returns: whether the run finished; if not, a scheduler takes over, or this program was asked to stop.
        """
        with airflow_internals.create_session(scoped=False) as session, WarehouseHook().at_hand():
            run = session.get_one(airflow_internals.DagRun, dag_run_id)
            run.dag = serialized_dag(self._dag.dag_id, session)
            if run.state == airflow_internals.DagRunState.QUEUED:
                run.state, run.start_date, run.end_date = airflow_internals.DagRunState.RUNNING, datetime.now(UTC), None
                run.notify_dagrun_state_changed(msg="started")
            session.commit()
            while not self._is_over(run, session):
                for task_instance in self._open(run, session):
                    if self._stop.is_requested or is_served(self._dag.dag_id, session):
                        return False
                    self._try(task_instance, session)
                    after_task()
            return True

    def _is_over(self, run: Any, session: Any) -> bool:
        session.expire_all()
        run.update_state(session=session)
        session.commit()
        return run.state not in UNFINISHED

    def _open(self, run: Any, session: Any) -> list[Any]:
        """The tasks that can start now; retries start without delay, since a user is waiting."""
        decisions = run.task_instance_scheduling_decisions(session=session)
        retries = [
            one for one in decisions.unfinished_tis if one.state == airflow_internals.TaskInstanceState.UP_FOR_RETRY
        ]
        session.commit()
        found = list({one.key: one for one in [*decisions.schedulable_tis, *retries]}.values())
        if not found:
            time.sleep(POLL_SECONDS)  # a task is running elsewhere
        order = list(self._dag.task_dict)
        return sorted(found, key=lambda one: (order.index(one.task_id), one.map_index))

    def _try(self, task_instance: Any, session: Any) -> None:
        if not claim(task_instance, session):
            return
        session.refresh(task_instance)
        began_at = self._log.stat().st_size
        name = log_name(task_instance, session)
        session.commit()  # or SQLite would lock out the task's own connections
        # A retry gets a new primary key in Airflow's own session, which this one could not write any more.
        session.expunge(task_instance)
        try:
            with self._stop.in_task():
                run_task(task_instance, self._dag.task_dict[task_instance.task_id])
        except TaskTerminated:
            if not self._stop.is_requested:  # the signal may arrive before the task has started
                raise
        session.commit()
        self._show_in_airflow(began_at, name)

    def _show_in_airflow(self, began_at: int, name: str) -> None:
        from airflow.configuration import conf

        shown = Path(conf.get("logging", "base_log_folder")) / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("rb") as log, shown.open("wb") as file:
            log.seek(began_at)
            shutil.copyfileobj(log, file)


def load_dag(dag_id: str) -> Any:
    """Parse the DAG files and sync them to Airflow's database, as its DAG processor does.

    :raises InvalidInput: there is no such DAG, or its file can't be parsed.
    """
    manager = airflow_internals.DagBundlesManager()
    manager.sync_bundles_to_db()
    errors: dict[str, str] = {}
    for bundle in manager.get_all_dag_bundles():
        if not bundle.is_initialized:
            bundle.initialize()
        bag = airflow_internals.BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
        airflow_internals.sync_bag_to_db(bag, bundle.name, None)
        errors |= bag.import_errors
        if dag_id in bag.dags:
            return bag.dags[dag_id]
    reasons = "; ".join(f"{file}: {text.strip().splitlines()[-1]}" for file, text in errors.items())
    raise InvalidInput(f"Airflow has no DAG {dag_id}{f': {reasons}' if reasons else ''}")


def claim(task_instance: Any, session: Any) -> bool:
    """Claim a task for this process; False if another one was first."""
    instance, now = airflow_internals.TaskInstance, datetime.now(UTC)
    claimed = session.execute(
        update(instance)
        .where(instance.id == task_instance.id, instance.state.is_not_distinct_from(task_instance.state))
        .values(state=airflow_internals.TaskInstanceState.QUEUED, try_number=instance.try_number + 1, queued_dttm=now)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return bool(claimed.rowcount)


def log_name(task_instance: Any, session: Any) -> str:
    """The path below `logging.base_log_folder` where Airflow's web UI looks for the log of the task's last try."""
    handler = airflow_internals.FileTaskHandler("")
    return str(handler._render_filename(task_instance, task_instance.try_number, session=session))  # noqa: SLF001


def run_task(task_instance: Any, task: Any) -> None:
    """Run a claimed task in this process, as `airflow dags test` does."""
    airflow_internals._run_task(ti=task_instance, task=task, run_triggerer=True)  # noqa: SLF001


def wait_for(is_over: Callable[[], bool], stop: Stop) -> bool:
    """Poll until it is over; False if this program was asked to stop first.

    A hiccup of Airflow's database doesn't abort a wait of hours; two minutes without an answer do.
    """
    answered = time.monotonic()
    while not stop.is_requested:
        try:
            if is_over():
                return True
            answered = time.monotonic()
        except OperationalError:
            if time.monotonic() - answered > SILENT_SECONDS:
                raise
            log.warning("Airflow's database does not answer, retrying", exc_info=True)
        time.sleep(POLL_SECONDS)
    return False
