"""The rate limits: what the API's headers allow is sent, and no more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from zakaz.days import MOSCOW
from zakaz.errors import SourceUnavailable
from zakaz.sources.vk_rate_limits import RateBudget, until_open

PATH = "/api/v2/banners.json"
NOON = datetime(2026, 11, 24, 12, 40, 30, tzinfo=MOSCOW)


def ask(budget: RateBudget, path: str = PATH, **headers: str) -> None:
    with budget.call(path) as heard:
        heard({name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("window", "seconds"), [("1", 1), ("3600", 19 * 60 + 30), ("86400", 11 * 3600 + 19 * 60 + 30)], ids=str
)
def test_a_window_opens_with_the_calendar_in_moscow(window: str, seconds: float) -> None:
    assert until_open(window, NOON) == seconds


def test_no_more_calls_a_second_than_allowed() -> None:
    budget, sent = RateBudget(), []

    def call(_: int) -> None:
        with budget.call(PATH) as heard:
            sent.append(int(budget._now()))
            heard({"X-RateLimit-RPS-Limit": "5"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(12)))
    assert max(sent.count(second) for second in set(sent)) <= 5


def test_until_the_limits_are_known_one_call_finds_them_out() -> None:
    budget, under_way = RateBudget(), []
    with budget.call(PATH) as heard, ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(lambda: (ask(budget), under_way.append(1))) for _ in range(3)]
        with pytest.raises(TimeoutError):
            waiting[0].result(timeout=0.1)
        assert under_way == []
        heard({})
        for call in waiting:
            call.result(timeout=5)
    assert len(under_way) == 3


def test_a_call_without_an_answer_lets_the_next_one_through() -> None:
    budget = RateBudget()
    with pytest.raises(ConnectionError), budget.call(PATH):
        raise ConnectionError
    ask(budget)


@pytest.mark.parametrize(
    ("header", "opens"),
    [("X_RateLimit_Hourly_Remaining", "24.11 13:00"), ("X_RateLimit_Daily_Remaining", "25.11 00:00")],
)
def test_a_used_up_window_ends_the_calls_and_says_when_it_opens(header: str, opens: str) -> None:
    now = NOON.timestamp()
    budget = RateBudget(now=lambda: now)
    ask(budget, **{header: "0"})
    with pytest.raises(SourceUnavailable, match=rf"used up until {opens} MSK"):
        ask(budget)
    ask(budget, "/another/method")
    now = NOON.timestamp() + 86_400
    ask(budget)


def test_a_pause_that_the_api_asks_for_holds_everybody() -> None:
    now = NOON.timestamp()
    budget = RateBudget(now=lambda: now)
    budget.closed(PATH, 61)
    with pytest.raises(SourceUnavailable) as caught:
        ask(budget)
    assert caught.value.retry_after == pytest.approx(61)
