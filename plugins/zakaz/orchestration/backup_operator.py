"""The operator of backups: runs a job of backups as a task."""

from contextlib import suppress
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from zakaz.orchestration.attempts import WAREHOUSE, attempt_of
from zakaz.orchestration.run_days import state_name
from zakaz.orchestration.termination import ended_by_sigterm
from zakaz.registry.upkeep import set_up
from zakaz.settings import settings
from zakaz.stages import RESTORE_CHECK
from zakaz.warehouse.hook import WarehouseHook


class BackupOperator(BaseOperator):
    """Runs the job of backups named by its task id (zakaz.orchestration.backups), recorded in `meta.etl_runs`."""

    def execute(self, context: Any) -> None:
        """Run the job.

        :raises AirflowSkipException: it is not set up here, or a scheduled check is not due yet.
        """
        from zakaz.orchestration.backups import is_due, run_job  # keeps the pipeline out of DAG parsing

        if self.task_id not in set_up(settings()):
            raise AirflowSkipException("not set up here: BACKUP_KEEP")
        is_scheduled = state_name(context["dag_run"].run_type) == "scheduled"
        if is_scheduled and self.task_id == RESTORE_CHECK and not is_due(RESTORE_CHECK):
            raise AirflowSkipException("a backup was proved by a restore within the month")
        with suppress(Exception):  # the watchdog asks for it, and it must cost no attempt
            context["ti"].xcom_push(WAREHOUSE, WarehouseHook().identity)
        with ended_by_sigterm():
            run_job(self.task_id, attempt_of(context))
