"""Converts an Airflow context to an attempt of the run registry."""

from datetime import UTC, datetime
from typing import Any

from zakaz.orchestration.run_days import looks_back, state_name
from zakaz.registry.attempt import Attempt

# The XCom in which a task leaves the identity of the warehouse that it works in: not every one that this Airflow knows
# of worked in the warehouse that a watchdog looks after.
WAREHOUSE = "warehouse"


def attempt_of(context: Any) -> Attempt:
    """The attempt of an Airflow context (of a task or of its callback)."""
    task_instance, dag_run = context["task_instance"], context["dag_run"]
    return Attempt(
        dag_id=task_instance.dag_id,
        dag_run_id=task_instance.run_id,
        run_type="scheduled" if looks_back(dag_run) else state_name(dag_run.run_type),
        job=task_instance.task_id,
        map_index=task_instance.map_index,
        try_number=task_instance.try_number,
        log_url=task_instance.log_url,
        # For a dead process, the DAG processor runs the callback, with a task instance without a start date.
        started_at=getattr(task_instance, "start_date", None) or datetime.now(UTC),
    )
