"""bin/zakaz in this process."""

import logging
import sys
from collections.abc import Callable, Iterator

import pytest

from zakaz.cli.__main__ import main

Zakaz = Callable[..., tuple[int, str, str]]


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
    yield run
    logging.disable(logging.NOTSET)
