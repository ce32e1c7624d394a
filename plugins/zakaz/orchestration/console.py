"""A terminal that shows our own lines while everything that Airflow and its tasks say goes to a log file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from zakaz.settings import state_dir

KEPT_LOGS = 30


def new_log(name: str) -> Path:
    """A log file of its own for a command that begins now; of earlier ones the newest stay."""
    folder = state_dir() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)[: -KEPT_LOGS + 1]:
        old.unlink(missing_ok=True)
    return folder / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"


@contextmanager
def output_to(log: Path) -> Iterator[TextIO]:
    """Send what is written to standard output and standard error to a file, by file descriptor: programs, too.

    :returns: the standard output from before, for what people are to see.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    before = [os.dup(number) for number in (1, 2)]
    with log.open("ab") as file, os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace") as terminal:
        try:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            terminal.flush()
            for number, saved in zip((1, 2), before, strict=True):
                os.dup2(saved, number)
                os.close(saved)
