"""Changes at the source, faults on request, the sales sample and the records."""

from __future__ import annotations

import csv
import io
import os
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from sandbox_client import Client

from sandbox import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, Sandbox
from sandbox.cities import CITIES
from sandbox.faults import KINDS

DAY = date(2026, 11, 20)


def running_ad(client: Client) -> dict[str, Any]:
    return next(ad for ad in client.sandbox.truth(DAY) if Decimal(ad["spent"]) and ad["city"] == "Москва")


def test_a_larger_account_sells_in_more_cities_and_as_many_events_a_day_as_asked_for(tmp_path: Path) -> None:
    large = Sandbox(seed=1, state_dir=tmp_path, ads=400, cities=50, events_a_day=20)
    sold = [row for row in large.sales_truth(DAY, DAY) if row["tickets_sold"]]
    assert len({ad["city"] for ad in large.ads()} - {None}) == 50
    assert len({row["event_id"] for row in sold}) == 20
    with pytest.raises(ValueError, match="cities 51 is out of range, allowed: 1 to 50"):
        Sandbox(state_dir=tmp_path, cities=51)


def test_spend_of_an_ad_can_be_changed_and_restored(client: Client) -> None:
    ad = running_ad(client)
    before = client.day("banners", ad["id"], DAY).json()
    path = f"vk_ads/ads/{ad['id']}"
    assert client.control("POST", path, {"spend_factor": "1.5"}).status_code == 204
    raised = Decimal(client.day("banners", ad["id"], DAY).json()["total"]["base"]["spent"])
    assert raised == (Decimal(ad["spent"]) * Decimal("1.5")).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    client.control("POST", path, {"spent": {"2026-11-20": "-123.45"}})
    assert client.day("users", ACCOUNT_ID, DAY).json()["total"] != before["total"]
    assert client.day("banners", ad["id"], DAY).json()["items"][0]["rows"][0]["base"]["spent"] == "-123.45"
    client.control("DELETE", "vk_ads/ads")
    assert client.day("banners", ad["id"], DAY).json() == before


def test_a_moved_ad_names_its_new_city_everywhere_and_keeps_its_figures(client: Client) -> None:
    ad = running_ad(client)
    client.control("POST", f"vk_ads/ads/{ad['id']}", {"utm_content": "nizhniy_novgorod_x"})
    banner = client.vk("banners", _id=ad["id"], fields="id,ad_group_id,urls").json()["items"][0]
    group = client.vk("ad_groups", _id=banner["ad_group_id"], fields="name,ad_plan_id,utm,enable_utm").json()["items"][
        0
    ]
    plan = client.vk("ad_plans", _id=group["ad_plan_id"]).json()["items"][0]
    assert group["enable_utm"]
    assert parse_qs(group["utm"])["utm_content"] == ["nizhniy_novgorod_x"]
    assert "utm" not in str(banner["urls"])
    assert group["name"].startswith("Нижний Новгород")
    assert plan["name"].startswith("Нижний Новгород")
    now = next(one for one in client.sandbox.truth(DAY) if one["id"] == ad["id"])
    assert (now["city"], now["spent"]) == ("Нижний Новгород", ad["spent"])
    assert client.day("ad_plans", plan["id"], DAY).json()["total"]["base"]["spent"] == ad["spent"]


def test_a_removed_ad_is_unknown(client: Client) -> None:
    ad = running_ad(client)
    client.sandbox.patch_ad(ad["id"], removed=True)
    assert client.vk("banners", _id=ad["id"]).json()["count"] == 0
    assert client.day("banners", ad["id"], DAY).json()["error"]["code"] == "ERR_WRONG_BANNERS"
    assert client.control("POST", "vk_ads/ads/5", {"removed": True}).status_code == 404
    assert "allowed: spend_factor" in client.control("POST", f"vk_ads/ads/{ad['id']}", {"budget": 1}).json()["error"]


@pytest.mark.parametrize("kind", ["400", "403", "404", "500", "503"])
def test_vk_statuses(client: Client, kind: str) -> None:
    client.control("POST", "faults", {"service": "vk_ads", "kind": kind, "times": 1})
    reply = client.vk("user")
    assert reply.status_code == int(kind)
    assert reply.json()["error"]["code"].startswith("ERR_")
    assert client.vk("user").status_code == 200


def test_vk_rate_limit_tells_the_window(client: Client) -> None:
    client.sandbox.fault("vk_ads", "429", window="3600", path="statistics", seconds=2)
    assert client.vk("user").status_code == 200
    reply = client.day("users", ACCOUNT_ID, DAY)
    assert reply.status_code == 429
    assert "error" not in reply.json()
    assert [window for window, left in reply.json()["remaining"].items() if left == 0] == ["3600"]
    assert (reply.headers["X-RateLimit-Hourly-Remaining"], reply.headers["Retry-After"]) == ("0", "2")
    client.control("DELETE", "faults")
    assert client.day("users", ACCOUNT_ID, DAY).status_code == 200


@pytest.mark.parametrize("kind", ["expired_token", "invalid_token", "revoked_token"])
def test_a_spoilt_token_stays_so_until_it_is_renewed(client: Client, kind: str) -> None:
    credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    granted = client.oauth(grant_type="client_credentials", **credentials).json()
    client.token = granted["access_token"]
    client.sandbox.fault("vk_ads", kind)
    assert [client.vk("user").json()["code"] for _ in range(2)] == [kind, kind]
    renewed = client.oauth(grant_type="refresh_token", refresh_token=granted["refresh_token"], **credentials).json()
    client.token = renewed["access_token"]
    assert client.vk("user").status_code == 200


def test_damaged_replies(client: Client) -> None:
    whole = client.day("banners", running_ad(client)["id"], DAY)

    def spoilt(kind: str) -> requests.Response:
        client.sandbox.clear_faults()
        client.sandbox.fault("vk_ads", kind)
        return client.day("banners", running_ad(client)["id"], DAY)

    cut = spoilt("cut_json")
    assert (cut.status_code, cut.content) == (200, whole.content[: len(whole.content) // 2])
    assert cut.headers["Content-Length"] == str(len(cut.content))
    page = spoilt("html")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    empty = spoilt("empty").json()
    assert (empty["items"], empty["total"]["base"]["spent"]) == ([], "0")
    total = spoilt("bad_total").json()
    assert total["items"] == whole.json()["items"]
    assert Decimal(total["total"]["base"]["spent"]) == Decimal(whole.json()["total"]["base"]["spent"]) + 1
    assert spoilt("bad_figure").json()["items"][0]["rows"][0]["base"]["spent"] == "n/a"
    with pytest.raises(requests.ConnectionError):
        spoilt("disconnect")


def test_a_held_reply_does_not_hold_the_shutdown(client: Client) -> None:
    client.sandbox.fault("vk_ads", "timeout")
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{client.sandbox.url}/api/v2/user.json", timeout=0.2)
    started = time.monotonic()
    client.sandbox.stop()
    assert time.monotonic() - started < 2
    with pytest.raises(requests.ConnectionError):
        client.control("GET", "health")
    client.sandbox.start()
    assert client.control("GET", "health").json()["vk_ads_requests"] == 1


def test_telegram_faults(client: Client) -> None:
    for kind in ("400", "401", "403", "500", "502", "503"):
        client.sandbox.fault("telegram", kind, times=1)
        reply = client.bot(chat_id="1", text="x")
        assert (reply.status_code, reply.json()["error_code"], reply.json()["ok"]) == (int(kind), int(kind), False)
    client.sandbox.fault("telegram", "429", times=1, seconds=17)
    assert client.bot(chat_id="1", text="x").json()["parameters"] == {"retry_after": 17}
    assert client.sandbox.messages() == client.sandbox.faults() == []
    assert client.bot(chat_id="1", text="x").status_code == 200


def test_a_bad_fault_is_refused_with_what_is_allowed(client: Client) -> None:
    def refused(**body: object) -> str:
        reply = client.control("POST", "faults", body)
        assert reply.status_code == 400
        return str(reply.json()["error"])

    assert refused(service="vk", kind="500") == "unknown service 'vk', allowed: vk_ads, qtickets, telegram"
    assert all(kind in refused(service="telegram", kind="empty") for kind in KINDS["telegram"])
    assert "allowed: 1, 3600, 86400" in refused(service="vk_ads", kind="429", window="60")
    assert "times" in refused(service="vk_ads", kind="429", times="3")
    assert client.sandbox.faults() == []


def test_sales_are_unique_plausible_and_repeatable(client: Client) -> None:
    text = client.control("GET", "sales.csv", **{"from": "2026-11-01", "to": "2026-11-23"}).text
    assert text == client.sandbox.sales_csv(date(2026, 11, 1), date(2026, 12, 31))
    rows = list(csv.DictReader(io.StringIO(text)))
    key = ("report_date", "event_date", "event_id", "show_id", "city", "utm_source", "utm_campaign")
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)
    assert {row["city"] for row in rows} <= {city.name for city in CITIES}
    assert any(Decimal(row["refunds_amount"]) > 0 and row["tickets_sold"] == "0" for row in rows)
    for day in {row["report_date"] for row in rows}:
        mine = [row for row in rows if row["report_date"] == day]
        assert 10 <= len(mine) <= 30
        assert 150_000 < sum(Decimal(row["revenue"]) for row in mine) < 400_000
    refused = client.control("GET", "sales.csv", **{"from": "2026-11-01", "to": "01.11.2026"})
    assert (refused.status_code, refused.json()["error"]) == (400, "to: '01.11.2026' is not a day, expected YYYY-MM-DD")


def test_records_keep_no_secret(client: Client, sandbox: Sandbox) -> None:
    client.vk("banners", limit=5, access_token="hidden")
    client.bot("getMe")
    told = client.control("GET", "requests").json()
    assert told["counts"] == {"vk_ads": 1, "telegram": 1}
    assert told["requests"][0]["query"] == {"limit": "5"}
    assert told["requests"][1]["path"] == "/bot***/getMe"
    assert client.control("GET", "health").json() == {
        "status": "ok",
        "pid": os.getpid(),
        "state_dir": str(sandbox.state_dir),
        "seed": 1,
        "ads": 30,
        "vk_ads_requests": 1,
        "qtickets_requests": 0,
        "telegram_messages": 0,
    }
    client.control("POST", "reset")
    assert sandbox.requests() == {"counts": {}, "requests": []}
