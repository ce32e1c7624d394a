"""The Moscow day of each run, as a note on it.

Airflow shows dates in UTC until a user picks a zone, and names the runs of a backfill by the morning after.
"""

from datetime import date
from typing import Any

from airflow.listeners import hookimpl

from zakaz.alerts.messages import days_ru
from zakaz.days import DayRange, last_complete_day, moscow_day
from zakaz.stages import DAG_ID


def note_of(day: date) -> str:
    """The note on the run of a Moscow day."""
    return f"Данные за {days_ru(DayRange(day, day))}"


def note_of_range(days: DayRange) -> str:
    """The note on a run that works on many days."""
    return f"Пересчёт: {days_ru(days)}"


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001 - Airflow's names
    """Note the day on each run of the daily DAG that begins, whoever made it: the scheduler, a form, a backfill."""
    if dag_run.dag_id != DAG_ID or dag_run.note:
        return
    start = dag_run.data_interval_start
    dag_run.note = note_of(moscow_day(start) if start else last_complete_day(dag_run.run_after))
