"""The task that looks at what the run built."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from zakaz.alerts.findings import notify_of_findings
from zakaz.alerts.ping import ping
from zakaz.alerts.sweep import sweep
from zakaz.days import DayRange, last_complete_day
from zakaz.orchestration.attempts import attempt_of
from zakaz.orchestration.stage_operator import DayOperator
from zakaz.pipeline.checks import check_days, require_healthy
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.secrets import masked_line
from zakaz.warehouse.hook import WarehouseHook

# For a lock, a connection or an answer.
FOLLOW_UP_SECONDS = 30


class HealthcheckOperator(DayOperator):
    """Runs the checks of include/sql/checks for each day that the run rebuilt; a check of severity fail ends it red.

    As the last task of a run it also follows up what no callback told of, whatever came out.

    :param groups: for each folder of checks, the days that a run which looks back rebuilds of what it looks at. The
        attempt stands in the registry with the widest of these ranges.
    """

    def __init__(self, *, groups: Mapping[str, int], **kwargs: Any) -> None:
        super().__init__(lookback_days=max(groups.values()), **kwargs)
        self.groups = groups

    def execute(self, context: Any) -> None:
        """Check, then follow up; but not when the time is over or the task was told to end, which is no Exception."""
        try:
            super().execute(context)
        except Exception:
            self._follow_up(context)
            raise
        self._follow_up(context)

    def _follow_up(self, context: Any) -> None:
        """Never raises, and takes little of the task's time: the next run or the watchdog does what it could not."""
        origin = attempt_of(context).origin
        try:
            sweep(WarehouseHook(self.clickhouse_conn_id, origin=origin, within_seconds=FOLLOW_UP_SECONDS))
        except Exception as error:  # noqa: BLE001 - the day is judged already, and stands so in the registry
            self.log.warning("it was not followed up: %s", masked_line(error))

    def work(self, warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
        """Check every day, keep every result, then judge."""
        with warehouse.session():
            findings = [
                finding
                for group in self.groups
                for finding in check_days(
                    warehouse,
                    self.days_of(group, days, attempt.run_type),
                    attempt.run_id,
                    group=group,
                    run_day=days.last,
                )
            ]
        figures.rows_read = figures.rows_written = len(findings)
        for finding in findings:
            self.log.log(30 - 10 * finding.passed, "%s: %s", "passed" if finding.passed else "NOT PASSED", finding)
        notify_of_findings(warehouse, attempt, findings)
        require_healthy(findings)
        if days.last == last_complete_day():
            ping()

    def days_of(self, group: str, days: DayRange, run_type: str) -> DayRange:
        """The days that the run rebuilt of what a group looks at.

        :param days: the widest range of all groups.
        :param run_type: that of the attempt; `scheduled` looks back.
        """
        if run_type != "scheduled":
            return days
        return DayRange(days.last - timedelta(days=self.groups[group] - 1), days.last)
