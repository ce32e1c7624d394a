"""The VK Ads client: everything that was asked for, or one line that says why not."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox import ACCESS_TOKEN, ACCOUNT_ID, Sandbox
from zakaz.clients.http import JsonApi
from zakaz.clients.vk_ads import VkAdsClient, refused
from zakaz.clients.vk_tokens import ReadyToken
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable

LAST = last_complete_day() - timedelta(days=1)
DAYS = DayRange(LAST - timedelta(days=9), LAST)
ATTEMPTS = 3
OUTAGES = {
    "500": "HTTP 500",
    "503": "HTTP 503",
    "429": "rate limit",
    "timeout": "no answer within 0.15 s",
    "disconnect": "lost the connection",
    "cut_json": "no whole JSON",
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
    return VkAdsClient(api, ReadyToken(ACCESS_TOKEN), **limits)


def asked(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    return [call for call in sandbox.requests()["requests"] if path in call["path"]]


def outage(sandbox: Sandbox, kind: str, times: int | None = None) -> None:
    sandbox.fault("vk_ads", kind, times=times, seconds=0.5 if kind == "timeout" else None)


def test_the_lists_are_complete_whatever_the_status(sandbox: Sandbox) -> None:
    replies = list(client_of(sandbox.url, page_limit=7).lists())
    found = {
        resource: [item["id"] for reply in replies if reply.resource == resource for item in reply.items]
        for resource in ("ad_plans", "ad_groups", "banners")
    }
    ads = sandbox.ads()
    assert found["banners"] == sorted(ad["id"] for ad in ads)
    assert set(found["ad_groups"]) == {ad["group_id"] for ad in ads}
    assert set(found["ad_plans"]) == {ad["campaign_id"] for ad in ads}
    assert max(len(reply.items) for reply in replies) == 7
    statuses = {item["status"] for reply in replies if reply.resource == "banners" for item in reply.items}
    assert statuses == {ad["status"] for ad in ads} == {"active", "blocked", "deleted"}


def test_the_next_page_begins_after_what_was_received(scripted: Any) -> None:
    for number in range(3):
        scripted.says({"count": 3, "items": [{"id": number}]})
    scripted.says({"count": 0, "items": []})
    replies = list(client_of(scripted.url, page_limit=50).lists())
    assert [reply.request["offset"] for reply in replies if reply.resource == "ad_plans"] == [0, 1, 2]
    assert len(scripted.asked) == 5, "an empty account is one page a list"


def test_a_list_that_ends_too_early_is_an_error(scripted: Any) -> None:
    scripted.says({"count": 3, "items": [{"id": 1}]}).says({"count": 3, "items": []})
    with pytest.raises(SourceInconsistent, match="ad_plans: page at offset 1 is empty though count is 3"):
        list(client_of(scripted.url).lists())


def test_a_list_that_moves_while_it_is_read_is_an_error(scripted: Any) -> None:
    scripted.says({"count": 3, "items": [{"id": 1}, {"id": 2}]}).says({"count": 3, "items": [{"id": 2}]})
    with pytest.raises(SourceInconsistent, match="ad_plans: the page at offset 2 repeats an object"):
        list(client_of(scripted.url).lists())


def test_statistics_ask_for_each_ad_and_day_once(sandbox: Sandbox) -> None:
    ids = [ad["id"] for ad in sandbox.ads()]
    replies = list(client_of(sandbox.url, batch_ids=7, window_days=4).statistics(ids, DAYS))
    calls = [call["query"] for call in asked(sandbox, "statistics/banners/day")]
    batches = [[int(number) for number in call["id"].split(",")] for call in calls]
    windows = sorted({(call["date_from"], call["date_to"]) for call in calls})
    first = DAYS.first
    assert windows == [
        (str(first), str(first + timedelta(days=3))),
        (str(first + timedelta(days=4)), str(first + timedelta(days=7))),
        (str(first + timedelta(days=8)), str(DAYS.last)),
    ]
    assert max(map(len, batches)) == 7
    assert Counter(number for batch in batches for number in batch) == dict.fromkeys(ids, len(windows))
    assert [reply.request["id"] for reply in replies] == batches


def test_the_account_total_is_exact(sandbox: Sandbox) -> None:
    truth = [ad for day in DAYS for ad in sandbox.truth(day)]
    total = client_of(sandbox.url, window_days=3).account_total(ACCOUNT_ID, DAYS)
    assert total.spend == sum(Decimal(ad["spent"]) for ad in truth) > 100_000
    assert isinstance(total.spend, Decimal)
    assert total.impressions == sum(ad["impressions"] for ad in truth)
    assert total.clicks == sum(ad["clicks"] for ad in truth)


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


def test_one_unknown_ad_refuses_its_batch_and_is_named(sandbox: Sandbox) -> None:
    ids = [ad["id"] for ad in sandbox.ads()]
    with pytest.raises(SourceRefused, match="99") as caught:
        list(client_of(sandbox.url).statistics([*ids, 99], DAYS))
    assert caught.value.code == "ERR_WRONG_BANNERS"


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


@pytest.mark.parametrize("body", [{"items": [], "total": {}}, {"items": []}, {"items": [], "total": {"base": {}}}])
def test_a_total_without_figures_is_not_taken_for_nothing(scripted: Any, body: Any) -> None:
    scripted.says(body)
    with pytest.raises(SourceUnavailable, match="without"):
        client_of(scripted.url).account_total(ACCOUNT_ID, DAYS)


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
    sandbox.fault("vk_ads", "429", times=2, seconds=7)
    pauses: list[float] = []
    assert client_of(sandbox.url, pauses).account_id() == ACCOUNT_ID
    assert pauses == [7, 7]


def test_a_pause_that_is_too_long_ends_the_call(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "429", seconds=61)
    pauses: list[float] = []
    with pytest.raises(SourceUnavailable):
        client_of(sandbox.url, pauses).account_id()
    assert (len(asked(sandbox, "/api/")), pauses) == (1, [])


def test_a_ready_token_that_is_not_taken_any_more_says_what_to_do(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "expired_token")
    with pytest.raises(SourceRefused, match="put a new one into its extra `access_token`") as caught:
        client_of(sandbox.url).account_id()
    assert ACCESS_TOKEN not in str(caught.value)
    assert asked(sandbox, "oauth2") == []
