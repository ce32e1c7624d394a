"""Which failed tasks Airflow retries, and when (docs/adr/0007-airflow-retries-what-may-heal.md)."""

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowTaskTimeout, ErrorType

from zakaz.errors import TaskTerminated, TransientError
from zakaz.orchestration.run_days import state_name
from zakaz.orchestration.termination import is_supervised
from zakaz.settings import RETRY_DELAYS

RETRIES = len(RETRY_DELAYS)


class RetryWhatMayHeal(RetryPolicy):
    """Retry transient failures: RETRIES times in a scheduled run; once, immediately, in a run that a user waits for.

    The policy is not consulted for a killed process, which Airflow retries after its `retry_delay`.
    """

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        """Decide about a failed attempt.

        :param try_number: the number of this attempt, from 1.
        :param max_tries: Airflow's limit; Clear raises it to RETRIES above the tries so far.
        """
        if not may_heal(exception):
            return RetryDecision.fail()
        tried = max(1, try_number - (max_tries - RETRIES))
        if state_name(context["dag_run"].run_type) != "scheduled":
            return RetryDecision.retry(timedelta(0)) if tried == 1 else RetryDecision.fail()
        return RetryDecision.retry(RETRY_DELAYS[min(tried, RETRIES) - 1])


def may_heal(error: BaseException) -> bool:
    """Whether a retry may succeed."""
    if isinstance(error, TaskTerminated):
        return is_supervised()  # else the command itself was asked to stop
    if isinstance(error, AirflowRuntimeError):
        return error.error.error == ErrorType.API_SERVER_ERROR
    return isinstance(error, TransientError | AirflowTaskTimeout)
