"""The task that reads QTickets."""

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from zakaz.alerts.restated import notify_of_restatements
from zakaz.connections.qtickets import CONNECTION, QTicketsHook
from zakaz.days import DayRange
from zakaz.orchestration.stage_operator import DayOperator
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.settings import settings
from zakaz.warehouse.hook import WarehouseHook


class QTicketsFetchOperator(DayOperator):
    """Reads ticket sales of QTickets over HTTP and rebuilds `zakaz.stg_qtickets_sales` for the run's days.

    Without the connection it is skipped: the sales come from `bin/zakaz load-sales` then.

    :param qtickets_conn_id: the organiser.
    """

    def __init__(self, *, qtickets_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.qtickets_conn_id = qtickets_conn_id

    def require_wanted(self) -> None:
        """Skip without the connection.

        :raises AirflowSkipException: there is none.
        """
        if not QTicketsHook(self.qtickets_conn_id).is_set_up():
            raise AirflowSkipException(
                f"there is no connection {self.qtickets_conn_id}: nothing is fetched, and the sales that `bin/zakaz "
                f"load-sales` put there stay. To fetch them, set AIRFLOW_CONN_{self.qtickets_conn_id.upper()}"
            )

    def work(self, warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
        """Fetch, land, check, build the staging."""
        window = settings().sales_lookback_days
        loaded = load_qtickets(QTicketsHook(self.qtickets_conn_id).get_conn(), warehouse, days, window)
        figures.rows_read, figures.rows_written = loaded.rows_read, loaded.rows_written
        notify_of_restatements(warehouse, attempt, days, loaded.restatements, window)
