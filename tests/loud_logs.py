"""Logs at their loudest, for tests that look for secrets in them."""

import logging

import pytest

PROGRAMS = ("apprise", "zakaz", "airflow", "urllib3", "requests", "httpx", "httpcore", "telegram", "asyncio")


def all_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write down what our code and the clients log from now on, also where an earlier test switched it off."""
    caplog.set_level(logging.DEBUG)
    for name in PROGRAMS:
        caplog.set_level(logging.DEBUG, logger=name)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name.partition(".")[0] in PROGRAMS:
            monkeypatch.setattr(logger, "disabled", False)
