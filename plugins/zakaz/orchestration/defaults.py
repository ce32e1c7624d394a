"""The default task arguments of the project's DAGs."""

from typing import Any

from zakaz.orchestration.callbacks import alert_on_failure
from zakaz.orchestration.retries import RETRIES, RetryWhatMayHeal
from zakaz.settings import RETRY_DELAYS, TASK_LIMIT

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "data",
    "execution_timeout": TASK_LIMIT,
    "retries": RETRIES,
    # For a task whose process died, or that was cleared while running; otherwise the policy decides.
    "retry_delay": RETRY_DELAYS[0],
    "retry_policy": RetryWhatMayHeal(),
    "on_failure_callback": alert_on_failure,
}
