"""What this machine remembers of its alerts: it decides on repeats while ClickHouse is away, and who goes first."""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from filelock import FileLock, Timeout

from zakaz.alerts.alert import Kind
from zakaz.settings import state_dir

REPEAT_WITHIN = timedelta(hours=1)
# Two tasks that fail together must not both be the first; but nobody is held up for long (alerts/delivery.py).
TURN_SECONDS = 2


@contextmanager
def turn(kind: Kind) -> Iterator[None]:
    """Keep others of this machine from deciding about the same trouble meanwhile; go on after two seconds."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Timeout, OSError):
            _file(kind).parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(_file(kind).with_suffix(".lock"), timeout=TURN_SECONDS))
        yield


def remember(kind: Kind, alert_id: UUID, ts: datetime) -> None:
    """Keep that an alert went its way."""
    with contextlib.suppress(OSError):
        _file(kind).write_text(json.dumps({"alert_id": str(alert_id), "ts": ts.isoformat()}), encoding="utf-8")


def forget(kind: Kind) -> None:
    """It is well again: the next one is no repeat."""
    with contextlib.suppress(OSError):
        _file(kind).unlink(missing_ok=True)


def is_repeat(kind: Kind, ts: datetime) -> bool:
    """Whether one like it went its way within the hour before."""
    try:
        kept = json.loads(_file(kind).read_text(encoding="utf-8"))
        return abs(ts - datetime.fromisoformat(kept["ts"])) < REPEAT_WITHIN
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _file(kind: Kind) -> Path:
    return state_dir() / "alerts" / f"{kind.job}-{kind.code}-{kind.severity}.json"
