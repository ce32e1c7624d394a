"""The project's errors: permanent (a retry can't help) and transient (it may).

Each message is one line that names the problem, the value, and the remedy. None contains a secret.
"""

import re

from zakaz.texts import well_formed


class ZakazError(Exception):
    """Base class of the errors that this project raises on purpose.

    :cvar alert_code: the code of the alert that it leads to.
    :cvar alert_severity: critical if data stay missing until somebody acts, else warning.
    """

    alert_code = "RUN_FAILED"
    alert_severity = "critical"

    def __str__(self) -> str:
        # Airflow's log of a task breaks off at half a character that a source put into the text, and no callback runs.
        return well_formed(super().__str__())


class PermanentError(ZakazError):
    """A retry would fail the same way, so there is none."""


class TransientError(ZakazError):
    """May go away by itself, so it is retried, with growing pauses."""


class InvalidInput(PermanentError):
    """An unusable argument, setting, connection or file."""


class SourceNotSetUp(InvalidInput):
    """A stage's source has no connection; the stage is skipped, since not everybody has every source."""


class WrongSetting(InvalidInput):
    """An unusable setting: no DAG is parsed and no task starts until it is corrected."""


class DayNotOver(PermanentError):
    """A Moscow day was requested that is not over: a user's mistake, no data are missing."""

    alert_severity = "warning"


class DaysAreBusy(PermanentError):
    """Another run is processing days of the requested backfill."""


class BackfillIncomplete(PermanentError):
    """A backfill ended with days that are not green."""


class SourceRefused(PermanentError):
    """A source rejected the request; `code` is the source's own error code."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class SourceUnavailable(TransientError):
    """A source gave no usable answer.

    :param retry_after: the pause that it asked for, in seconds.
    :param is_reached: False if nothing answered, or only with an error of the server (HTTP 5xx).
    """

    def __init__(self, message: str, retry_after: float | None = None, *, is_reached: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.is_reached = is_reached


class SourceInconsistent(PermanentError):
    """A source's replies contradict each other or the request; the staging keeps its old rows."""


class SourceIncomplete(PermanentError):
    """A source refused some objects, whose old rows stay; all others are loaded."""


class WarehouseRefused(PermanentError):
    """ClickHouse rejected a statement; `code` is its error number."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class BackupDiffers(PermanentError):
    """A backup can be restored, and its figures are not those of the warehouse."""


class DumpFailed(PermanentError):
    """pg_dump or pg_restore could not finish."""


class WarehouseUnavailable(TransientError):
    """ClickHouse can't be reached or is too busy."""


class WarehouseLocked(WarehouseUnavailable):
    """Another process held the embedded warehouse for longer than we may wait."""


class AttemptLost(TransientError):
    """A task's process died without recording how it ended."""


TERMINATED = "the task was told to end (SIGTERM)"


class TaskTerminated(BaseException):
    """A task received SIGTERM. A BaseException, so that no `except Exception` stops it."""


class StageTimedOut(BaseException):
    """A stage exceeded its time limit. A BaseException, so that no `except Exception` stops it."""


class TelegramNotSetUp(InvalidInput):
    """There is no Telegram connection."""


class MessageRefused(PermanentError):
    """Telegram rejected the message."""


class MessageUndelivered(TransientError):
    """Telegram, or the second channel, could not be reached in time."""


class HealthCheckFailed(PermanentError):
    """A check of severity `fail` did not pass; the alert carries that check's code."""

    def __init__(self, message: str, alert_code: str) -> None:
        super().__init__(message)
        self.alert_code = alert_code


def one_line(error: BaseException | str, limit: int = 500) -> str:
    """The last non-empty line, for the registry, messages and terminals.

    :param error: an exception, or what Airflow passes in its place.
    :param limit: maximum length in characters.
    """
    lines = [line for line in re.split(r"[\r\n]", str(error)) if line.strip()]
    # Further characters end a line to some readers: what a source said goes on after them.
    text = " ".join(part.strip() for part in lines[-1].splitlines()).strip() if lines else ""
    if isinstance(error, BaseException) and not isinstance(error, ZakazError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
