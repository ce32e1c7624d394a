"""A terminal that shows our own lines while everything that Airflow and its tasks say goes to a log file."""

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
    """A log file of its own for a command that begins now; of earlier ones the newest stay."""
    folder = state_dir() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)[: -KEPT_LOGS + 1]:
        old.unlink(missing_ok=True)
    return folder / f"{name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"


@dataclass(frozen=True)
class Work:
    """A command at work on tasks.

    :param log: where everything goes that the command does not say itself.
    :param stop: whether the command was told to end.
    :param terminal: standard output and standard error, as people see them.
    """

    log: Path
    stop: Stop
    terminal: tuple[TextIO, TextIO]

    def say(self, line: str) -> None:
        """Show a line."""
        print(line, file=self.terminal[0], flush=True)

    def complain(self, line: str) -> None:
        """Show a line on standard error."""
        print(line, file=self.terminal[1], flush=True)


@contextmanager
def at_work(name: str, *, is_verbose: bool = False) -> Iterator[Work]:
    """Work on tasks in this process, with a log of their own and a terminal that shows our lines alone.

    It comes first in a command: Airflow's level of logging is what it was when it was imported.

    :param is_verbose: the terminal shows everything instead.
    :raises InvalidInput: Airflow's database is not the project's.
    :raises TransientError: it can't be reached, or is locked.
    """
    before = os.environ.get(LEVEL, "ERROR")
    os.environ[LEVEL] = "INFO"  # the log of a task is what people look for
    with _output_to(Path(os.devnull)):  # Airflow has much to say when it is imported
        metadata.require_ours()  # nothing is written into the home of somebody else's Airflow, not even a log
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
    """Send what is written to the terminal to a file, by file descriptor: what other programs write as well.

    :returns: standard output and standard error from before.
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
