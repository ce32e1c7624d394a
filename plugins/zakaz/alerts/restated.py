"""RESTATED: a source changed a day that the look-back window would not have read again, or replaced a file's."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from zakaz.alerts.alert import Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.days import DayRange, last_complete_day
from zakaz.registry.attempt import Attempt
from zakaz.registry.restatements import Restatement
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
CODE = "RESTATED"
SUMMARIZED = 10


def notify_of_restatements(
    warehouse: WarehouseHook,
    attempt: Attempt,
    days: DayRange,
    restatements: Sequence[Restatement],
    window_days: int,
) -> None:
    """Log what changed; notify people of days older than the window, which no scheduled run would have corrected.

    And of those that a file had loaded: whoever loaded it believes that it stands.

    :param days: Moscow days that were read again.
    :param window_days: days that a scheduled run reads, the last complete one included.
    """
    for change in restatements:
        log.info("the source restated %s", change)
    oldest_read = last_complete_day() - timedelta(days=window_days - 1)
    of_files = [change for change in restatements if change.was_of_file]
    late = [change for change in restatements if change.day < oldest_read and not change.was_of_file]
    told = late + of_files
    if not told:
        return
    alert = Alert(
        severity="warning",
        job=attempt.job,
        code=CODE,
        template="restated.html",
        context={
            "dag_run_id": attempt.dag_run_id,
            "read_days": days,
            "window_days": window_days,
            "late": late,
            "of_files": of_files,
            "error": "; ".join(map(str, told[:SUMMARIZED])),
            "log_url": attempt.log_url,
        },
        subject=attempt.run_id,
        days=DayRange(min(change.day for change in told), max(change.day for change in told)),
    )
    raise_alert(warehouse, alert)
