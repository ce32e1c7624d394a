"""The alert for a failed attempt, whether Airflow calls back or the sweeper finds it."""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from zakaz.alerts.alert import Alert
from zakaz.alerts.messages import days_ru, job_texts, texts
from zakaz.days import DayRange
from zakaz.errors import ZakazError
from zakaz.secrets import masked_line

# Airflow saves the failure only after the callback: it must not be held up (docs/ARCHITECTURE.md, "Alerts"). Twice
# this, TURN_SECONDS of the memory and BUDGET_SECONDS of the Telegram hook must stay below 15 s.
WAREHOUSE_SECONDS = 2


class FailedAttempt(Protocol):
    """What is told of an attempt, whether it comes from Airflow or from the registry."""

    @property
    def dag_id(self) -> str: ...  # noqa: D102
    @property
    def dag_run_id(self) -> str: ...  # noqa: D102
    @property
    def run_type(self) -> str: ...  # noqa: D102
    @property
    def job(self) -> str: ...  # noqa: D102
    @property
    def run_id(self) -> UUID: ...  # noqa: D102
    @property
    def try_number(self) -> int: ...  # noqa: D102
    @property
    def log_url(self) -> str: ...  # noqa: D102
    @property
    def started_at(self) -> datetime: ...  # noqa: D102


def failure_alert(
    attempt: FailedAttempt, error: BaseException | str, days: DayRange, ts: datetime | None = None
) -> Alert:
    """The alert for a failed attempt.

    :param error: what ended it.
    :param days: Moscow days it worked on.
    :param ts: UTC instant of the failure, now by default.
    """
    cause = masked_line(error)
    known = error if isinstance(error, ZakazError) else ZakazError
    job, why = job_texts(attempt.job), texts("causes.json")
    explained = why.get(type(error).__name__, why[""])
    # Days before a scheduled run's own were loaded by earlier runs: only their re-reading failed.
    to_heal = DayRange(days.last, days.last) if attempt.run_type == "scheduled" else days
    return Alert(
        severity=known.alert_severity,
        job=attempt.job,
        code=known.alert_code,
        template="run_failed.html",
        values={
            "is_warning": known.alert_severity == "warning",
            "job_ru": job.get("name", attempt.job),
            "days_ru": days_ru(days),
            "cause_ru": explained["cause"],
            "error": cause,
            "effect_ru": explained.get("effect") or job.get("effect", "часть данных могла не обновиться"),
            "advice_ru": explained["advice"],
            "try_number": attempt.try_number,
            "dag_run_id": attempt.dag_run_id,
            "log_url": attempt.log_url,
        },
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
        days=to_heal,
        ts=ts or datetime.now(UTC),
    )
