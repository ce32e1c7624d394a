"""Airflow's metadata database: the project creates its own, and never writes to anyone else's.

A database is the project's if it is where the project would create it, or if it has the project's pools, since
importing those is the user's consent.
"""

import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

from filelock import FileLock

from zakaz import airflow_internals
from zakaz.errors import InvalidInput, TransientError
from zakaz.settings import PROJECT_DIR, state_dir

POOLS = PROJECT_DIR / "infra" / "airflow" / "pools.json"
ADDRESS = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
TO_USE_IT = f"bin/airflow db migrate && bin/airflow pools import {POOLS.relative_to(PROJECT_DIR)}"


def prepare() -> None:
    """Ensure that Airflow's metadata database is ready. Takes milliseconds if it already is.

    The project's own SQLite database is created or migrated, with the pools. Any other must be ready: services have
    their own init step.

    :raises InvalidInput: it is not ours, or outdated; nothing was written, and the message says what to do.
    :raises TransientError: Airflow could not create it, or it can't be reached.
    """
    note = _read_note()
    if _is_ready(note):
        return
    address = _address()
    file = _sqlite_file(address)
    made = file if file and _is_ours(file, note) else None
    if made:
        # First, so that an unfinished database is known to be ours.
        _write_note(file, made, "")
        with FileLock(_note().with_suffix(".lock")):
            _create_or_migrate(made)
    else:
        _require_prepared(address, file)
    _write_note(file, made, _fingerprint())


def require_ours() -> None:
    """Reject a database that is not the project's, before anything is written.

    :raises InvalidInput: it is not ours, or outdated; the message says what to do.
    :raises TransientError: it can't be reached.
    """
    note = _read_note()
    if not _is_ready(note):
        file = _sqlite_file(address := _address())
        if not (file and _is_ours(file, note)):
            _require_prepared(address, file)


def _is_ready(note: Mapping[str, str]) -> bool:
    return note.get("ready") == _fingerprint() and (not note["file"] or Path(note["file"]).exists())


def _fingerprint() -> str:
    """A digest of everything that determines which database it is and what it must contain."""
    named = [f"{name}={value}" for name, value in sorted(os.environ.items()) if "SQL_ALCHEMY_CONN" in name]
    file = _configuration()
    configured = "\n".join([str(_home()), str(file), *named]).encode("utf-8", "surrogateescape")
    digest = crc32(configured + POOLS.read_bytes() + (file.read_bytes() if file.is_file() else b""))
    return f"{version('apache-airflow-core')} {digest:08x}"


def _configuration() -> Path:
    return Path(os.environ.get("AIRFLOW_CONFIG") or _home() / "airflow.cfg")


def _home() -> Path:
    return Path(os.environ["AIRFLOW_HOME"])


def _address() -> str:
    """The SQLAlchemy URL. Airflow's own configuration is a last resort: loading it writes a missing airflow.cfg."""
    if plain := os.environ.get(ADDRESS):
        return plain
    if _configuration().exists() or any("SQL_ALCHEMY_CONN" in name for name in os.environ):
        from airflow.configuration import conf

        return str(conf.get_mandatory_value("database", "sql_alchemy_conn"))
    return f"sqlite:///{_home() / 'airflow.db'}"


def _sqlite_file(address: str) -> Path | None:
    return Path(address.split(":///", 1)[1]) if address.startswith("sqlite:///") else None


def _is_ours(file: Path, note: Mapping[str, str]) -> bool:
    if file == PROJECT_DIR / ".airflow" / "airflow.db" or str(file) == note.get("made"):
        return True
    # A new home, which no Airflow has used yet.
    return file.parent == _home() and not file.exists() and not _configuration().exists()


def _require_prepared(address: str, file: Path | None) -> None:
    from sqlalchemy import create_engine, inspect, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    source = next((name for name in (ADDRESS, "AIRFLOW_CONFIG") if os.environ.get(name)), "AIRFLOW_HOME")
    try:
        where = str(file or make_url(address).render_as_string(hide_password=True))
    except ArgumentError:
        raise InvalidInput(f"{source}: its database address can't be read: it must be an SQLAlchemy URL") from None
    has_pools = False
    try:
        # SQLite would create a missing file.
        if file is None or file.exists():
            engine = create_engine(address)
            with engine.connect() as connection:
                if inspect(connection).has_table("slot_pool"):
                    there = set(connection.execute(text("SELECT pool FROM slot_pool")).scalars())
                    has_pools = there >= set(json.loads(POOLS.read_bytes()))
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        cause = str(error).splitlines()[0]
        raise TransientError(f"Airflow's database {where} (from {source}) can't be reached: {cause}") from None
    if not has_pools:
        raise InvalidInput(
            f"{source} leads to {where}, which this project did not make: nothing is written there. "
            f"For a database of its own: env -u {source} …; to give it that one: {TO_USE_IT}"
        )
    try:
        airflow_internals.check_migrations(0)
    except TimeoutError:
        raise InvalidInput(f"Airflow's database {where} is of another version: bin/airflow db migrate") from None


def _create_or_migrate(file: Path) -> None:
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        airflow_internals.upgradedb()
        for name, pool in json.loads(POOLS.read_bytes()).items():
            airflow_internals.Pool.create_or_update_pool(name, **pool)
    except (SQLAlchemyError, CommandError, OSError, SystemExit) as error:
        cause = str(error).splitlines()[0]
        raise TransientError(
            f"Airflow can't create or migrate its database {file}: {cause}. Start over without it (the history of the "
            f"days is in the warehouse): mv '{file}' '{file}.old'"
        ) from error


def _note() -> Path:
    return state_dir() / "metadata.json"


def _read_note() -> dict[str, str]:
    try:
        note = json.loads(_note().read_text(encoding="utf-8"))
        return note if isinstance(note, dict) else {}
    except (OSError, ValueError):
        return {}


def _write_note(file: Path | None, made: Path | None, ready: str) -> None:
    """Record the file in use, the file that we created, and the fingerprint it is ready for; in a private folder."""
    text = json.dumps({"file": str(file or ""), "made": str(made or ""), "ready": ready})
    try:
        _home().mkdir(mode=0o700, parents=True, exist_ok=True)
        state_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
        _note().write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"AIRFLOW_HOME={str(_home())!r} can't be used: {error.strerror}: {error.filename}") from None
