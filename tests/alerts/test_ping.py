"""PING_URL: asked after each good day, and no day turns red by it."""

import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Any

import pytest

from loud_logs import all_told
from made_rows import build_sales, build_vk, stage_sales, stage_vk
from made_runs import attempt
from zakaz.alerts import ping as module
from zakaz.alerts.ping import ping
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.errors import HealthCheckFailed, SourceIncomplete
from zakaz.pipeline.checks import healthcheck
from zakaz.registry.runs import RunFigures
from zakaz.settings import settings
from zakaz.warehouse.hook import WarehouseHook

SECRET = "0b1c7c1e-ping-key"


class Watchman(ThreadingHTTPServer):
    """A service that waits for pings."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.status = 200
        self.pause = 0.0


class _Handler(BaseHTTPRequestHandler):
    server: Watchman

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        sleep(self.server.pause)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """It says nothing."""


@pytest.fixture
def ping_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets PING_URL."""

    def put(url: str) -> None:
        monkeypatch.setenv("PING_URL", url)
        settings.cache_clear()

    yield put
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def watchman(ping_url: Callable[[str], None]) -> Iterator[Watchman]:
    with Watchman() as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        ping_url(f"http://127.0.0.1:{server.server_port}/{SECRET}")
        yield server
        server.shutdown()


def check(warehouse: WarehouseHook, day: date, spend: str, *lacking: str) -> None:
    stage_vk(warehouse, {"stat_date": day, "spend": Decimal(spend)})
    stage_sales(warehouse, {"report_date": day})
    days = DayRange(day, day)
    build_vk(warehouse, days)
    build_sales(warehouse, days)
    healthcheck(warehouse, days, attempt("healthcheck", day), RunFigures(lacking=list(lacking)))


def test_a_good_day_is_told_and_a_red_one_is_not(warehouse: WarehouseHook, watchman: Watchman) -> None:
    with pytest.raises(HealthCheckFailed):
        check(warehouse, yesterday(), "-1")
    assert watchman.asked == []
    check(warehouse, yesterday(), "100")
    assert watchman.asked == [f"/{SECRET}"]
    check(warehouse, yesterday() - timedelta(days=1), "100")
    assert len(watchman.asked) == 1, "an old day done again says nothing of this morning"


def test_a_day_that_lacks_something_is_red_and_not_told(warehouse: WarehouseHook, watchman: Watchman) -> None:
    with pytest.raises(SourceIncomplete, match=r"^ad 7 is refused\. order 501 can't be read$"):
        check(warehouse, yesterday(), "100", "ad 7 is refused", "order 501 can't be read")
    with pytest.raises(HealthCheckFailed, match=r"^ad 7 is refused; .* ANOMALY "):
        check(warehouse, yesterday(), "-1", "ad 7 is refused")
    assert watchman.asked == []


def test_without_a_url_nobody_is_asked(ping_url: Callable[[str], None], caplog: pytest.LogCaptureFixture) -> None:
    ping_url("")
    ping()
    assert "ping" not in caplog.text


@pytest.mark.parametrize("fault", ["refuses", "is slow", "is away", "has no name", "is behind a broken proxy"])
def test_a_watchman_that_fails_is_one_line_without_the_url(
    metadata: None,
    watchman: Watchman,
    ping_url: Callable[[str], None],
    unused_port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str,
) -> None:
    all_told(caplog, monkeypatch)
    caplog.set_level(logging.INFO, logger="urllib3")  # at DEBUG it writes each path, and so for every other client
    if fault == "refuses":
        watchman.status = 500
    elif fault == "is slow":
        monkeypatch.setattr(module, "PING_SECONDS", 0.1)
        watchman.pause = 0.5
    elif fault == "is behind a broken proxy":
        monkeypatch.setenv("HTTP_PROXY", f"http://user:pa#{SECRET}@proxy:3128")
        ping_url(f"http://nowhere.invalid/{SECRET}")
    else:
        host = f"127.0.0.1:{unused_port}" if fault == "is away" else "nowhere.invalid"
        ping_url(f"http://{host}/{SECRET}")
    ping()
    assert caplog.text.count("the ping did not arrive") == 1
    assert SECRET not in caplog.text
