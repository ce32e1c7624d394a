"""The two families of errors: what can't heal by itself (permanent), and what may (transient).

Each message is one line that names what was wrong, the value, and what to do. None carries a secret.
"""


class ZakazError(Exception):
    """Any error this project raises on purpose.

    :cvar alert_code: the code of the alert it leads to.
    :cvar alert_severity: critical if data are missing until somebody mends it, else warning.
    """

    alert_code = "RUN_FAILED"
    alert_severity = "critical"


class PermanentError(ZakazError):
    """Asking again gives the same answer: it is never retried."""


class TransientError(ZakazError):
    """May heal by itself: it is retried with growing pauses by whoever knows what failed."""


class InvalidInput(PermanentError):
    """An argument, a setting, a connection or a file that can't be used."""


class SourceNotSetUp(InvalidInput):
    """A stage has no connection to work with: it is left out, since not everybody has every source."""


class WrongSetting(InvalidInput):
    """A setting can't be used: no DAG is read and no task begins until it is put right."""


class DayNotOver(PermanentError):
    """A Moscow day was asked for that is not over: a slip of whoever asked, nothing is missing."""

    alert_severity = "warning"


class DaysAreBusy(PermanentError):
    """Another run is at work on days that a backfill was asked for."""


class BackfillIncomplete(PermanentError):
    """Days of a backfill are not green at its end."""


class SourceRefused(PermanentError):
    """A source answered that it will not serve this request; `code` is the source's own word."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class SourceUnavailable(TransientError):
    """A source gave no usable answer; `retry_after` is the pause in seconds it asked for, if it did."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceInconsistent(PermanentError):
    """What a source answered contradicts itself or the question; the staging keeps its old rows."""


class SourceIncomplete(PermanentError):
    """A source refused some of its objects; all others are loaded, and the old rows of these stay."""


class WarehouseRefused(PermanentError):
    """ClickHouse refused a statement; `code` is ClickHouse's error number."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class WarehouseUnavailable(TransientError):
    """ClickHouse can't be reached or is too busy."""


class WarehouseLocked(WarehouseUnavailable):
    """Another process has the embedded warehouse, and kept it for longer than we may wait."""


class AttemptLost(TransientError):
    """The process of a task is gone, and it did not say how it ended."""


TERMINATED = "the task was told to end (SIGTERM)"


class TaskTerminated(BaseException):
    """A task was told to end. No `except Exception` on the way may keep it from that."""


class StageTimedOut(BaseException):
    """A stage took longer than it may. No `except Exception` on the way may keep it from ending."""


class TelegramNotSetUp(InvalidInput):
    """There is no connection to send a message through."""


class MessageRefused(PermanentError):
    """Telegram will not take this message."""


class MessageUndelivered(TransientError):
    """Telegram could not be reached in time."""


class HealthCheckFailed(PermanentError):
    """A check of severity `fail` did not pass; the alert carries that check's code."""

    def __init__(self, message: str, alert_code: str) -> None:
        super().__init__(message)
        self.alert_code = alert_code


def one_line(error: BaseException | str, limit: int = 500) -> str:
    """The last line that says something, for registries, messages and terminals.

    :param error: an exception, or what Airflow gives in its place.
    :param limit: the longest result, in characters.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if lines else ""
    if isinstance(error, BaseException) and not isinstance(error, ZakazError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
