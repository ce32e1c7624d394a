"""What this machine remembers of its alerts: it decides on repeats while ClickHouse is away, and who goes first."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from filelock import FileLock, Timeout

from zakaz.settings import state_dir

REPEAT_WITHIN = timedelta(hours=1)
# Two tasks that fail together must not both be the first; but nobody is held up for long (alerts/delivery.py).
TURN_SECONDS = 2


@contextmanager
def turn(job: str, code: str) -> Iterator[None]:
    """Keep others of this machine from deciding about the same (job, code) meanwhile; go on after two seconds."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Timeout, OSError):
            _file(job, code).parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(_file(job, code).with_suffix(".lock"), timeout=TURN_SECONDS))
        yield


def remember(job: str, code: str, alert_id: UUID, ts: datetime) -> None:
    """Keep that an alert went its way."""
    with contextlib.suppress(OSError):
        _file(job, code).write_text(json.dumps({"alert_id": str(alert_id), "ts": ts.isoformat()}), encoding="utf-8")


def forget(job: str, code: str) -> None:
    """It is well again: the next one is no repeat."""
    with contextlib.suppress(OSError):
        _file(job, code).unlink(missing_ok=True)


def is_repeat(job: str, code: str, ts: datetime) -> bool:
    """Whether one like it went its way within the hour before."""
    try:
        kept = json.loads(_file(job, code).read_text(encoding="utf-8"))
        return abs(ts - datetime.fromisoformat(kept["ts"])) < REPEAT_WITHIN
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _file(job: str, code: str) -> Path:
    return state_dir() / "alerts" / f"{job}-{code}.json"
