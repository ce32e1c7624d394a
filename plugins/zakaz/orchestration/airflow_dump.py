"""Airflow's own database, where it is PostgreSQL: nightly dumps, and their restore.

A password goes to the programs of PostgreSQL in the environment: their arguments are in the list of processes.
"""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from airflow.configuration import conf
from sqlalchemy.engine import make_url

from zakaz.errors import DumpFailed, InvalidInput
from zakaz.secrets import masked_line
from zakaz.settings import settings
from zakaz.warehouse.backup import NAME

UNFINISHED = ".part"


class Address(NamedTuple):
    """Airflow's database, for the programs of PostgreSQL; `secret` holds environment variables."""

    uri: str
    secret: dict[str, str]


def dump(instant: datetime) -> Path:
    """Dump the database into DUMP_DIR, read the whole dump once, and let all but the newest BACKUP_KEEP go.

    :param instant: an aware one, for its name.
    :raises InvalidInput: there is no folder for it, the database is no PostgreSQL, or a program is not installed.
    :raises DumpFailed: it could not be dumped, or what was written can't be read.
    """
    folder, address = _folder(), _address()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob(f"airflow-*{UNFINISHED}"):
        old.unlink()
    file = folder / f"airflow-{instant.astimezone(UTC):%Y%m%d-%H%M%S}.dump"
    unfinished = file.with_suffix(UNFINISHED)
    try:
        _call("pg_dump", "--format=custom", f"--file={unfinished}", f"--dbname={address.uri}", secret=address.secret)
        _call("pg_restore", "--file=/dev/null", str(unfinished))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    if keep := settings().backup_keep:
        for old in sorted(folder.glob("airflow-*.dump"))[:-keep]:
            old.unlink()
    return file


def restore_dump(name: str) -> None:
    """Restore a dump into Airflow's database, all of it or nothing.

    :param name: that of its file in DUMP_DIR, without `.dump`.
    :raises InvalidInput: there is no such dump, the database is no PostgreSQL, or a program is not installed.
    :raises DumpFailed: the dump is damaged, or the database is not empty.
    """
    file, address = _folder() / f"{name}.dump", _address()
    if not NAME.fullmatch(name) or not file.is_file():
        raise InvalidInput(f"there is no dump {name!r} in {_folder()}: name one of its files, without .dump")
    how = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _call("pg_restore", *how, f"--dbname={address.uri}", str(file), secret=address.secret)


def _folder() -> Path:
    if not (folder := settings().dump_dir):
        raise InvalidInput("DUMP_DIR is not set: it is the folder for dumps of Airflow's database")
    return Path(folder)


def _address() -> Address:
    url = make_url(conf.get_mandatory_value("database", "sql_alchemy_conn"))
    if url.get_backend_name() != "postgresql":
        raise InvalidInput(f"Airflow's database is {url.get_backend_name()}; only PostgreSQL is dumped, copy its file")
    password = url.password or url.query.get("password")
    bare = url.set(drivername="postgresql").difference_update_query(["password"])._replace(password=None)
    return Address(bare.render_as_string(hide_password=False), {"PGPASSWORD": str(password)} if password else {})


def _call(program: str, *arguments: str, secret: dict[str, str] | None = None) -> None:
    try:
        ended = subprocess.run(
            [program, *arguments],
            env={**os.environ, **(secret or {})},
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise InvalidInput(f"{program} is not installed; on Debian: apt-get install postgresql-client") from None
    if ended.returncode:
        lines = ended.stderr.splitlines() or ["it said nothing"]
        # The rest is the statement that failed.
        said = next((line for line in lines if "error:" in line.lower()), lines[-1])
        raise DumpFailed(f"{program} ended with {ended.returncode}: {masked_line(said)}")
