"""What this machine remembers of its alerts: it decides on repeats while ClickHouse is away, and who goes first."""

import contextlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from filelock import FileLock, Timeout

from zakaz.alerts.alert import Kind
from zakaz.settings import state_dir

log = logging.getLogger(__name__)
REPEAT_WITHIN = timedelta(hours=1)
# Two tasks that fail together must not both be the first; but nobody is held up for long (alerts/delivery.py).
TURN_SECONDS = 2


@contextmanager
def turn(kind: Kind) -> Iterator[None]:
    """Keep others of this machine from deciding about the same trouble meanwhile; go on after two seconds."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Timeout, OSError):
            _folder().mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(_file(kind).with_suffix(".lock"), timeout=TURN_SECONDS))
        yield


@contextmanager
def alone() -> Iterator[bool]:
    """Be the one process of this machine that follows up; whether it is. Without a lock on disk it is."""
    is_alone = True
    with contextlib.ExitStack() as stack:
        try:
            _folder().mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(_folder() / "follow_up.lock", timeout=0))
        except Timeout:
            is_alone = False
        except OSError as error:
            log.warning("others can't be kept from following up meanwhile: %s", error)
        yield is_alone


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


def _folder() -> Path:
    return state_dir() / "alerts"


def _file(kind: Kind) -> Path:
    return _folder() / f"{kind.job}-{kind.code}-{kind.severity}.json"
