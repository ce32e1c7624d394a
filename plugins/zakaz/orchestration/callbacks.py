"""Airflow's callback for failed tasks."""

import logging
from typing import Any

from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.deadline import Deadline
from zakaz.orchestration.attempts import attempt_of
from zakaz.orchestration.run_days import days_of_run
from zakaz.settings import usable_settings
from zakaz.stages import lookback_days
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# Airflow saves the failure only after the callback, which must take less than 15 s. The last statement may start just
# before this deadline, and then take up to the limit of one statement.
CALLBACK_SECONDS = 12
STATEMENT_SECONDS = 2


def alert_on_failure(context: Any) -> None:
    """Record the failure and notify people; never raises.

    :param context: Airflow's context; its `exception` may be an exception, a text or nothing.
    """
    try:
        deadline = Deadline(CALLBACK_SECONDS)
        attempt = attempt_of(context)
        warehouse = WarehouseHook(origin=attempt.origin, within_seconds=STATEMENT_SECONDS, deadline=deadline)
        error = context.get("exception") or "the task ended without an exception"
        task = context.get("task")
        window = lookback_days(attempt.job, usable_settings())
        days = days_of_run(context, window, getattr(task, "days", ""))
        raise_alert(warehouse, failure_alert(attempt, error, days), deadline=deadline)
    except Exception:
        # Airflow would swallow it without a traceback.
        log.exception("the alert for this failure could not be raised")
