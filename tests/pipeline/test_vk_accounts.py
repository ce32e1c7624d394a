"""An agency's accounts: each is loaded by itself, and whatever fails is told with its name."""

import json
import os
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_vk_ads import MadeVkAds
from sandbox import ACCESS_TOKEN, AGENCY_CLIENTS, Sandbox
from zakaz.alerts.failure import failure_alert
from zakaz.connections import api
from zakaz.connections import vk_ads as hook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.errors import (
    SourceIncomplete,
    SourceInconsistent,
    SourceRefused,
    SourceUnavailable,
    TaskTerminated,
    ZakazError,
)
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.runner import run_stage
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.attempt import Attempt
from zakaz.settings import Settings
from zakaz.sources.http import JsonApi
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_tokens import ReadyToken
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
DAYS = DayRange(DAY - timedelta(days=2), DAY)
ONE, TWO = AGENCY_CLIENTS
ATTEMPTS = 2
ATTEMPT = Attempt(
    dag_id="zakaz_etl", dag_run_id="manual__1", run_type="manual", job="vk_fetch", try_number=1, log_url=""
)
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept", "agency")]


@pytest.fixture
def agency(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection with two clients, the first by its login and the second by its id."""
    limits = Settings(http_timeout_seconds=5, http_attempts=ATTEMPTS, http_pause_seconds=0.01)
    for module in (hook, api):
        monkeypatch.setattr(module, "settings", lambda: limits)
    connection = json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"])
    accounts = {**connection, "extra": {"accounts": [ONE, AGENCY_CLIENTS[TWO]]}}
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(accounts))
    hook._budget.cache_clear()
    yield
    hook._budget.cache_clear()


def load(warehouse: WarehouseHook) -> LoadResult:
    return load_vk_ads(VkAdsHook().get_conn(), warehouse, DAYS)


def spend(warehouse: WarehouseHook) -> dict[int, Decimal]:
    return dict(
        warehouse.execute("SELECT account_id, sum(spend) FROM zakaz.stg_vk_ads_daily FINAL GROUP BY account_id")
    )


def truth(sandbox: Sandbox, login: str) -> Decimal:
    return sum((Decimal(ad["spent"]) for day in DAYS for ad in sandbox.truth(day, login)), Decimal(0))


def test_all_accounts_are_read_with_one_token_each(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    for _ in range(2):
        loaded = load(warehouse)
        assert spend(warehouse) == {AGENCY_CLIENTS[login]: truth(sandbox, login) for login in (ONE, TWO)}
        loaded.require_complete()
        assert loaded.restatements == (), "the second account of a first load restates nothing"
    assert sum("oauth2" in call["path"] for call in sandbox.requests()["requests"]) == 2


def test_the_name_of_each_account_is_kept(warehouse: WarehouseHook) -> None:
    load(warehouse)
    found = warehouse.execute("SELECT account_name, account_id, currency FROM zakaz.dim_vk_account FINAL")
    assert sorted(found) == sorted((login, AGENCY_CLIENTS[login], "RUB") for login in (ONE, TWO))


FAULTS: list[tuple[dict[str, Any], type[ZakazError], str]] = [
    ({"kind": "invalid_user", "path": "user.json"}, SourceIncomplete, "HTTP 401 invalid_user: User is blocked"),
    ({"kind": "503", "path": "banners.json"}, SourceUnavailable, "HTTP 503"),
    ({"kind": "bad_total"}, SourceIncomplete, "do not add up to their total"),
    (
        {"kind": "replace", "path": "user.json", "find": "RUB", "put": "KZT"},
        SourceIncomplete,
        r"the currency of account \d+ is KZT",
    ),
]


@pytest.mark.parametrize("login", [ONE, TWO])
@pytest.mark.parametrize(("fault", "error", "said"), FAULTS, ids=[fault["kind"] for fault, *_ in FAULTS])
def test_an_account_that_fails_is_named_and_the_other_is_loaded(
    warehouse: WarehouseHook, sandbox: Sandbox, login: str, fault: dict[str, Any], error: type[ZakazError], said: str
) -> None:
    (other,) = {ONE, TWO} - {login}
    load(warehouse)
    before = spend(warehouse)[AGENCY_CLIENTS[login]]
    for source in sandbox.sources.values():
        source.seed += 1
    try:
        sandbox.fault("vk_ads", account=login, **fault)
        with pytest.raises(error, match=said) as caught:
            run_stage("vk_fetch", DAYS, ATTEMPT)
        changed = truth(sandbox, other)
    finally:
        for source in sandbox.sources.values():
            source.seed -= 1
    assert spend(warehouse) == {AGENCY_CLIENTS[login]: before, AGENCY_CLIENTS[other]: changed}
    assert changed != truth(sandbox, other)
    assert warehouse.execute("SELECT rows_written FROM meta.etl_runs FINAL") == warehouse.execute(
        "SELECT count() FROM zakaz.stg_vk_ads_daily FINAL WHERE account_id = {id:UInt64}", {"id": AGENCY_CLIENTS[other]}
    )
    name = {ONE: ONE, TWO: str(AGENCY_CLIENTS[TWO])}
    told = failure_alert(ATTEMPT, caught.value, DAYS).html()
    assert f"accounts not loaded, 1 of 2: {name[login]}" in told
    assert f"Loaded: {name[other]}" in told


def test_if_none_is_loaded_the_error_is_that_of_the_accounts(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "invalid_user", path="user.json")
    with pytest.raises(
        SourceRefused, match=rf"^accounts not loaded, 2 of 2: {ONE}, {AGENCY_CLIENTS[TWO]};.* Loaded: none$"
    ):
        load(warehouse).require_complete()
    assert spend(warehouse) == {}


def by_hand(sandbox: Sandbox, *names: str) -> list[VkAdsClient]:
    tokens = ReadyToken(ACCESS_TOKEN, "access_token")
    return [
        VkAdsClient(
            JsonApi("VK Ads", sandbox.url, refuse=refused, attempts=ATTEMPTS, pause_seconds=0.01), tokens, name=name
        )
        for name in names
    ]


@pytest.mark.parametrize(("kind", "asked"), [("disconnect", 2), ("503", 2), ("429", 4)])
def test_the_others_are_not_asked_if_they_would_fail_alike(
    warehouse: WarehouseHook, sandbox: Sandbox, kind: str, asked: int
) -> None:
    """Each may take minutes of the task's 15; whatever is answered is an answer about one account."""
    window = {"window": "86400"} if kind == "429" else {}
    sandbox.fault("vk_ads", kind, path="user.json", **window)
    with pytest.raises(SourceUnavailable, match=r"^accounts not loaded, 4 of 4: a, b, c, d;") as caught:
        load_vk_ads(by_hand(sandbox, "a", "b", "c", "d"), warehouse, DAYS).require_complete()
    assert str(caught.value).count("not asked, since the two before it got no answer") == 4 - asked
    tries = 1 if kind == "429" else ATTEMPTS
    assert sum("user.json" in call["path"] for call in sandbox.requests()["requests"]) == asked * tries


@pytest.mark.own_statements
def test_an_account_that_works_between_two_that_do_not_is_no_outage(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    clients = [*by_hand(sandbox, "a"), MadeVkAds([{"id": 30, "ad_group_id": 20}]), *by_hand(sandbox, "b", "c")]
    sandbox.fault("vk_ads", "503", path="user.json")
    loaded = load_vk_ads(clients, warehouse, DAYS)
    assert (len(loaded.loaded), set(loaded.failed)) == (1, {"a", "b", "c"})
    assert all("HTTP 503" in str(error) for error in loaded.failed.values())


def test_replies_that_can_not_be_read_stop_no_other_account(
    warehouse: WarehouseHook, sandbox: Sandbox, scripted: Any
) -> None:
    scripted.says([{"id": 1}])
    odd = [
        VkAdsClient(JsonApi("VK Ads", scripted.url, refuse=refused, attempts=1), ReadyToken("token", ""), name=name)
        for name in ("a", "b")
    ]
    loaded = load_vk_ads([*odd, MadeVkAds([{"id": 30, "ad_group_id": 20}])], warehouse, DAYS)
    assert (len(loaded.loaded), set(loaded.failed)) == (1, {"a", "b"})
    assert list(spend(warehouse)) == [7]


def test_the_end_of_the_task_ends_it_at_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    class Ended(MadeVkAds):
        def account_id(self, known: Collection[int] = ()) -> int:
            raise TaskTerminated

    made = MadeVkAds([{"id": 30, "ad_group_id": 20}])
    with pytest.raises(TaskTerminated):
        load_vk_ads([made, Ended([]), *by_hand(sandbox, "c")], warehouse, DAYS)
    assert list(spend(warehouse)) == [7], "what was loaded stays"
    assert sandbox.requests()["requests"] == []


@pytest.mark.own_statements
def test_the_only_account_fails_with_its_own_error(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "bad_total")
    with pytest.raises(SourceInconsistent, match=r"^VK Ads, 2026-11-18 to 2026-11-20: days that do not add up"):
        load_vk_ads(by_hand(sandbox, ""), warehouse, DAYS)
