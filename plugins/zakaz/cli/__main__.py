"""The entry point of bin/zakaz: sets up the environment, runs the command, and prints an error as one line."""

import io
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from zakaz.environment import project_environment
from zakaz.errors import InvalidInput


def main() -> int:
    """Run a command of bin/zakaz and return its exit code."""

    def app() -> Any:
        from zakaz.cli.app import app

        return app

    return run("zakaz", app)


def run(name: str, load: Callable[[], Any]) -> int:
    """Run a command line.

    :param name: the program's name in messages.
    :param load: returns the click command; called once the environment is set up.
    :returns: 0; 1 for a failure or invalid arguments; commands may define further ones.
    """
    _open_streams()
    try:
        os.environ.update(project_environment(os.environ))
    except InvalidInput as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    # Allows Airflow to read connections from its database.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    # Keeps Airflow's own log lines out of the output.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")

    import click

    from zakaz.errors import ZakazError, one_line

    try:
        code = int(load()(prog_name=name, standalone_mode=False) or 0)
        sys.stdout.flush()  # output that is lost is no success
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else name
        print(f"{where}: {error.format_message()}", file=sys.stderr)
    except ZakazError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except (click.Abort, KeyboardInterrupt):
        print(f"{name}: stopped", file=sys.stderr)
    except BrokenPipeError:
        _drop_output()  # its reader has closed the pipe
    except OSError as error:  # a full disk, a folder that is not ours: it names itself
        _drop_output()
        print(f"{name}: {one_line(error)}", file=sys.stderr)
    else:
        return code
    return 1


def _open_streams() -> None:
    """Make the standard streams exist and take any text: what the terminal can't show is replaced, never an error."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # The next file to be opened would take the place of a closed stream, and what is printed.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "w", encoding="utf-8"))
    if isinstance(sys.stdout, io.TextIOWrapper):  # stderr escapes it anyway
        sys.stdout.reconfigure(errors="replace")


def _drop_output() -> None:
    """What can't be written now would fail once more when Python exits."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def leave(code: int) -> NoReturn:
    """Exit, even if a thread is still waiting for a source that does not answer."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
