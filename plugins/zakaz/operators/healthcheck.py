"""The task that looks at what the run built."""

from zakaz.days import DayRange
from zakaz.health.checks import check_day, require_healthy
from zakaz.operators.base import DayOperator
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.hook import WarehouseHook


class HealthcheckOperator(DayOperator):
    """Runs the checks of include/sql/checks for each day that the run rebuilt; a check of severity fail ends it red."""

    def work(self, warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
        """Check every day, keep every result, then judge."""
        with warehouse.session():
            findings = [finding for day in days for finding in check_day(warehouse, day, attempt.run_id)]
        figures.rows_read = figures.rows_written = len(findings)
        for finding in findings:
            self.log.log(30 - 10 * finding.passed, "%s: %s", "passed" if finding.passed else "NOT PASSED", finding)
        require_healthy(findings)
