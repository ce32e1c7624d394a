"""What every DAG of the project gives its tasks."""

from datetime import timedelta
from typing import Any

from zakaz.orchestration.callbacks import alert_on_failure
from zakaz.settings import TASK_LIMIT

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data",
    "execution_timeout": TASK_LIMIT,
    # None on purpose: docs/adr/0001-retries-live-in-the-clients.md.
    "retries": 0,
    # How soon a task that is cleared while it runs starts again.
    "retry_delay": timedelta(seconds=10),
    "on_failure_callback": alert_on_failure,
}
