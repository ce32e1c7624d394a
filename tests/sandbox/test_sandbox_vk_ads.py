"""The VK Ads stand-in: tokens, lists, statistics and their refusals."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sandbox_client import TODAY, Client

from sandbox import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, Sandbox

DAY = date(2026, 11, 20)
CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def ids_of(client: Client) -> str:
    return ",".join(str(ad["id"]) for ad in client.sandbox.ads())


def test_tokens_are_limited_refreshed_and_freed(client: Client) -> None:
    granted = [client.oauth(grant_type="client_credentials", **CREDENTIALS) for _ in range(6)]
    assert [reply.status_code for reply in granted] == [200] * 5 + [403]
    assert granted[5].json()["error"] == "token_limit_exceeded"
    first = granted[0].json()
    assert first["expires_in"] == "86400"
    renewed = client.oauth(grant_type="refresh_token", refresh_token=first["refresh_token"], **CREDENTIALS).json()
    assert renewed["refresh_token"] == first["refresh_token"]
    client.token = renewed["access_token"]
    assert client.vk("user").json()["id"] == ACCOUNT_ID
    client.token = first["access_token"]
    assert client.vk("user").status_code == 401
    assert client.oauth("token/delete", **CREDENTIALS).status_code == 204
    assert client.oauth(grant_type="client_credentials", **CREDENTIALS).status_code == 200
    wrong = client.oauth(grant_type="client_credentials", client_id=CLIENT_ID, client_secret="other")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_client")


def test_an_unknown_token_is_refused_at_the_top_level(client: Client) -> None:
    client.token = "unknown"
    reply = client.vk("banners")
    assert reply.status_code == 401
    assert reply.json() == {"code": "invalid_token", "message": "Unknown access token"}
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]
    assert reply.headers["X-RateLimit-RPS-Limit"]


def test_paging_reaches_every_ad_once(tmp_path: Path) -> None:
    with Sandbox(seed=1, state_dir=tmp_path, ads=700) as sandbox:
        client = Client(sandbox)
        seen: list[int] = []
        while True:
            page = client.vk("banners", fields="id,name,urls", limit=250, offset=len(seen), sorting="-id").json()
            if not page["items"]:
                break
            assert (page["count"], page["offset"]) == (700, len(seen))
            seen += [item["id"] for item in page["items"]]
        assert seen == sorted({ad["id"] for ad in sandbox.ads()}, reverse=True)


def test_lists_give_few_fields_unless_asked_and_filter(client: Client) -> None:
    assert len(client.vk("banners").json()["items"]) == 20
    assert set(client.vk("ad_groups").json()["items"][0]) == {"id", "name", "ad_plan_id", "package_id"}
    every = client.vk("banners", fields="id,status,urls", limit=50).json()["items"]
    assert {item["status"] for item in every} == {"active", "blocked", "deleted"}
    # Some ads have their link in another slot, some have none, some lack the field.
    assert {tuple(item.get("urls", "none")) for item in every} >= {("primary",), ("vk_clip",), (), tuple("none")}
    gone = client.vk("banners", _status__in="deleted,blocked", fields="id").json()
    assert gone["count"] == sum(item["status"] != "active" for item in every) > 0
    two = f"{every[3]['id']},{every[1]['id']}"
    assert [item["id"] for item in client.vk("banners", _id__in=two).json()["items"]] == [
        every[1]["id"],
        every[3]["id"],
    ]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"limit": 251}, "limit", "max_value"),
        ({"limit": 0}, "limit", "min_value"),
        ({"offset": "x"}, "offset", "bad_value"),
        ({"fields": "id,ad_plan_id"}, "fields", "unallowed_value"),
        ({"_status": "paused"}, "_status", "bad_value"),
        ({"updated_since": "2026-11-01"}, "updated_since", "unallowed_field"),
    ],
)
def test_a_bad_list_parameter_is_named(client: Client, query: dict[str, object], field: str, code: str) -> None:
    reply = client.vk("banners", **query)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "validation_failed"
    assert reply.json()["error"]["fields"][field]["code"] == code


def test_sums_agree_exactly_on_every_level_and_with_the_truth(client: Client) -> None:
    first, last = DAY - timedelta(days=29), DAY
    truth = Counter[str]()
    for number in range(30):
        for ad in client.sandbox.truth(first + timedelta(days=number)):
            truth.update(shows=ad["impressions"], clicks=ad["clicks"], goals=ad["goals"], kopecks=kopecks(ad["spent"]))
    plans = ",".join(str(ad) for ad in {ad["campaign_id"] for ad in client.sandbox.ads()})
    groups = ",".join(str(ad) for ad in {ad["group_id"] for ad in client.sandbox.ads()})
    wanted = {"banners": ids_of(client), "ad_groups": groups, "ad_plans": plans, "users": ACCOUNT_ID}
    for resource, ids in wanted.items():
        reply = client.day(resource, ids, first, last).json()
        assert counted([reply["total"]]) == truth
        assert counted([item["total"] for item in reply["items"]]) == truth
        assert counted([row for item in reply["items"] for row in item["rows"]]) == truth
    base = client.day("users", ACCOUNT_ID, DAY).json()["total"]["base"]
    assert [type(base[name]) for name in ("shows", "clicks", "goals", "spent", "cpc", "ctr")] == [
        int,
        int,
        int,
        str,
        str,
        float,
    ]
    assert 40_000 < Decimal(base["spent"]) < 90_000


def kopecks(text: str) -> int:
    amount = Decimal(text) * 100
    assert amount == int(amount)
    return int(amount)


def counted(blocks: list[dict[str, Any]]) -> Counter[str]:
    total = Counter[str]()
    for block in blocks:
        base = block["base"]
        total.update(shows=base["shows"], clicks=base["clicks"], goals=base["goals"], kopecks=kopecks(base["spent"]))
    return total


def test_missing_data_takes_all_its_shapes(tmp_path: Path) -> None:
    with Sandbox(seed=1, state_dir=tmp_path, ads=200, today=lambda: TODAY) as sandbox:
        client = Client(sandbox)
        items = client.day("banners", ids_of(client), DAY).json()["items"]
        assert len(items) < 200
        assert any(not item["rows"] for item in items)
        assert any(row["base"]["shows"] == 0 for item in items for row in item["rows"])
        future = client.day("banners", ids_of(client), TODAY, TODAY + timedelta(days=30)).json()
        assert {row["date"] for item in future["items"] for row in item["rows"]} == {TODAY.isoformat()}


@pytest.mark.parametrize(
    ("resource", "change", "status", "code"),
    [
        ("banners", {"id": "56000001,1"}, 400, "ERR_WRONG_BANNERS"),
        ("ad_groups", {"id": "1"}, 400, "ERR_WRONG_ADGROUPS"),
        ("ad_plans", {"id": "1"}, 400, "ERR_WRONG_ADPLANS"),
        ("users", {"id": "1"}, 400, "ERR_WRONG_USERS"),
        ("banners", {"id": ""}, 400, "ERR_WRONG_PARAMETER"),
        ("banners", {"id": ",".join(map(str, range(201)))}, 400, "ERR_LIMIT_EXCEEDED"),
        ("banners", {"date_from": "2025-11-21"}, 400, "ERR_LIMIT_EXCEEDED"),
        ("banners", {"date_from": "2025-11-21", "date_to": "2026-11-22"}, 400, "ERR_WRONG_DATE"),
        ("banners", {"date_from": "20261120"}, 400, "ERR_WRONG_DATE"),
        ("banners", {"date_from": "2026-11-21"}, 400, "ERR_WRONG_DATE"),
        ("banners", {"metrics": "spend"}, 400, "ERR_WRONG_PARAMETER"),
        ("packages", {}, 404, "ERR_WRONG_RESOURCE"),
    ],
)
def test_statistics_refusals(client: Client, resource: str, change: dict[str, str], status: int, code: str) -> None:
    query = {"id": "56000001", "date_from": "2026-11-20", "date_to": "2026-11-20", **change}
    reply = client.vk(f"statistics/{resource}/day", **query)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_figures_belong_to_seed_ad_and_day_only(tmp_path: Path) -> None:
    def told(seed: int, today: date) -> list[dict[str, Any]]:
        return Sandbox(seed=seed, state_dir=tmp_path, today=lambda: today).truth(DAY)

    assert told(1, TODAY) == told(1, TODAY + timedelta(days=400))
    assert told(1, TODAY) != told(2, TODAY)
    assert sum(Decimal(ad["spent"]) for ad in told(1, DAY - timedelta(days=1))) == 0
    # Pinned: a change here changes every expectation that was written from these figures.
    assert sum(kopecks(ad["spent"]) for ad in told(1, TODAY)) == 7_343_872


def test_a_full_call_is_fast(tmp_path: Path) -> None:
    with Sandbox(seed=1, state_dir=tmp_path, ads=2000, today=lambda: TODAY) as sandbox:
        client = Client(sandbox)
        ids = ",".join(str(ad["id"]) for ad in sandbox.ads()[:200])
        started = time.monotonic()
        assert client.day("banners", ids, DAY - timedelta(days=29), DAY).status_code == 200
        assert time.monotonic() - started < 2


def test_wrong_paths_and_methods_answer_in_json(client: Client) -> None:
    assert client.vk("reports").json()["error"]["code"] == "ERR_WRONG_RESOURCE"
    reply = client.oauth("../banners")
    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD")
    assert reply.json()["error"]["code"] == "ERR_METHOD_NOT_ALLOWED"
