"""Which attempts Airflow makes again, and when (docs/adr/0007-airflow-retries-what-may-heal.md)."""

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowTaskTimeout, ErrorType

from zakaz.errors import TaskTerminated, TransientError
from zakaz.orchestration.run_days import word
from zakaz.orchestration.termination import is_supervised
from zakaz.settings import RETRY_DELAYS

RETRIES = len(RETRY_DELAYS)


class RetryWhatMayHeal(RetryPolicy):
    """Try again what may heal by itself: RETRIES times on schedule; at once and once while somebody waits for it.

    A process that dies without a word asks nobody: Airflow tries it again after its `retry_delay`.
    """

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Decide about a failed attempt.

        :param try_number: of this attempt, from 1.
        :param max_tries: how far Airflow would go; Clear raises it by RETRIES above the tries so far.
        """
        if not may_heal(exception):
            return RetryDecision.fail()
        tried = max(1, try_number - (max_tries - RETRIES))
        if word(context["dag_run"].run_type) != "scheduled":
            return RetryDecision.retry(timedelta(0)) if tried == 1 else RetryDecision.fail()
        return RetryDecision.retry(RETRY_DELAYS[min(tried, RETRIES) - 1])


def may_heal(error: BaseException) -> bool:
    """Whether what ended an attempt may be gone at the next one."""
    if isinstance(error, TaskTerminated):
        return is_supervised()  # else the command was told to end, and its task with it
    if isinstance(error, AirflowRuntimeError):
        return error.error.error == ErrorType.API_SERVER_ERROR
    return isinstance(error, TransientError | AirflowTaskTimeout)
