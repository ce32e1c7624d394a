"""What every DAG of the project gives its tasks."""

from datetime import timedelta
from typing import Any

from zakaz.alerts.failure import alert_on_failure

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data",
    "execution_timeout": timedelta(minutes=15),
    # None on purpose: docs/adr/0001-retries-live-in-the-clients.md.
    "retries": 0,
    "on_failure_callback": alert_on_failure,
}
