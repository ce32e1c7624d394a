"""RESTATED: a source changed a day that the look-back window would not have read again."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from zakaz.alerts.alert import Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.messages import days_ru, job_texts
from zakaz.days import DayRange, last_complete_day
from zakaz.registry.attempt import Attempt
from zakaz.registry.restatements import Restatement
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
CODE = "RESTATED"
SHOWN = 10


def tell_restatements(
    warehouse: WarehouseHook,
    attempt: Attempt,
    days: DayRange,
    restatements: Sequence[Restatement],
    window_days: int,
) -> None:
    """Log what changed; tell people of days older than the window, which no scheduled run would have corrected.

    :param days: Moscow days that were read anew.
    :param window_days: days that a scheduled run reads, the last complete one included.
    """
    for change in restatements:
        log.info("the source restated %s", change)
    oldest_read = last_complete_day() - timedelta(days=window_days - 1)
    late = [change for change in restatements if change.day < oldest_read]
    if not late:
        return
    changed = DayRange(min(change.day for change in late), max(change.day for change in late))
    alert = Alert(
        severity="warning",
        job=attempt.job,
        code=CODE,
        template="restated.html",
        values={
            "job_ru": job_texts(attempt.job).get("name", attempt.job),
            "days_ru": days_ru(changed),
            "window_days": window_days,
            "changes": late[:SHOWN],
            "more": max(0, len(late) - SHOWN),
            "dag_run_id": attempt.dag_run_id,
            "log_url": attempt.log_url,
        },
        context={
            "dag_run_id": attempt.dag_run_id,
            "from_date": days.first,
            "to_date": days.last,
            "window_days": window_days,
            "changes": [str(change) for change in late],
            "error": "; ".join(map(str, late[:SHOWN])),
            "log_url": attempt.log_url,
        },
        dag_run_id=attempt.dag_run_id,
        subject=attempt.run_id,
        days=changed,
    )
    raise_alert(warehouse, alert)
