"""The task graph of zakaz_etl with nothing in it: what Airflow itself costs. The bench puts it beside the real DAGs.

EmptyOperator would not do: Airflow ends it without running it.
"""

from datetime import datetime, time

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from zakaz.days import MOSCOW
from zakaz.orchestration.timetable import MoscowDayTimetable


def _nothing() -> None:
    pass


def _task(task_id: str) -> PythonOperator:
    return PythonOperator(task_id=task_id, python_callable=_nothing)


with DAG(
    dag_id="empty_etl",
    schedule=MoscowDayTimetable(run_at=time(5, 35), catchup_days=7),
    start_date=datetime(2025, 1, 1, tzinfo=MOSCOW),
    catchup=False,
    max_active_runs=4,
    is_paused_upon_creation=False,
):
    fetch = [_task("vk_fetch"), _task("qtickets_fetch")]
    fetch >> _task("build_dm_vk") >> _task("build_dm_sales") >> _task("healthcheck")
