"""The private names of Airflow that the project rests on, all in one place.

Airflow may move them with any minor release; `tests/orchestration/test_internals.py` then names the one that is gone.
Importing this module takes seconds, so it is imported where it is needed and never while a DAG file is parsed.
"""

from datetime import UTC, datetime
from typing import Any

from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.jobs.job import most_recent_job
from airflow.models.backfill import Backfill as Backfill
from airflow.models.backfill import BackfillDagRun as BackfillDagRun
from airflow.models.dag import DagModel as DagModel
from airflow.models.dagrun import DagRun as DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance as TaskInstance
from airflow.sdk.definitions.dag import _run_task
from airflow.utils.log.file_task_handler import FileTaskHandler
from airflow.utils.session import create_session as create_session
from airflow.utils.state import DagRunState as DagRunState
from airflow.utils.state import State as State
from airflow.utils.state import TaskInstanceState as TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType as DagRunTriggeredByType
from airflow.utils.types import DagRunType as DagRunType
from sqlalchemy import update

from zakaz.errors import InvalidInput

UNFINISHED = (DagRunState.QUEUED, DagRunState.RUNNING)


def load_dag(dag_id: str) -> Any:
    """Read the DAG files and make them known to Airflow's database, as its DAG processor does.

    :raises InvalidInput: there is no such DAG, or its file can't be read.
    """
    manager = DagBundlesManager()  # type: ignore[no-untyped-call]
    manager.sync_bundles_to_db()
    errors: dict[str, str] = {}
    for bundle in manager.get_all_dag_bundles():
        if not bundle.is_initialized:
            bundle.initialize()
        bag = BundleDagBag(bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
        sync_bag_to_db(bag, bundle.name, None)
        errors |= bag.import_errors
        if dag_id in bag.dags:
            return bag.dags[dag_id]
    told = "; ".join(f"{file}: {text.strip().splitlines()[-1]}" for file, text in errors.items())
    raise InvalidInput(f"Airflow has no DAG {dag_id}{f': {told}' if told else ''}")


def serialized_dag(dag_id: str, session: Any) -> Any:
    """A DAG as the scheduler has it.

    :raises InvalidInput: Airflow's database does not know it.
    """
    latest = SerializedDagModel.latest_item_select_object(dag_id)  # type: ignore[no-untyped-call]
    found = session.scalar(latest)
    if found is None:
        raise InvalidInput(f"Airflow's database has no DAG {dag_id}: is its DAG processor running?")
    return found.dag


def is_served(dag_id: str, session: Any) -> bool:
    """Whether a scheduler takes up the runs of a DAG: it is alive, and the DAG is not paused."""
    scheduler = most_recent_job("SchedulerJob", session=session)
    dag = session.get(DagModel, dag_id)
    return bool(scheduler and scheduler.is_alive() and dag and not dag.is_paused and not dag.is_stale)


def claim(task_instance: Any, session: Any) -> bool:
    """Take a task for this process; whether nobody else took it first."""
    instance = TaskInstance
    claimed = session.execute(
        update(instance)
        .where(instance.id == task_instance.id, instance.state.is_not_distinct_from(task_instance.state))
        .values(state=TaskInstanceState.QUEUED, try_number=instance.try_number + 1, queued_dttm=datetime.now(UTC))
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return bool(claimed.rowcount)


def run_task(task_instance: Any, task: Any) -> None:
    """Run a claimed task in this process, as `airflow dags test` does."""
    _run_task(ti=task_instance, task=task, run_triggerer=True)


def log_name(task_instance: Any, session: Any) -> str:
    """Where Airflow's web UI looks for the log of the task's last try, below `logging.base_log_folder`."""
    name: str = FileTaskHandler("")._render_filename(task_instance, task_instance.try_number, session=session)  # noqa: SLF001
    return name
