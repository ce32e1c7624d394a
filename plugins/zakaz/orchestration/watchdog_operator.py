"""The operator of the watchdog."""

from typing import Any

from airflow.sdk import BaseOperator

from zakaz.alerts.watch import watch
from zakaz.orchestration.airflow_state import from_task
from zakaz.orchestration.attempts import attempt_of
from zakaz.registry.missing import lines
from zakaz.stages import DAG_ID
from zakaz.warehouse.hook import CONNECTION, WarehouseHook


class WatchdogOperator(BaseOperator):
    """Sweeps for what callbacks missed, and alerts on missing days. It is not recorded in the run registry.

    :param clickhouse_conn_id: the warehouse.
    """

    def __init__(self, *, clickhouse_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clickhouse_conn_id = clickhouse_conn_id

    def execute(self, context: Any) -> None:
        """Watch. If the registry can't be read, the task fails, and its callback raises the alert."""
        warehouse = WarehouseHook(self.clickhouse_conn_id, origin=attempt_of(context).origin)
        for line in lines(watch(warehouse, from_task(context["task_instance"], DAG_ID))):
            self.log.warning(line)
