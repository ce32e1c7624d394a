"""Labels each run with its Moscow day, in the run's note.

Airflow shows dates in UTC until the user picks a time zone, and names backfill runs after the next morning.
"""

from datetime import date
from typing import Any

from airflow.listeners import hookimpl

from zakaz.alerts.messages import days_ru
from zakaz.days import DayRange, last_complete_day, moscow_day
from zakaz.stages import DAG_ID


def note_of(day: date) -> str:
    """The note for the run of a Moscow day."""
    return f"Данные за {days_ru(DayRange(day, day))}"


def note_of_range(days: DayRange) -> str:
    """The note for a run of several days."""
    return f"Пересчёт: {days_ru(days)}"


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001 - Airflow's names
    """Label each run of the daily DAG when it starts, whether scheduled, manual or from a backfill."""
    if dag_run.dag_id != DAG_ID or dag_run.note:
        return
    start = dag_run.data_interval_start
    dag_run.note = note_of(moscow_day(start) if start else last_complete_day(dag_run.run_after))
