"""The tasks that rebuild the marts."""

from typing import Any

from zakaz.days import DayRange
from zakaz.orchestration.stage_operator import REGISTRY_SECONDS, DayOperator
from zakaz.pipeline.marts import Target, count_live, rebuild
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.hook import WarehouseHook


class BuildMartOperator(DayOperator):
    """Rebuilds a mart from its staging for the run's days, by one INSERT … SELECT.

    :param sql: the statement, or its file below include/sql; it binds `from_date`, `to_date` and `ver`.
    :param source: the staging table, for the count of rows read.
    :param target: the mart.
    """

    template_fields = (*DayOperator.template_fields, "sql")
    template_ext = (".sql",)
    template_fields_renderers = {"sql": "sql"}  # noqa: RUF012 - Airflow declares it for instances

    def __init__(self, *, sql: str, source: Target, target: Target, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sql = sql
        self.source = source
        self.target = target

    def execute(self, context: Any) -> None:
        """Rebuild, with the warehouse opened once."""
        with WarehouseHook(self.clickhouse_conn_id, within_seconds=REGISTRY_SECONDS).at_hand():
            super().execute(context)

    def work(self, warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:  # noqa: ARG002
        """Rebuild, and count on both sides."""
        with warehouse.session():
            figures.rows_read = count_live(warehouse, self.source, days)
            figures.rows_written = rebuild(warehouse, self.target, self.sql, days)
