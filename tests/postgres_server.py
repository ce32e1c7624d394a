"""A PostgreSQL server of its own in a temporary folder, for as long as it is needed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
USER = "postgres"  # it refuses to run as root


@contextmanager
def server() -> Iterator[str]:
    """A server on a socket in its folder; gives the address of an empty database."""
    with tempfile.TemporaryDirectory(prefix="zakaz-pg-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        _call("initdb", "-D", f"{folder}/data", "-U", USER, "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        _call("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://{USER}@/{USER}?host={folder}"
        finally:
            _call("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")


def _call(program: str, *arguments: str) -> None:
    user = USER if os.geteuid() == 0 else None
    # No pipe: the server that pg_ctl starts would keep it open.
    subprocess.run([str(PROGRAMS[0] / program), *arguments], user=user, cwd="/", stdout=subprocess.DEVNULL, check=True)
