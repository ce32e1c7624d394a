"""The operator of the chain: runs a stage as a task, recorded in `meta.etl_runs` and `meta.etl_alerts`."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from zakaz.errors import SourceNotSetUp
from zakaz.orchestration.assets import describe, lineage
from zakaz.orchestration.attempts import WAREHOUSE, attempt_of
from zakaz.orchestration.run_days import days_of_run, require_sound_lookback
from zakaz.orchestration.termination import ended_by_sigterm
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES, FETCHES, LAST_STAGE, lookback_days, wanted
from zakaz.status_page.link import StatusPageLink

# The key of what a fetch could not load, for the last task of the run.
LACKING = "lacking"


class StageOperator(BaseOperator):
    """Runs the stage named by its task id (zakaz.pipeline.runner.run_stage) for the days of the run.

    Each attempt is a row in `meta.etl_runs`. Findings and final failures are rows in `meta.etl_alerts` and messages in
    Telegram; final failures through `on_failure_callback` (zakaz.orchestration.callbacks). Success is an event of each
    table that it writes (zakaz.orchestration.assets).

    :param days: a range to process instead of the run's own days, as `DayRange.iso`.
    :param stage: the requested stages, as for `stages.wanted`; the others are skipped.
    """

    template_fields: Sequence[str] = ("days", "stage")
    operator_extra_links = (StatusPageLink(),)

    def __init__(self, *, task_id: str, days: str = "", stage: str = ALL_STAGES, **kwargs: Any) -> None:
        super().__init__(task_id=task_id, **lineage(task_id), **kwargs)
        self.days = days
        self.stage = stage

    def execute(self, context: Any) -> None:
        """Run the stage.

        :raises AirflowSkipException: this stage was not requested, or its source is not set up.
        :raises InvalidInput: there is no such stage, or the conf's `lookback` is neither true nor false.
        """
        from zakaz.pipeline.runner import run_stage  # keeps HTTP clients out of DAG parsing
        from zakaz.warehouse.hook import WarehouseHook

        stages = wanted(self.stage)
        require_sound_lookback(context["dag_run"])
        if self.task_id not in stages:
            raise AirflowSkipException(f"only {self.stage} was requested")
        days = days_of_run(context, lookback_days(self.task_id, settings()), self.days)
        with suppress(Exception):  # the watchdog asks for it, and it must cost no attempt
            context["ti"].xcom_push(WAREHOUSE, WarehouseHook().identity)
        try:
            lacking = self._lacking(context["ti"]) if LAST_STAGE in stages else None
            with ended_by_sigterm():
                figures = run_stage(self.task_id, days, attempt_of(context), lacking)
            describe(context["outlet_events"], self.task_id, days, figures)
            if lacking and self.task_id in FETCHES:
                context["ti"].xcom_push(LACKING, lacking)
        except SourceNotSetUp as error:
            raise AirflowSkipException(str(error)) from None

    def _lacking(self, ti: Any) -> list[str]:
        """What the fetches of this run could not load; only the last task asks."""
        if self.task_id != LAST_STAGE:
            return []
        found = [ti.xcom_pull(task_ids=fetch, key=LACKING, map_indexes=ti.map_index) for fetch in FETCHES]
        return [text for texts in found for text in texts or ()]
