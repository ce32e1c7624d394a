"""A PostgreSQL server of its own in a temporary folder, for as long as it is needed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"


def binaries() -> Path:
    """The folder of `initdb` and `pg_ctl`.

    :raises SystemExit: there is none; the message says what to install.
    """
    places = [Path(found).parent for name in ("pg_ctl", "initdb") if (found := shutil.which(name))]
    if shutil.which("pg_config"):
        told = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)  # noqa: S607
        places.append(Path(told.stdout.strip()))
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    raise SystemExit(
        "bench: no PostgreSQL server here: initdb and pg_ctl are neither on PATH, nor where pg_config says, nor in "
        "/usr/lib/postgresql/*/bin. On Debian: apt-get install postgresql"
    )


def require() -> None:
    """Look whether a server can be started here.

    :raises SystemExit: something that it needs is missing.
    """
    binaries()
    _user()
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        raise SystemExit(
            "bench: Airflow can't talk to PostgreSQL: install psycopg2-binary into this environment"
        ) from None


@contextmanager
def server() -> Iterator[str]:
    """A server on a socket in its folder; gives the SQLAlchemy address of an empty database.

    :raises SystemExit: something that it needs is missing.
    """
    require()
    place, user = binaries(), _user()
    with tempfile.TemporaryDirectory(prefix="bench-pg-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        _call(user, str(place / "initdb"), "-D", f"{folder}/data", "-U", USER, "-A", "trust", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
        start = ["-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start"]
        _call(user, str(place / "pg_ctl"), *start)
        try:
            yield f"postgresql+psycopg2://{USER}@/{USER}?host={folder}"
        finally:
            _call(user, str(place / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")


def version() -> str:
    """What its programs call themselves."""
    told = subprocess.run([str(binaries() / "initdb"), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().removeprefix("initdb ").replace("(PostgreSQL)", "PostgreSQL", 1)


def _user() -> str | None:
    """Whose server it is: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER).pw_name
    except KeyError:
        raise SystemExit(f"bench: PostgreSQL refuses to run as root, and there is no user {USER}: make one") from None


def _call(user: str | None, *command: str) -> None:
    # Not its pipe: the server that pg_ctl starts would keep it open.
    with tempfile.TemporaryFile("w+") as output:
        if subprocess.call(command, user=user, cwd="/", stdout=output, stderr=output):
            output.seek(0)
            raise SystemExit(f"bench: {' '.join(command)} failed: {output.read().strip()}")
