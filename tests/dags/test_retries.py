"""Which failures Airflow tries again, and when."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowTaskTimeout, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse

from zakaz.errors import (
    HealthCheckFailed,
    SourceRefused,
    SourceUnavailable,
    TaskTerminated,
    WarehouseLocked,
    ZakazError,
)
from zakaz.orchestration.retries import RetryWhatMayHeal

SERVER_RESTARTS = AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))
NO_CONNECTION = AirflowRuntimeError(ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND))


@pytest.fixture(autouse=True)
def supervised(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the process of a task under a scheduler."""
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", object(), raising=False)


def delay(error: BaseException, try_number: int, max_tries: int = 2, run_type: str = "scheduled") -> float | None:
    """Minutes until the next try; None if there is none."""
    context = {"dag_run": SimpleNamespace(run_type=run_type)}
    decision = RetryWhatMayHeal().evaluate(error, try_number, max_tries, context)
    if decision.action == RetryAction.FAIL:
        return None
    assert decision.retry_delay is not None
    return decision.retry_delay / timedelta(minutes=1)


@pytest.mark.parametrize(
    "error",
    [
        SourceUnavailable("503"),
        WarehouseLocked("busy"),
        AirflowTaskTimeout(),
        TaskTerminated("SIGTERM"),
        SERVER_RESTARTS,
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_heal_is_tried_after_five_and_fifteen_minutes(error: BaseException) -> None:
    assert [delay(error, number) for number in (1, 2)] == [5, 15]
    # Clear lets Airflow go two tries further than those that were made.
    assert [delay(error, number, max_tries=5) for number in (4, 5)] == [5, 15]


@pytest.mark.parametrize("run_type", ["manual", "backfill"])
def test_while_somebody_waits_it_is_tried_at_once_and_once(run_type: str) -> None:
    tries = [delay(SourceUnavailable("503"), number, run_type=run_type) for number in (1, 2)]
    assert tries == [0, None]
    assert delay(SourceUnavailable("503"), 3, max_tries=4, run_type=run_type) == 0, "after a Clear"


@pytest.mark.parametrize(
    "error",
    [
        SourceRefused("401"),
        HealthCheckFailed("no rows", "ZERO_ROWS"),
        ZakazError("of no family"),
        KeyError("a slip of ours"),
        SystemExit(3),
        NO_CONNECTION,
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_cannot_heal_is_never_tried_again(error: BaseException) -> None:
    assert delay(error, 1) is None
