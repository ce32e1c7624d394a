"""The server, started once, and a browser that is logged in."""

from collections.abc import Iterator

import pytest

from status_page.chromium import Browser, chromium, program
from status_page.served import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")).running() as server:
        yield server


@pytest.fixture
def browser(served: Served) -> Iterator[Browser]:
    """Chromium, logged in as a viewer."""
    if program() is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with chromium() as window:
        for cookie in served.login("viewer").cookies:
            window.cookie(served.url, cookie.name, cookie.value or "")
        yield window
