"""bin/zakaz and `bin/airflow dags backfill` in this process."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from zakaz.cli.__main__ import main, run
from zakaz.cli.dags_backfill import backfill

Zakaz = Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zakaz(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Zakaz]:
    """Run a command in this process: exit code, output, error output."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["zakaz", *arguments])
        capfd.readouterr()
        code = main()
        output = capfd.readouterr()
        return code, output.out, output.err

    monkeypatch.setattr("sandbox.telegram._show", lambda *_: None)  # what a sandbox in this process prints
    # In a process of its own a command sets Airflow's log level before Airflow is there.
    logging.disable(logging.WARNING)
    with only_errors():
        yield run
    logging.disable(logging.NOTSET)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """`bin/airflow dags backfill` in this process: exit code, output, error output."""
    monkeypatch.setenv("AIRFLOW__LOGGING__LOGGING_LEVEL", "INFO")
    monkeypatch.setattr("sandbox.telegram._show", lambda *_: None)  # what a sandbox in this process prints

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["backfill", *arguments])
        capfd.readouterr()
        with only_errors():
            code = run("airflow dags backfill", lambda: backfill)
        output = capfd.readouterr()
        return code, output.out, output.err

    return call


@contextmanager
def only_errors() -> Iterator[None]:
    """The same for Airflow, which logs by structlog; in place, since loggers that are there keep the list."""
    import structlog

    def drop(_: Any, level: str, event: Any) -> Any:
        if level in ("debug", "info", "warning"):
            raise structlog.DropEvent
        return event

    processors = structlog.get_config()["processors"]
    processors.insert(0, drop)
    yield
    processors.remove(drop)
