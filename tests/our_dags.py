"""The project's DAGs in the Airflow of the tests."""

from datetime import date
from typing import Any

import pendulum
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.types import DagRunTriggeredByType

from zakaz.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "dags"
BUNDLE = "dags-folder"


def read() -> DagBag:
    """The DAG files."""
    return DagBag(FOLDER, bundle_path=FOLDER, bundle_name=BUNDLE)


def make_known(dags: DagBag) -> None:
    """Put them into Airflow's database, as its DAG processor does."""
    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(dags, BUNDLE, None)


def run(dag: Any, day: date) -> Any:
    """`airflow dags test` of a day, in this process; the run."""
    return dag.test(logical_date=midnight(day))


def make_run(dag_id: str, run_type: Any, day: date, **given: Any) -> Any:
    """A run of a day in Airflow's database, of which no task has begun."""
    start = midnight(day)
    interval = (start, start.add(days=1))
    return SerializedDagModel.get_dag(dag_id).create_dagrun(
        run_id=f"{run_type.value}__{start.isoformat()}",
        run_type=run_type,
        logical_date=start,
        data_interval=interval,
        run_after=interval[1],
        triggered_by=DagRunTriggeredByType.TEST,
        **given,
    )


def midnight(day: date) -> pendulum.DateTime:
    """The logical date of a Moscow day."""
    return pendulum.datetime(day.year, day.month, day.day, tz="Europe/Moscow")
