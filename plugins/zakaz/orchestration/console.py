"""Redirects the output of Airflow and its tasks to a log file, so that the terminal shows only our own lines."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from zakaz.errors import TransientError, one_line
from zakaz.orchestration import metadata
from zakaz.settings import state_dir
from zakaz.stop import Stop, stoppable

KEPT_LOGS = 30
LEVEL = "AIRFLOW__LOGGING__LOGGING_LEVEL"


def new_log(name: str) -> Path:
    """A new log file for a command; deletes the oldest logs."""
    folder = state_dir() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)[: -KEPT_LOGS + 1]:
        old.unlink(missing_ok=True)
    return folder / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"


@dataclass(frozen=True)
class Work:
    """A running command.

    :param log: the file for all output except the command's own.
    :param stop: whether the command was asked to stop.
    :param terminal: the original standard output and standard error.
    """

    log: Path
    stop: Stop
    terminal: tuple[TextIO, TextIO]

    def say(self, line: str) -> None:
        """Print a line."""
        print(line, file=self.terminal[0], flush=True)

    def complain(self, line: str) -> None:
        """Print a line on standard error."""
        print(line, file=self.terminal[1], flush=True)


@contextmanager
def at_work(name: str, *, is_verbose: bool = False) -> Iterator[Work]:
    """Run tasks in this process, with their output in a log file and only our own lines on the terminal.

    It must come first in a command, since Airflow fixes its log level on import.

    :param is_verbose: show everything on the terminal instead.
    :raises InvalidInput: Airflow's database is not the project's.
    :raises TransientError: Airflow's database can't be reached, or is locked.
    """
    before = os.environ.get(LEVEL, "ERROR")
    os.environ[LEVEL] = "INFO"  # for the task logs
    with _output_to(Path(os.devnull)):  # importing Airflow prints a lot
        metadata.require_ours()  # before anything is written, even a log, into the home of another Airflow
    log = new_log(name)
    log.touch()
    with ExitStack() as stack:
        terminal = (sys.stdout, sys.stderr) if is_verbose else stack.enter_context(_output_to(log))
        try:
            yield Work(log, stack.enter_context(stoppable()), terminal)
        except Exception as error:
            if not type(error).__module__.startswith("sqlalchemy."):
                raise
            logging.getLogger(__name__).exception("Airflow's database")
            raise TransientError(
                f"Airflow's database did not do what was asked: {one_line(error)}; log: {log}"
            ) from error
        finally:
            os.environ[LEVEL] = before


@contextmanager
def _output_to(log: Path) -> Iterator[tuple[TextIO, TextIO]]:
    """Redirect standard output and error to a file, at the file descriptors, so that it covers child processes.

    :returns: the original standard output and standard error.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with ExitStack() as stack:
        file = stack.enter_context(log.open("ab"))
        out, err = (
            stack.enter_context(os.fdopen(os.dup(number), "w", encoding="utf-8", errors="backslashreplace"))
            for number in (1, 2)
        )
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        try:
            yield out, err
        finally:
            for number, stream, before in ((1, sys.stdout, out), (2, sys.stderr, err)):
                stream.flush()
                before.flush()
                os.dup2(before.fileno(), number)
