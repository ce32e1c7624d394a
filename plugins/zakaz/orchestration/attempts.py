"""From Airflow's context to an attempt of the run registry."""

from datetime import UTC, datetime
from typing import Any

from zakaz.orchestration.run_days import looks_back, word
from zakaz.registry.attempt import Attempt


def attempt_of(context: Any) -> Attempt:
    """The attempt that an Airflow context (of a task or of its callback) belongs to."""
    task_instance, dag_run = context["task_instance"], context["dag_run"]
    return Attempt(
        dag_id=task_instance.dag_id,
        dag_run_id=task_instance.run_id,
        run_type="scheduled" if looks_back(dag_run) else word(dag_run.run_type),
        job=task_instance.task_id,
        map_index=task_instance.map_index,
        try_number=task_instance.try_number,
        log_url=task_instance.log_url,
        # The DAG processor calls back for a dead process, and gives a task that doesn't know when it began.
        started_at=getattr(task_instance, "start_date", None) or datetime.now(UTC),
    )
