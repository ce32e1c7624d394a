"""One backfill at a time on a machine."""

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from zakaz.days import DayRange
from zakaz.errors import DaysAreBusy
from zakaz.settings import state_dir


@contextmanager
def alone(days: DayRange) -> Iterator[None]:
    """Ensure that this is the only backfill of this machine.

    :raises DaysAreBusy: there is another; the message names its days and process.
    """
    folder = state_dir()
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "backfill.json"
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(FileLock(folder / "backfill.lock", timeout=0))
        except Timeout:
            raise DaysAreBusy(
                f"{_name(holder)} is at work: nothing was done. Wait until it has ended, or stop it"
            ) from None
        since = datetime.now(UTC).isoformat(timespec="seconds")
        holder.write_text(json.dumps({"days": str(days), "pid": os.getpid(), "since": since}), encoding="utf-8")
        yield


def _name(holder: Path) -> str:
    try:
        found = json.loads(holder.read_text(encoding="utf-8"))
        return f"the backfill of {found['days']} (process {found['pid']}, since {found['since']})"
    except (OSError, ValueError, KeyError):
        return "another backfill of this machine"
