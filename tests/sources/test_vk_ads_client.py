"""The VK Ads client: everything that was asked for, or one line that says why not."""

import contextlib
import json
import threading
import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox import ACCESS_TOKEN, ACCOUNT_ID, Sandbox
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable
from zakaz.sources.http import JsonApi
from zakaz.sources.parallel import in_order
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_tokens import ReadyToken

LAST = last_complete_day() - timedelta(days=1)
DAYS = DayRange(LAST - timedelta(days=9), LAST)
ATTEMPTS = 3
OUTAGES = {
    "500": "HTTP 500",
    "503": "HTTP 503",
    "429": "the rate limit is used up",
    "timeout": "no answer within 0.15 s",
    "disconnect": "lost the connection",
    "cut_json": "not complete JSON",
    "html": "text/html",
}


def client_of(url: str, pauses: list[float] | None = None, **limits: Any) -> VkAdsClient:
    """A client that writes its pauses down instead of waiting."""
    api = JsonApi(
        "VK Ads",
        url,
        refuse=refused,
        timeout_seconds=0.15,
        attempts=ATTEMPTS,
        pause_seconds=2,
        sleep=([] if pauses is None else pauses).append,
    )
    return VkAdsClient(api, ReadyToken(ACCESS_TOKEN, "access_token"), **limits)


def asked(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    return [call for call in sandbox.requests()["requests"] if path in call["path"]]


def outage(sandbox: Sandbox, kind: str, times: int | None = None) -> None:
    sandbox.fault("vk_ads", kind, times=times, seconds=0.5 if kind == "timeout" else None)


def test_the_lists_are_complete_whatever_the_status(sandbox: Sandbox) -> None:
    pages = list(client_of(sandbox.url, page_limit=7).lists())
    found = {
        resource: [number for reply, ids in pages if reply.resource == resource for number in ids]
        for resource in ("ad_plans", "ad_groups", "banners")
    }
    ads = sandbox.ads()
    assert found["banners"] == sorted(ad["id"] for ad in ads)
    assert set(found["ad_groups"]) == {ad["group_id"] for ad in ads}
    assert set(found["ad_plans"]) == {ad["campaign_id"] for ad in ads}
    assert max(len(ids) for _, ids in pages) == 7
    banners = [item for reply, _ in pages if reply.resource == "banners" for item in json.loads(reply.content)["items"]]
    assert {item["status"] for item in banners} == {ad["status"] for ad in ads} == {"active", "blocked", "deleted"}


def test_the_next_page_begins_after_what_was_received(scripted: Any) -> None:
    for number in range(3):
        scripted.says({"count": 3, "items": [{"id": number}]})
    scripted.says({"count": 0, "items": []})
    pages = list(client_of(scripted.url, page_limit=50, parallel_calls=1).lists())
    assert [reply.request["offset"] for reply, _ in pages if reply.resource == "ad_plans"] == [0, 1, 2]
    assert len(scripted.asked) == 5, "an empty account is one page a list"


def test_a_list_that_ends_too_early_is_an_error(scripted: Any) -> None:
    scripted.says({"count": 3, "items": [{"id": 1}]}).says({"count": 3, "items": []})
    with pytest.raises(SourceInconsistent, match="ad_plans: 1 objects came though count is 3: the list is cut"):
        list(client_of(scripted.url).lists())


def test_a_list_that_never_ends_is_an_error(scripted: Any) -> None:
    scripted.says({"count": 10**12, "items": [{"id": 1}]}).says({"count": 10**12, "items": []})
    with pytest.raises(SourceInconsistent, match="ad_plans: 1 objects came though count is 1000000000000"):
        list(client_of(scripted.url).lists())
    assert len(scripted.asked) < 20


def test_a_list_that_moves_while_it_is_read_is_an_error(scripted: Any) -> None:
    scripted.says({"count": 3, "items": [{"id": 1}, {"id": 2}]}).says({"count": 3, "items": [{"id": 2}]})
    with pytest.raises(SourceInconsistent, match="ad_plans: the page at offset 2 repeats an object"):
        list(client_of(scripted.url).lists())


def test_statistics_ask_for_each_ad_and_day_once_and_never_across_a_month(sandbox: Sandbox) -> None:
    ids = [ad["id"] for ad in sandbox.ads()]
    days = DayRange(date(2026, 10, 26), date(2026, 11, 4))
    replies = list(client_of(sandbox.url, batch_ids=7, window_days=4).statistics(ids, days))
    calls = [call["query"] for call in asked(sandbox, "statistics/banners/day")]
    assert sorted({(call["date_from"], call["date_to"]) for call in calls}) == [
        ("2026-10-26", "2026-10-29"),
        ("2026-10-30", "2026-10-31"),
        ("2026-11-01", "2026-11-04"),
    ]
    batches = [[int(number) for number in call["id"].split(",")] for call in calls]
    assert max(map(len, batches)) == 7
    assert Counter(number for batch in batches for number in batch) == dict.fromkeys(ids, 3)
    assert [str(reply.days) for reply in replies] == sorted(str(reply.days) for reply in replies)
    assert [number for reply in replies[: len(replies) // 3] for number in reply.request["id"]] == ids


def test_the_days_of_the_account_are_exact(sandbox: Sandbox) -> None:
    found = {
        day: figures
        for _, days in client_of(sandbox.url, window_days=3).account_days(ACCOUNT_ID, DAYS)
        for day, figures in days.items()
    }
    for day in DAYS:
        truth = sandbox.truth(day)
        assert found[day] == (
            sum(ad["impressions"] for ad in truth),
            sum(ad["clicks"] for ad in truth),
            sum(Decimal(ad["spent"]) for ad in truth),
        )
    assert all(isinstance(figures.spend, Decimal) for figures in found.values())


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        pytest.param(
            {
                "error": {
                    "code": "validation_failed",
                    "message": "Validation failed",
                    "fields": {"limit": {"code": "max_value", "message": "Must be at most 250"}},
                }
            },
            "validation_failed",
            "Must be at most 250",
            id="nested",
        ),
        pytest.param(
            {"code": "invalid_user", "message": "User is blocked"}, "invalid_user", "User is blocked", id="top-level"
        ),
        pytest.param(
            {"error": "access_denied", "error_description": "No such scope"},
            "access_denied",
            "No such scope",
            id="flat",
        ),
        pytest.param(b"<html>\n<h1>Blocked by\nour proxy</h1>\n</html>", "", "Blocked by our proxy", id="no-json"),
    ],
)
def test_a_refusal_is_told_in_one_line_in_each_of_its_shapes(scripted: Any, body: Any, code: str, said: str) -> None:
    scripted.says(body, 403)
    with pytest.raises(SourceRefused) as caught:
        client_of(scripted.url).account_id()
    assert caught.value.code == code
    assert f"GET {scripted.url}/api/v2/user.json: HTTP 403" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("kind", ["400", "403", "404"])
def test_a_refusal_is_not_repeated(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault("vk_ads", kind)
    pauses: list[float] = []
    with pytest.raises(SourceRefused, match=f"HTTP {kind} ERR_"):
        list(client_of(sandbox.url, pauses).lists())
    assert (len(asked(sandbox, "/api/")), pauses) == (1, [])


def test_an_ad_that_vk_refuses_is_found_and_all_others_are_told(sandbox: Sandbox) -> None:
    ids = [*(ad["id"] for ad in sandbox.ads()), 99]
    replies = list(client_of(sandbox.url).statistics(ids, DAYS))
    (refusal,) = [reply for reply in replies if reply.resource == "refused"]
    assert refusal.request["id"] == [99]
    assert b"ERR_WRONG_BANNERS" in refusal.content
    told = [item["id"] for reply in replies if reply is not refusal for item in json.loads(reply.content)["items"]]
    assert sorted(told) == sorted(ids)[1:]


def test_a_window_that_is_too_long_is_halved(scripted: Any) -> None:
    too_much = {"error": {"code": "ERR_LIMIT_EXCEEDED", "message": "Too many days"}}
    scripted.says(too_much, 400).says({"items": []}).says({"items": []})
    month = DayRange(date(2026, 11, 1), date(2026, 11, 5))
    replies = list(client_of(scripted.url).statistics([1], month))
    assert [str(reply.days) for reply in replies] == ["2026-11-01 to 2026-11-03", "2026-11-04 to 2026-11-05"]


def test_a_limit_that_no_halving_meets_is_an_error(scripted: Any) -> None:
    scripted.says({"error": {"code": "ERR_LIMIT_EXCEEDED", "message": "Too far back"}}, 400)
    with pytest.raises(SourceRefused, match="ERR_LIMIT_EXCEEDED"):
        list(client_of(scripted.url).statistics(range(1, 200), DayRange(date(2026, 11, 1), date(2026, 11, 30))))
    assert len(scripted.asked) < 20


def test_results_come_in_order_and_no_more_are_under_way_than_allowed() -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def call(number: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02 if number % 3 else 0.05)
        with lock:
            under_way -= 1
        return number

    taken: list[int] = []
    jobs = (taken.append(number) or number for number in range(30))
    results = in_order(call, jobs, 4, pytest.fail)
    assert next(results) == 0
    assert len(taken) <= 5, "jobs are taken as they are needed"
    assert list(results) == list(range(1, 30))
    assert most == 4


def test_an_error_ends_the_others(sandbox: Sandbox) -> None:
    def call(number: int) -> int:
        raise SourceRefused(f"job {number}")

    abandoned = threading.Event()
    with pytest.raises(SourceRefused, match="job 0"):
        list(in_order(call, range(1000), 4, abandoned.set))
    assert abandoned.is_set()


def test_who_is_not_waited_for_gives_up(sandbox: Sandbox) -> None:
    """A backfill goes on with the next day in the same process: nothing of a failed fetch may ask on beside it."""
    sandbox.fault("vk_ads", "500")
    api = JsonApi("VK Ads", sandbox.url, refuse=refused, pause_seconds=600)
    ended = threading.Event()

    def ask() -> None:
        with contextlib.suppress(SourceUnavailable):
            api.call("GET", "/api/v2/ad_plans.json")
        ended.set()

    threading.Thread(target=ask, daemon=True).start()
    api.abandon()
    assert ended.wait(20)


@pytest.mark.parametrize("kind", OUTAGES)
def test_an_outage_that_passes_heals(sandbox: Sandbox, kind: str) -> None:
    outage(sandbox, kind, times=ATTEMPTS - 1)
    pauses: list[float] = []
    assert client_of(sandbox.url, pauses).account_id() == ACCOUNT_ID
    assert pauses == [2, 4]


@pytest.mark.parametrize(("kind", "cause"), OUTAGES.items())
def test_an_outage_that_stays_is_one_line_with_address_and_cause(sandbox: Sandbox, kind: str, cause: str) -> None:
    outage(sandbox, kind)
    with pytest.raises(SourceUnavailable) as caught:
        client_of(sandbox.url).account_id()
    assert f"VK Ads: GET {sandbox.url}/api/v2/user.json: " in str(caught.value)
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(asked(sandbox, "user.json")) == ATTEMPTS


def test_a_reply_without_its_parts_heals_too(scripted: Any) -> None:
    scripted.says({}).says({"count": "?", "items": []}).says({"count": 0, "items": []})
    assert len(list(client_of(scripted.url).lists())) == 3
    assert len(scripted.asked) == 5


@pytest.mark.parametrize("body", [{}, [], {"id": None}])
def test_an_account_without_id_is_an_unusable_answer(scripted: Any, body: Any) -> None:
    scripted.says(body)
    with pytest.raises(SourceUnavailable, match="without"):
        client_of(scripted.url).account_id()


def test_an_exhausted_day_fails_at_once_and_says_when_it_reopens(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "429", window="86400")
    pauses: list[float] = []
    with pytest.raises(SourceUnavailable, match=r"rate limit .* until \d\d\.\d\d 00:00 MSK") as caught:
        client_of(sandbox.url, pauses).account_id()
    assert (len(asked(sandbox, "/api/")), pauses) == (1, [])
    assert 60 < (caught.value.retry_after or 0) <= 86_400


def test_the_pause_that_vk_asks_for_is_kept(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "429", times=1, seconds=3)
    pauses: list[float] = []
    assert client_of(sandbox.url, pauses).account_id() == ACCOUNT_ID
    assert pauses == [3]


def test_a_pause_that_is_too_long_ends_the_call(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "429", seconds=61)
    pauses: list[float] = []
    with pytest.raises(SourceUnavailable):
        client_of(sandbox.url, pauses).account_id()
    assert (len(asked(sandbox, "/api/")), pauses) == (1, [])


def test_a_ready_token_that_is_not_taken_any_more_says_what_to_do(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "expired_token")
    with pytest.raises(SourceRefused, match="put a new one there, or client id and secret") as caught:
        client_of(sandbox.url).account_id()
    assert ACCESS_TOKEN not in str(caught.value)
    assert asked(sandbox, "oauth2") == []
