"""bin/zakaz up and down: Airflow with its UI, on localhost only."""

import contextlib
import os
import sys
import time
from collections.abc import Collection
from itertools import chain
from pathlib import Path

import click
import psutil
import requests

from zakaz.cli import airflow, background, sandbox
from zakaz.cli.schema import bring_up_to_date
from zakaz.cli.shell import warn_of_foreign_settings
from zakaz.errors import InvalidInput, TransientError
from zakaz.orchestration import metadata
from zakaz.settings import state_dir

NAMES = list(chain.from_iterable(airflow.PROGRAMS))
START_SECONDS = 180


@click.command()
def up() -> None:
    """Start Airflow (web UI, scheduler and DAG processor) in the background, on 127.0.0.1."""
    running = _running()
    if not running:
        if _healthy():
            raise InvalidInput(
                f"{_url()} answers already, and it is not ours: stop it, or set another {airflow.PORT} in .env"
            )
        warn_of_foreign_settings()
        metadata.prepare()
        bring_up_to_date()
    if found := sandbox.use():
        print(f"sandbox: {found.url}")
    if not running:
        for programs in airflow.PROGRAMS:
            for name, arguments in programs.items():
                _start(name, arguments)
            _wait_until_healthy(programs)
    _wait_until_healthy(NAMES)
    print(f"Airflow: {_url()} (user admin, password in {airflow.password_file()})")
    print(f"status page: {_url()}/zakaz/status")
    print(f"logs: {_file('*', 'log')}; stop it with: make down")


@click.command()
def down() -> None:
    """Stop what `up` started."""
    running = _running()
    background.stop(running)
    print("Airflow: stopped" if running else "Airflow: was not running")


def _start(name: str, arguments: list[str]) -> None:
    command = [str(Path(sys.executable).with_name("airflow")), *arguments]
    environment = {**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO"}
    process = background.start(command, _file(name, "log"), environment)
    _file(name, "pid").write_text(str(process.pid), encoding="utf-8")


def _running() -> list[psutil.Process]:
    found = []
    for name in NAMES:
        with contextlib.suppress(OSError, ValueError):
            found.append(background.find(int(_file(name, "pid").read_text(encoding="utf-8")), name))
    return [process for process in found if process]


def _wait_until_healthy(started: Collection[str]) -> None:
    """Wait for the server, while all started programs are alive."""
    deadline = time.monotonic() + START_SECONDS
    while not _healthy():
        if len(_running()) < len(started):
            raise TransientError(f"Airflow ended while it started; its logs: {_file('*', 'log')}")
        if time.monotonic() > deadline:
            raise TransientError(f"no answer from {_url()} after {START_SECONDS} s; the logs: {_file('*', 'log')}")
        time.sleep(1)


def _healthy() -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{_url()}{airflow.HEALTH}", timeout=3).ok
    return False


def _url() -> str:
    return f"http://127.0.0.1:{os.environ.get(airflow.PORT, '8080')}"


def _file(name: str, kind: str) -> Path:
    return state_dir() / f"{name}.{kind}"
