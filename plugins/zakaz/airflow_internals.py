"""All private names of Airflow that the project depends on.

Any minor release of Airflow may move them; `tests/test_airflow_internals.py` then names the missing one. They are
imported lazily: most take seconds, and a task or command needs only a few.
"""

from importlib import import_module
from typing import Any

HOMES = {
    "Backfill": "airflow.models.backfill",
    "BackfillDagRun": "airflow.models.backfill",
    "BundleDagBag": "airflow.dag_processing.dagbag",
    "DagBundlesManager": "airflow.dag_processing.bundles.manager",
    "DagModel": "airflow.models.dag",
    "DagRun": "airflow.models.dagrun",
    "DagRunState": "airflow.utils.state",
    "DagRunTriggeredByType": "airflow.utils.types",
    "DagRunType": "airflow.utils.types",
    "FileTaskHandler": "airflow.utils.log.file_task_handler",
    "GetPreviousTI": "airflow.sdk.execution_time.comms",
    "InProcessSupervisorComms": "airflow.sdk.execution_time.supervisor",
    "Pool": "airflow.models.pool",
    "PreviousTIResult": "airflow.sdk.execution_time.comms",
    "SerializedDagModel": "airflow.models.serialized_dag",
    "State": "airflow.utils.state",
    "TaskInstance": "airflow.models.taskinstance",
    "TaskInstanceState": "airflow.utils.state",
    "_fetch_dag_run": "airflow.sdk.execution_time.comms",
    "_run_task": "airflow.sdk.definitions.dag",
    "check_migrations": "airflow.utils.db",
    "create_session": "airflow.utils.session",
    "most_recent_job": "airflow.jobs.job",
    "run_cleanup": "airflow.utils.db_cleanup",
    "sync_bag_to_db": "airflow.dag_processing.dagbag",
    "upgradedb": "airflow.utils.db",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(HOMES[name]), name)
    globals()[name] = value
    return value


def supervisor_comms() -> Any:
    """The channel from this process's task to its supervisor."""
    from airflow.sdk.execution_time import task_runner

    return task_runner.SUPERVISOR_COMMS


def variables() -> Any:
    """Airflow's `Variable`: of the Task SDK in a task, of Airflow's database in any other process."""
    from airflow.sdk.execution_time import task_runner

    if getattr(task_runner, "SUPERVISOR_COMMS", None):
        from airflow.sdk import Variable

        return Variable
    return import_module("airflow.models.variable").Variable
