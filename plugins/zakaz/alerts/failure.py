"""The alert for a failed attempt, whether Airflow calls back or the sweeper finds it."""

from datetime import UTC, datetime

from zakaz.alerts.alert import Alert
from zakaz.days import DayRange
from zakaz.errors import ZakazError
from zakaz.registry.attempt import Attempt
from zakaz.secrets import masked_line
from zakaz.stages import BACKUP_JOBS

BACKUP_FAILED = "BACKUP_FAILED"


def failure_alert(attempt: Attempt, error: BaseException | str, days: DayRange, ts: datetime | None = None) -> Alert:
    """The alert for a failed attempt.

    :param error: what ended it.
    :param days: Moscow days it worked on.
    :param ts: UTC instant of the failure, now by default.
    """
    known = error if isinstance(error, ZakazError) else ZakazError
    is_backup = attempt.job in BACKUP_JOBS
    return Alert(
        severity=known.alert_severity,
        job=attempt.job,
        code=BACKUP_FAILED if is_backup else known.alert_code,
        template="backup_failed.html" if is_backup else "run_failed.html",
        context={
            "dag_id": attempt.dag_id,
            "dag_run_id": attempt.dag_run_id,
            "run_type": attempt.run_type,
            "run_id": attempt.run_id,
            "try_number": attempt.try_number,
            **days.bounds,
            "error": masked_line(error),
            "error_type": type(error).__name__,
            "log_url": attempt.log_url,
        },
        subject=attempt.run_id,
        # Days before a scheduled run's own were loaded by earlier runs: only their re-reading failed.
        days=DayRange(days.last, days.last) if attempt.run_type == "scheduled" else days,
        ts=ts or datetime.now(UTC),
    )
