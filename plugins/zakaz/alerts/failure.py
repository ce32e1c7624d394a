"""`on_failure_callback`: a failed task becomes an alert."""

import logging
from typing import Any

from zakaz.alerts.alert import Alert, raise_alert
from zakaz.alerts.messages import days_ru, job_texts, render, texts
from zakaz.days import MOSCOW, DayRange, days_of_run
from zakaz.errors import ZakazError
from zakaz.registry.attempt import Attempt
from zakaz.secrets import masked, masked_line
from zakaz.settings import settings
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# Airflow saves the failure only after the callback: it must not be held up (docs/ARCHITECTURE.md, "Alerts").
# Twice this and BUDGET_SECONDS of the Telegram hook must stay below 15 s.
WAREHOUSE_SECONDS = 2


def alert_on_failure(context: Any) -> None:
    """Tell the registry and Telegram; never raises.

    :param context: Airflow's context; its `exception` may be an exception, a text or nothing.
    """
    try:
        attempt = Attempt.from_context(context)
        warehouse = WarehouseHook(origin=attempt.origin, within_seconds=WAREHOUSE_SECONDS)
        error = context.get("exception") or "the task ended without an exception"
        lookback_days = getattr(context.get("task"), "lookback_days", None) or settings().lookback_days
        days = days_of_run(context, lookback_days)
        raise_alert(warehouse, failure_alert(attempt, error, days))
    except Exception:
        # Airflow would swallow it with less of a trace.
        log.exception("the alert for this failure could not be raised")


def failure_alert(attempt: Attempt, error: BaseException | str, days: DayRange) -> Alert:
    """The alert for a failed attempt.

    :param error: what ended it.
    :param days: Moscow days it worked on.
    """
    cause = masked_line(error)
    code = error.alert_code if isinstance(error, ZakazError) else "RUN_FAILED"
    job, why = job_texts(attempt.job), texts("causes.json")
    explained = why.get(type(error).__name__, why[""])
    html = render(
        "run_failed.html",
        job_ru=job.get("name", attempt.job),
        job=attempt.job,
        days_ru=days_ru(days),
        cause_ru=explained["cause"],
        error=cause,
        effect_ru=job.get("effect", "часть данных могла не обновиться"),
        advice_ru=explained["advice"],
        code=code,
        try_number=attempt.try_number,
        since_ru=f"{attempt.started_at.astimezone(MOSCOW):%H:%M}",
        dag_run_id=attempt.dag_run_id,
        log_url=attempt.log_url,
    )
    return Alert(
        severity="critical",
        job=attempt.job,
        code=code,
        html=masked(html),
        context={
            "dag_id": attempt.dag_id,
            "dag_run_id": attempt.dag_run_id,
            "run_type": attempt.run_type,
            "run_id": attempt.run_id,
            "try_number": attempt.try_number,
            "from_date": days.first,
            "to_date": days.last,
            "error": cause,
            "error_type": type(error).__name__,
            "log_url": attempt.log_url,
        },
        dag_run_id=attempt.dag_run_id,
        subject=attempt.run_id,
    )
