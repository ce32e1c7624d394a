"""What this machine remembers of its alerts: it decides on repeats while ClickHouse is away, and who goes first."""

import contextlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from zakaz.alerts.alert import FAILED, SENT, Alert, Kind
from zakaz.settings import state_dir

log = logging.getLogger(__name__)
REPEAT_WITHIN = timedelta(hours=1)
KEPT_FOR = timedelta(days=2)
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


def remember(alert: Alert, delivery: str) -> None:
    """Keep what became of an alert."""
    kept = {alert_id: one for alert_id, one in _kept(alert.kind).items() if alert.ts - one[0] < KEPT_FOR}
    kept[str(alert.alert_id)] = (alert.ts, delivery)
    written = {alert_id: (ts.isoformat(), state) for alert_id, (ts, state) in kept.items()}
    with contextlib.suppress(OSError):
        _file(alert.kind).write_text(json.dumps(written), encoding="utf-8")


def forget(kind: Kind) -> None:
    """It is well again: the next one is no repeat."""
    with contextlib.suppress(OSError):
        _file(kind).unlink(missing_ok=True)


def is_told(alert: Alert) -> bool:
    """Whether this very one went its way and arrived, or was counted."""
    _, delivery = _kept(alert.kind).get(str(alert.alert_id), (alert.ts, FAILED))
    return delivery != FAILED


def is_repeat(alert: Alert) -> bool:
    """Whether another one of its kind went its way within the hour."""
    kept = _kept(alert.kind)
    kept.pop(str(alert.alert_id), None)
    return any(state in (SENT, FAILED) and abs(alert.ts - ts) < REPEAT_WITHIN for ts, state in kept.values())


def _kept(kind: Kind) -> dict[str, tuple[datetime, str]]:
    """By alert, when it went wrong and its delivery state."""
    try:
        kept = json.loads(_file(kind).read_text(encoding="utf-8"))
        return {alert_id: (datetime.fromisoformat(ts), state) for alert_id, (ts, state) in kept.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _folder() -> Path:
    return state_dir() / "alerts"


def _file(kind: Kind) -> Path:
    return _folder() / f"{kind.job}-{kind.code}-{kind.severity}.json"
