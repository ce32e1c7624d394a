"""What every task of the chain does: take its days, refuse one that is not over, record the attempt."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from zakaz.days import DayRange
from zakaz.orchestration.attempts import attempt_of
from zakaz.orchestration.run_days import days_of_run, require_sound_lookback
from zakaz.orchestration.termination import ended_by_sigterm
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures, recorded
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES, wanted
from zakaz.status_page.link import StatusPageLink
from zakaz.warehouse.hook import CONNECTION, WarehouseHook

REGISTRY_SECONDS = 10


class DayOperator(BaseOperator):
    """A task that works on Moscow days and whose attempts stand in `meta.etl_runs`.

    What heals within seconds is repeated where it is known, in the HTTP client and in the warehouse hook; Airflow makes
    the attempt again only when that was not enough (zakaz.orchestration.retries).

    :param clickhouse_conn_id: the warehouse.
    :param lookback_days: days that a run which looks back works on, its own included; `LOOKBACK_DAYS` by default.
    :param days: a range to work on instead of the run's own days, in the form of `DayRange.iso`.
    :param stage: the tasks of the chain that are wanted, as `stages.wanted` reads them; the others are skipped.
    """

    template_fields: Sequence[str] = ("days", "stage")
    operator_extra_links = (StatusPageLink(),)

    def __init__(
        self,
        *,
        clickhouse_conn_id: str = CONNECTION,
        lookback_days: int | None = None,
        days: str = "",
        stage: str = ALL_STAGES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.clickhouse_conn_id = clickhouse_conn_id
        self.lookback_days = lookback_days
        self.days = days
        self.stage = stage

    def execute(self, context: Any) -> None:
        """Work on the days.

        :raises AirflowSkipException: another stage is wanted, or nobody set this one up.
        :raises InvalidInput: there is no such stage, or the conf's `lookback` is neither true nor false.
        :raises DayNotOver: the last day is today or in the future, by Moscow time.
        """
        stages = wanted(self.stage)
        require_sound_lookback(context["dag_run"])
        if self.task_id not in stages:
            raise AirflowSkipException(f"only {self.stage} was asked for")
        self.require_wanted()
        attempt = attempt_of(context)
        warehouse = WarehouseHook(self.clickhouse_conn_id, origin=attempt.origin)
        # The registry must not use up the task's time: what it can't write soon, it keeps on disk.
        registry = WarehouseHook(self.clickhouse_conn_id, origin=attempt.origin, within_seconds=REGISTRY_SECONDS)
        days = days_of_run(context, self.lookback_days or settings().lookback_days, self.days)
        with ended_by_sigterm(), recorded(registry, attempt, days) as figures:
            days.require_over()
            self.work(warehouse, days, attempt, figures)
        self.log.info("%s: %s: %d rows read, %d written", self.task_id, days, figures.rows_read, figures.rows_written)

    def require_wanted(self) -> None:
        """Skip a task that nobody set up, by AirflowSkipException: it is no attempt, and stands in no registry."""

    @abstractmethod
    def work(self, warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
        """Do it, and fill in the figures.

        :param days: Moscow days that are over.
        """
