"""The custom operator of the chain: a stage as a task, with its rows in `meta.etl_runs` and `meta.etl_alerts`."""

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from zakaz.errors import SourceNotSetUp
from zakaz.orchestration.attempts import attempt_of
from zakaz.orchestration.run_days import days_of_run, require_sound_lookback
from zakaz.orchestration.termination import ended_by_sigterm
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES, lookback_days, wanted
from zakaz.status_page.link import StatusPageLink


class StageOperator(BaseOperator):
    """Runs the stage that its task id names (zakaz.pipeline.runner.run_stage) for the days of the run.

    Each attempt has a row in `meta.etl_runs`. What is found on the way, and a failure for good, has one in
    `meta.etl_alerts` and a message in Telegram: the latter by `on_failure_callback` (zakaz.orchestration.callbacks).

    :param days: a range to work on instead of the run's own days, in the form of `DayRange.iso`.
    :param stage: the tasks of the chain that are wanted, as `stages.wanted` reads them; the others are skipped.
    """

    template_fields: Sequence[str] = ("days", "stage")
    operator_extra_links = (StatusPageLink(),)

    def __init__(self, *, days: str = "", stage: str = ALL_STAGES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.stage = stage

    def execute(self, context: Any) -> None:
        """Run the stage.

        :raises AirflowSkipException: another stage is wanted, or nobody set this one up.
        :raises InvalidInput: there is no such stage, or the conf's `lookback` is neither true nor false.
        """
        from zakaz.pipeline.runner import run_stage  # reading a DAG must not pay for HTTP clients

        stages = wanted(self.stage)
        require_sound_lookback(context["dag_run"])
        if self.task_id not in stages:
            raise AirflowSkipException(f"only {self.stage} was asked for")
        days = days_of_run(context, lookback_days(self.task_id, settings()), self.days)
        try:
            with ended_by_sigterm():
                run_stage(self.task_id, days, attempt_of(context))
        except SourceNotSetUp as error:
            raise AirflowSkipException(str(error)) from None
