"""Runs of a DAG done in this process, without a scheduler: Airflow's own tasks, one after the other."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zakaz.errors import TaskTerminated
from zakaz.orchestration import internals
from zakaz.orchestration.stop import Stop
from zakaz.stages import SOURCES
from zakaz.warehouse.hook import WarehouseHook

POLL_SECONDS = 0.5


class RunsHere:
    """Does the tasks of a DAG's runs.

    A scheduler that is alive takes up every run there is, so the two must not be at work on the same one: a task is
    claimed in Airflow's database before it begins, and none is begun once a scheduler serves the DAG.

    :param dag_id: the DAG; its files are read anew.
    :param stop: whether this program was told to end.
    :param log: where the output of this process goes; each task's part of it is shown by Airflow's web UI too.
    :raises InvalidInput: there is no such DAG.
    """

    def __init__(self, dag_id: str, stop: Stop, log: Path) -> None:
        self._dag = internals.load_dag(dag_id)
        self._stop = stop
        self._log = log
        self._warehouse = ExitStack()
        self._is_held = False

    def do(self, dag_run_id: int, look: Callable[[], None] = lambda: None) -> bool:
        """Do what is left of a run.

        :param dag_run_id: its number in Airflow's database.
        :param look: called after each task.
        :returns: whether it came to its end; if not, a scheduler goes on with it, or this program was told to end.
        """
        with internals.create_session(scoped=False) as session, self._warehouse:
            self._is_held = False
            run = session.get_one(internals.DagRun, dag_run_id)
            run.dag = internals.serialized_dag(self._dag.dag_id, session)
            if run.state == internals.DagRunState.QUEUED:
                run.state, run.start_date, run.end_date = internals.DagRunState.RUNNING, datetime.now(UTC), None
                run.notify_dagrun_state_changed(msg="started")
            session.commit()
            while not self._is_over(run, session):
                for task_instance in self._open(run, session):
                    if self._stop.is_requested or internals.is_served(self._dag.dag_id, session):
                        return False
                    self._try(task_instance, session)
                    look()
            return True

    def _is_over(self, run: Any, session: Any) -> bool:
        session.expire_all()
        run.update_state(session=session)
        session.commit()
        return run.state not in internals.UNFINISHED

    def _open(self, run: Any, session: Any) -> list[Any]:
        """The tasks that can begin now; a retry need not wait, since somebody does."""
        decisions = run.task_instance_scheduling_decisions(session=session)
        retries = [one for one in decisions.unfinished_tis if one.state == internals.TaskInstanceState.UP_FOR_RETRY]
        session.commit()
        found = list({one.key: one for one in [*decisions.schedulable_tis, *retries]}.values())
        if not found:
            time.sleep(POLL_SECONDS)  # a task is at work elsewhere
        order = list(self._dag.task_dict)
        return sorted(found, key=lambda one: (order.index(one.task_id), one.map_index))

    def _try(self, task_instance: Any, session: Any) -> None:
        if not internals.claim(task_instance, session):
            return
        session.refresh(task_instance)
        began_at = self._log.stat().st_size
        name = internals.log_name(task_instance, session)
        session.commit()  # SQLite: the task writes through connections of its own
        self._hold_warehouse(task_instance.task_id)
        try:
            with self._stop.in_task():
                internals.run_task(task_instance, self._dag.task_dict[task_instance.task_id])
        except TaskTerminated:
            if not self._stop.is_requested:  # the signal may come before the task itself has begun
                raise
        session.commit()
        self._show_in_airflow(began_at, name)

    def _hold_warehouse(self, task_id: str) -> None:
        """Keep an embedded warehouse open from task to task, since opening it costs more than most of them do.

        But not while a source is waited for, which may take hours: the status page and the daily run need it, too.
        """
        if task_id in SOURCES:
            self._warehouse.close()
            self._is_held = False
        elif not self._is_held:
            self._warehouse.enter_context(WarehouseHook().at_hand())
            self._is_held = True

    def _show_in_airflow(self, began_at: int, name: str) -> None:
        from airflow.configuration import conf

        shown = Path(conf.get("logging", "base_log_folder")) / name
        shown.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("rb") as log, shown.open("wb") as file:
            log.seek(began_at)
            shutil.copyfileobj(log, file)


def wait_for(is_over: Callable[[], bool], stop: Stop) -> bool:
    """Look again and again; whether it is over, and this program was not told to end."""
    while not stop.is_requested:
        if is_over():
            return True
        time.sleep(POLL_SECONDS)
    return False
