"""The entry of bin/zakaz: the project's environment first, then the command, then one clear line if it failed."""

import os
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from zakaz.environment import project_environment
from zakaz.errors import InvalidInput


def main() -> int:
    """Run a command of bin/zakaz; its exit code."""

    def app() -> Any:
        from zakaz.cli.app import app

        return app

    return run("zakaz", app)


def run(name: str, load: Callable[[], Any]) -> int:
    """Run a command line.

    :param name: what people call it.
    :param load: gives the click command, once the environment is there.
    :returns: 0; 1 if it failed or its arguments are wrong; a command may have further codes of its own.
    """
    try:
        os.environ.update(project_environment(os.environ))
    except InvalidInput as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    # Airflow looks for connections in its own database only where it is told that it may.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    # What Airflow says of itself is no answer to a command.
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
        sys.stderr.close()  # whoever read our output has seen enough
    return 1


def leave(code: int) -> NoReturn:
    """End the program, also if a thread still waits for a source that does not answer."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
