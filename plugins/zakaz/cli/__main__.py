"""The entry point of bin/zakaz: sets up the environment, runs the command, and prints an error as one line."""

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
    :returns: 0; 1 for a failure or invalid arguments; commands may define further exit codes.
    """
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

    from zakaz.errors import ZakazError

    try:
        return int(load()(prog_name=name, standalone_mode=False) or 0)
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else name
        print(f"{where}: {error.format_message()}", file=sys.stderr)
    except ZakazError as error:
        print(f"{name}: {error}", file=sys.stderr)
    except (click.Abort, KeyboardInterrupt):
        print(f"{name}: stopped", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has closed the pipe
    return 1


def leave(code: int) -> NoReturn:
    """Exit, even if a thread is still waiting for a source that does not answer."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
