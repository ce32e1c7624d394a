"""Having the embedded warehouse shared: a process keeps it open for all others of this machine.

The many tasks of a backfill use its engine, instead of loading chDB and opening the folder in each of them. So does
whoever else finds the folder taken meanwhile: the daily run, the status page, bin/zakaz. If that process can't be had,
everybody opens the folder for himself, as without it.
"""

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from zakaz.settings import PROJECT_DIR, state_dir
from zakaz.warehouse.shared_engine import socket_of

log = logging.getLogger(__name__)
# Of the address of a socket: 108 on Linux, 104 on macOS.
LONGEST_ADDRESS = 100
STOP_SECONDS = 10


@contextlib.contextmanager
def shared_meanwhile(folder: Path) -> Iterator[None]:
    """Have the folder shared from when it is free until the end of the block, or of this process.

    Those who still use it then are waited for.
    """
    process = _start(folder, "--parent", str(os.getpid()))
    try:
        yield
    finally:
        if process is not None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)


def share_while_used(folder: Path, unused_seconds: float) -> None:
    """Have the folder shared until nobody used it for so long; this process may end before."""
    _start(folder, "--unused", str(unused_seconds))


def _start(folder: Path, *until: str) -> "subprocess.Popen[bytes] | None":
    if len(os.fsencode(socket_of(folder))) > LONGEST_ADDRESS:
        log.info("%s: too long a path for a socket, each task opens the warehouse for itself", folder)
        return None
    modules = os.pathsep.join(filter(None, (str(PROJECT_DIR / "plugins"), os.environ.get("PYTHONPATH"))))
    try:
        state_dir().mkdir(parents=True, exist_ok=True)
        with (state_dir() / "sharing.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "zakaz.warehouse.sharing_process", str(folder), *until],
                env={**os.environ, "PYTHONPATH": modules},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C and Ctrl-Z are not for it: the tasks that are under way still record how they end.
                start_new_session=True,
            )
    except OSError as error:
        log.warning("the warehouse is not shared, each task opens it for itself: %s", error)
        return None
