"""Another process has the embedded warehouse at the start, in the middle and at the end of a day, in a real process."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from faults.conftest import Judge
from faults.installation import Installation
from zakaz.days import last_complete_day as yesterday

THE_DAY = ("stage", "zakaz_etl", "--date")
JOBS = ("vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck")
HURRIED = {"WAREHOUSE_WAIT_SECONDS": "1"}
pytestmark = pytest.mark.timeout(300)


def kept(installation: Installation) -> list[tuple[str, str, str]]:
    """What lies in the outbox, in its order: table, job, status or delivery."""
    files = (file for file in (installation.home / "zakaz" / "spool").rglob("*") if file.is_file())
    rows = [json.loads(file.read_text()) for file in sorted(files)]
    return [(row["table"], row["row"]["job"], row["row"].get("status") or row["row"]["delivery"]) for row in rows]


def ends(installation: Installation) -> dict[str, str]:
    return {job: status for job in JOBS for status, *_ in installation.runs(job)}


def failure(job: str) -> list[tuple[str, str, str]]:
    """What a stage leaves on disk that never reached the warehouse, nor did its second try."""
    attempt = [("meta.etl_runs", job, status) for status in ("running", "error")]
    return [*attempt, *attempt, *(("meta.etl_alerts", job, delivery) for delivery in ("pending", "sent"))]


def told(installation: Installation) -> list[str]:
    """Whose failures people heard of."""
    return [head.partition(":")[0].removeprefix("🔴 ") for head in installation.heads("ошибка")]


def test_from_the_start(installation: Installation, judge: Judge) -> None:
    with installation.holding():
        assert installation.call("zakaz", *THE_DAY, "2026-11-10", **HURRIED) == 1
        assert told(installation) == ["Загрузка VK Рекламы", "Загрузка продаж QTickets"]
        assert kept(installation) == [*failure("vk_fetch"), *failure("qtickets_fetch")]
    for _ in range(2):
        installation.watchdog()
    assert kept(installation) == []
    tries = [(status, "is in use by" in said, number) for status, said, number in installation.runs()]
    assert tries == [("error", True, 1), ("error", True, 2)]
    assert ends(installation) == {"vk_fetch": "error", "qtickets_fetch": "error"}
    both = [(job, "RUN_FAILED", "sent") for job in ("qtickets_fetch", "vk_fetch")]
    assert sorted(installation.alerts()[:2]) == both
    assert len(told(installation)) == 2
    judge(installation)


def test_in_the_middle(installation: Installation, judge: Judge) -> None:
    """It is free again before the run ends: whoever writes next writes what was kept."""
    installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", times=1, seconds=3)
    with installation.running("zakaz", *THE_DAY, "2026-11-11", **HURRIED) as run:
        installation.until(lambda: installation.is_asking("statistics/banners"), 60, "the middle of vk_fetch")
        with installation.holding():
            installation.until(lambda: len(kept(installation)) >= 2, 60, "an end that is kept")
            assert kept(installation)[0] == ("meta.etl_runs", "vk_fetch", "error"), "its start is in the table"
            installation.until(installation.heads, 60, "a message")
        assert run.wait(timeout=60) == 1
    for _ in range(2):
        installation.watchdog()
    assert kept(installation) == []
    assert ends(installation) == {"vk_fetch": "error", "qtickets_fetch": "ok"}
    assert installation.alerts()[0] == ("vk_fetch", "RUN_FAILED", "sent")
    assert told(installation) == ["Загрузка VK Рекламы"]
    judge(installation)


class Watchman(HTTPServer):
    """Who is pinged at the end of a good day, and takes the warehouse at that moment."""

    def __init__(self, installation: Installation, held: ExitStack) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.take = lambda: held.enter_context(installation.holding())


class _Handler(BaseHTTPRequestHandler):
    server: Watchman

    def do_GET(self) -> None:
        self.server.take()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """It says nothing."""


@pytest.fixture
def held(installation: Installation) -> Iterator[tuple[ExitStack, str]]:
    """What holds the warehouse once the address beside it is asked for."""
    with ExitStack() as stack, Watchman(installation, stack) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield stack, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_at_the_end(installation: Installation, held: tuple[ExitStack, str], judge: Judge) -> None:
    """A good run stays good, and the row of its end follows."""
    stack, url = held
    assert installation.call("zakaz", *THE_DAY, str(yesterday()), PING_URL=url, **HURRIED) == 0
    assert kept(installation) == [("meta.etl_runs", "healthcheck", "ok")]
    stack.close()
    assert ends(installation) == {**dict.fromkeys(JOBS, "ok"), "healthcheck": "running"}
    for _ in range(2):
        installation.watchdog()
    assert kept(installation) == []
    assert ends(installation) == dict.fromkeys(JOBS, "ok")
    assert told(installation) == []
    judge(installation)


def test_for_less_than_the_wait(installation: Installation, judge: Judge) -> None:
    """At the start and in the middle: it is waited for, and nobody hears of it."""
    running = installation.home / "zakaz" / "running"
    installation.sandbox.fault("vk_ads", "timeout", path="statistics/banners", times=1, seconds=2)
    with ExitStack() as stack:
        first = stack.enter_context(ExitStack())
        first.enter_context(installation.holding())
        run = stack.enter_context(installation.running("zakaz", *THE_DAY, "2026-11-12"))
        installation.until(lambda: list(running.glob("*.lock")), 60, "the start of vk_fetch")
        time.sleep(1)
        assert kept(installation) == [], "the first row waits"
        first.close()
        installation.until(lambda: installation.is_asking("statistics/banners"), 60, "the middle of vk_fetch")
        with installation.holding():
            installation.until(lambda: _answered_late(installation), 30, "an answer that has to wait")
            time.sleep(1)
            assert run.poll() is None
        assert run.wait(timeout=60) == 0
    assert kept(installation) == []
    assert ends(installation) == dict.fromkeys(JOBS, "ok")
    assert installation.heads() == []
    judge(installation)


def _answered_late(installation: Installation) -> bool:
    """Whether the call that hung was made again, so that its reply is to be landed."""
    asked = [call for call in installation.sandbox.requests()["requests"] if "statistics/banners" in call["path"]]
    return [call["status"] for call in asked].count(504) == 1 and asked[-1]["status"] == 200
