"""Each thing that can go wrong between us and VK Ads: healed, or red with a line that says why; never a mix."""

import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_rows import stage_vk
from sandbox import Sandbox
from zakaz.connections import api
from zakaz.connections import vk_ads as hook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.errors import (
    SourceIncomplete,
    SourceInconsistent,
    SourceRefused,
    SourceUnavailable,
    WarehouseUnavailable,
    ZakazError,
)
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.settings import Settings
from zakaz.warehouse.hook import WarehouseHook

DAY = date(2026, 11, 20)
DAYS = DayRange(DAY - timedelta(days=9), DAY)
STATISTICS = "statistics/banners"
ATTEMPTS = 3
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small batches, short waits, and rate limits that no other test has used up."""
    limits = Settings(
        vk_batch_ids=8, vk_page_limit=8, http_timeout_seconds=0.5, http_attempts=ATTEMPTS, http_pause_seconds=0.01
    )
    for module in (hook, api):
        monkeypatch.setattr(module, "settings", lambda: limits)
    hook._budget.cache_clear()
    yield
    hook._budget.cache_clear()


def load(warehouse: WarehouseHook) -> LoadResult:
    return load_vk_ads(VkAdsHook().get_conn(), warehouse, DAYS)


def rows(warehouse: WarehouseHook) -> list[Any]:
    return list(
        warehouse.execute(
            "SELECT stat_date, ad_id, impressions, clicks, spend FROM zakaz.stg_vk_ads_daily FINAL "
            "ORDER BY stat_date, ad_id"
        )
    )


def truth(sandbox: Sandbox) -> list[Any]:
    return [
        (day, ad["id"], ad["impressions"], ad["clicks"], Decimal(ad["spent"]))
        for day in DAYS
        for ad in sorted(sandbox.truth(day), key=lambda ad: int(ad["id"]))
        if ad["impressions"] or ad["clicks"] or ad["goals"] or ad["vk_goals"] or Decimal(ad["spent"])
    ]


WITHOUT_A_PLACE = {
    *("disconnect", "timeout", "stall", "cut_json", "html", "400", "403", "404", "429", "500", "503"),
    *("expired_token", "invalid_token", "revoked_token"),
}
BANNERS = "banners.json"


def replaced(path: str, find: str, put: str, **how: Any) -> dict[str, Any]:
    """In a true answer, what the regular expression finds becomes something else."""
    return {"kind": "replace", "path": path, "find": find, "put": put, **how}


REFUSED, UNAVAILABLE, INCONSISTENT = SourceRefused, SourceUnavailable, SourceInconsistent
# What goes wrong (on one call in the middle, so that some batches are good), and what becomes of it: None is healed.
MATRIX: list[tuple[str, dict[str, Any], type[ZakazError] | None, str]] = [
    ("a lost connection, once", {"kind": "disconnect", "times": 1}, None, ""),
    ("a lost connection", {"kind": "disconnect"}, UNAVAILABLE, "lost the connection"),
    ("no answer, once", {"kind": "timeout", "times": 1, "seconds": 2}, None, ""),
    ("no answer", {"kind": "timeout", "seconds": 2}, UNAVAILABLE, r"no answer within 0\.5 s"),
    ("a time-out in the middle, once", {"kind": "stall", "times": 1, "seconds": 2}, None, ""),
    ("a time-out in the middle", {"kind": "stall", "seconds": 2}, UNAVAILABLE, "lost the connection|no answer"),
    ("cut JSON, once", {"kind": "cut_json", "times": 1}, None, ""),
    ("cut JSON", {"kind": "cut_json"}, UNAVAILABLE, "not complete JSON"),
    ("a page in place of JSON, once", {"kind": "html", "times": 1}, None, ""),
    ("a page in place of JSON", {"kind": "html"}, UNAVAILABLE, "text/html.* not complete JSON"),
    ("400", {"kind": "400"}, REFUSED, "HTTP 400 ERR_WRONG_PARAMETER"),
    ("401 expired", {"kind": "expired_token"}, None, ""),
    ("401 unknown", {"kind": "invalid_token"}, None, ""),
    ("401 revoked", {"kind": "revoked_token"}, None, ""),
    ("401 for ever", {"kind": "invalid_token", "times": 100}, REFUSED, "HTTP 401 invalid_token"),
    ("403", {"kind": "403"}, REFUSED, "HTTP 403 ERR_ACCESS_DENIED"),
    ("404", {"kind": "404"}, REFUSED, "HTTP 404 ERR_WRONG_RESOURCE"),
    ("429 second, once", {"kind": "429", "times": 1}, None, ""),
    ("429 hour", {"kind": "429", "window": "3600"}, UNAVAILABLE, r"rate limit is used up until \d\d\.\d\d \d\d:00 MSK"),
    ("429 day", {"kind": "429", "window": "86400"}, UNAVAILABLE, r"rate limit is used up until \d\d\.\d\d 00:00 MSK"),
    ("500, once", {"kind": "500", "times": 1}, None, ""),
    ("500", {"kind": "500"}, UNAVAILABLE, "HTTP 500"),
    ("503, once", {"kind": "503", "times": ATTEMPTS - 1}, None, ""),
    ("503", {"kind": "503"}, UNAVAILABLE, "HTTP 503"),
    ("wrong types", {"kind": "wrong_types", "times": 1}, INCONSISTENT, "a figure that can not be read"),
    ("an unreadable figure", {"kind": "bad_figure", "times": 1}, INCONSISTENT, "spent=n/a"),
    ("a missing ad, once", {"kind": "missing_id_quiet", "times": 1}, None, ""),
    ("a missing ad, totals kept", {"kind": "missing_id", "times": 1}, INCONSISTENT, "do not add up to their total"),
    ("a missing ad", {"kind": "missing_id_quiet"}, INCONSISTENT, r"left \d+ ads out though it was asked twice"),
    ("an unknown ad", {"kind": "unknown_id", "times": 1}, INCONSISTENT, "not asked for: .* found ad 999"),
    ("another ad than asked for", {"kind": "wrong_id", "times": 1}, INCONSISTENT, "not asked for: .* found ad 999"),
    ("a day twice", {"kind": "duplicate_rows", "times": 1}, INCONSISTENT, "a day given more than once"),
    ("a date nobody asked for", {"kind": "bad_date", "times": 1}, INCONSISTENT, "a date outside the days asked for"),
    ("a reply that does not add up", {"kind": "bad_total", "times": 1}, INCONSISTENT, "expected the whole reply: "),
    ("an ad that does not add up", {"kind": "bad_item_total", "times": 1}, INCONSISTENT, "expected ad 56"),
    ("an empty batch, once", {"kind": "empty", "path": STATISTICS, "times": 1}, None, ""),
    ("empty replies", {"kind": "empty", "path": STATISTICS}, INCONSISTENT, "SUSPECT_ZERO: no ad of account 700123"),
    ("a cut list", {"kind": "cut_list", "times": 1}, INCONSISTENT, "repeats an object|though count is"),
    ("another account's token", {"kind": "other_account"}, INCONSISTENT, "opens account 700999, the figures so far"),
    ("a window too long", {"kind": "limit_exceeded"}, None, ""),
    ("no token left, but a kept one", {"kind": "token_limit"}, None, ""),
    (
        "a blocked user",
        {"kind": "invalid_user", "path": "user.json"},
        REFUSED,
        "HTTP 401 invalid_user: User is blocked",
    ),
    ("half a character in names", replaced(BANNERS, r'"name":"[^"]*"', r'"name":"Sale \\ud83c"'), None, ""),
    ("names that are no UTF-8", replaced(BANNERS, r'"name":"[^"]*"', '"name":"Sale \udcff"'), None, ""),
    ("a NUL in names", replaced(BANNERS, r'"name":"[^"]*"', r'"name":"Sale \\u0000"'), None, ""),
    ("a byte order mark", replaced(STATISTICS, "^", "\ufeff"), None, ""),
    ("escaped keys", replaced(f"{BANNERS}|{STATISTICS}", '"id"', r'"\\u0069d"'), None, ""),
    ("ids with a fraction of zero", replaced(f"{BANNERS}|{STATISTICS}", r'"id":(\d+)', r'"id":\1.0'), None, ""),
    ("ids as text", replaced(f"{BANNERS}|{STATISTICS}", r'"id":(\d+)', r'"id":"\1"'), None, ""),
    (
        "an empty list in place of totals",
        replaced(STATISTICS, r'"total":\{[^}]*\{[^}]*\}[^}]*\}\}', '"total":[]'),
        None,
        "",
    ),
    (
        "a list in place of figures",
        replaced(STATISTICS, r'"base":(\{[^}]*\{[^}]*\}[^}]*\})', r'"base":[\1]'),
        UNAVAILABLE,
        r"items\[0\].rows\[0\].base: expected an object, found a list",
    ),
    (
        "a number in place of rows",
        replaced(STATISTICS, '"rows":', '"rows":5,"x":'),
        UNAVAILABLE,
        r"items\[0\].rows: expected a list, found a number 5",
    ),
    (
        "a number beyond all types",
        replaced(STATISTICS, r'"ctr":[^,]*', '"ctr":1e400', times=1),
        INCONSISTENT,
        "a reply that can not be read: expected JSON, found .* of statistics",
    ),
    ("a number of any length", replaced(STATISTICS, r'"ctr":[^,]*', f'"ctr":{"1" * 5000}', times=1), None, ""),
    ("an exponent of any length", replaced(BANNERS, r'"name"', f'"views":1e{"9" * 20},"name"'), None, ""),
    (
        "an id beyond all types",
        replaced(STATISTICS, r'"id":(\d+)', r'"id":1\1000000000000000', times=1),
        INCONSISTENT,
        "a reply that can not be read|an ad without an id",
    ),
    (
        "a day that no calendar has",
        replaced(STATISTICS, '2026-11-11"', '2026-11-31"', times=1),
        INCONSISTENT,
        "a figure that can not be read: .*, 2026-11-31: ",
    ),
    (
        "more than can be true",
        replaced(STATISTICS, r'"shows":', '"shows":1000000000000000', times=1),
        INCONSISTENT,
        "a figure that can not be read: .* shows=1000000000000000",
    ),
    (
        "more rubles than there are",
        replaced(STATISTICS, r'"spent":"', '"spent":"1000000000000000', times=1),
        INCONSISTENT,
        "a figure that can not be read: .* spent=1000000000000000",
    ),
    ("a key twice that nobody reads", replaced(BANNERS, '"name"', '"views":1,"views":2,"name"'), None, ""),
    ("something after the end", replaced(STATISTICS, r"\Z", "}"), UNAVAILABLE, "not complete JSON"),
    ("tenge", replaced("user.json", '"RUB"', '"KZT"'), INCONSISTENT, "the currency of account 700123 is KZT"),
    ("no currency", replaced("user.json", '"currency":"RUB",', ""), None, ""),
    ("rubles by their old code", replaced("user.json", '"RUB"', '"RUR"'), None, ""),
]


@pytest.mark.parametrize(("fault", "error", "said"), [case[1:] for case in MATRIX], ids=[case[0] for case in MATRIX])
def test_the_staging_is_the_new_truth_or_the_old_one(
    warehouse: WarehouseHook, sandbox: Sandbox, fault: dict[str, Any], error: type[ZakazError] | None, said: str
) -> None:
    load(warehouse)
    before = rows(warehouse)
    assert before == truth(sandbox)
    for ad in sandbox.ads()[::3]:
        sandbox.patch_ad(ad["id"], spend_factor="1.5")
    path = {} if "path" in fault or fault["kind"] not in WITHOUT_A_PLACE else {"path": STATISTICS}
    sandbox.fault("vk_ads", **path, **fault)
    if error is None:
        load(warehouse)
        assert rows(warehouse) == truth(sandbox) != before
    else:
        with pytest.raises(error, match=said) as caught:
            load(warehouse)
        assert "\n" not in str(caught.value)
        assert rows(warehouse) == before
        sandbox.clear_faults()
        hook._budget.cache_clear()
        load(warehouse)
        assert rows(warehouse) == truth(sandbox) != before


def test_an_ad_left_out_of_one_window_is_counted_once_in_the_others(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    quarter = DayRange(DAY - timedelta(days=90), DAY)
    load_vk_ads(VkAdsHook().get_conn(), warehouse, quarter)
    spend = sum(Decimal(ad["spent"]) for day in quarter for ad in sandbox.truth(day))
    assert sum(row[4] for row in rows(warehouse)) == spend


def test_a_closed_door_is_named(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    load(warehouse)
    before = rows(warehouse)
    connection = json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"])
    elsewhere = {**connection, "host": f"http://127.0.0.1:{unused_port}"}
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(elsewhere))
    with pytest.raises(SourceUnavailable, match=r"can't connect .*refused"):
        load(warehouse)
    assert rows(warehouse) == before


def test_an_ad_that_vk_refuses_keeps_its_rows_and_is_named(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    load(warehouse)
    first = sandbox.first_ad
    before = [row for row in rows(warehouse) if row[1] == first]
    for ad in sandbox.ads():
        sandbox.patch_ad(ad["id"], spend_factor="1.5")
    sandbox.fault("vk_ads", "bad_id")
    loaded = load(warehouse)
    assert loaded.refused == (f"ad {first}",)
    assert [row for row in rows(warehouse) if row[1] == first] == before != []
    assert [row for row in rows(warehouse) if row[1] != first] == [row for row in truth(sandbox) if row[1] != first]
    with pytest.raises(ZakazError, match=rf"rows are loaded, but the source refused 1 objects.*ad {first}"):
        loaded.require_complete()


def described(warehouse: WarehouseHook, columns: str) -> Any:
    return warehouse.execute(f"SELECT DISTINCT {columns} FROM zakaz.stg_vk_ads_daily FINAL ORDER BY ALL")


@pytest.mark.parametrize("put", [r'"name":"Sale \\ud83c"', '"name":"Sale \udcff"'])
def test_half_a_character_in_a_name_costs_that_character_alone(
    warehouse: WarehouseHook, sandbox: Sandbox, put: str
) -> None:
    columns = "ad_id, campaign_id, campaign_name, ad_group_id, ad_group_name, link, utm_content"
    load(warehouse)
    before = described(warehouse, columns)
    sandbox.fault("vk_ads", **replaced(BANNERS, r'"name":"[^"]*"', put))
    load(warehouse)
    assert described(warehouse, columns) == before
    assert described(warehouse, "ad_name") == [("Sale \ufffd",)]


@pytest.mark.parametrize(
    ("find", "put", "said"),
    [
        (r'"id":{ad},', '"id":"x",', r"banners\[\d+\]: id: expected a whole number, found a text"),
        (r'"id":{ad},(.*?)"ad_group_id":\d+', r'"id":{ad},\1"ad_group_id":null', r"\(id {ad}\): without ad_group_id"),
        (r'"id":{ad},(.*?)"name":"[^"]*"', r'"id":{ad},\1"name":[]', r"\(id {ad}\): name: expected a text"),
    ],
)
def test_a_broken_object_in_a_list_is_named_and_all_ads_are_loaded(
    warehouse: WarehouseHook, sandbox: Sandbox, find: str, put: str, said: str
) -> None:
    columns = "ad_id, ad_name, campaign_id, ad_group_id, link, utm_content"
    load(warehouse)
    before, ad = described(warehouse, columns), sandbox.first_ad
    for each in sandbox.ads():
        sandbox.patch_ad(each["id"], spend_factor="1.5")
    sandbox.fault("vk_ads", **replaced(BANNERS, find.format(ad=ad), put.replace("{ad}", str(ad))))
    loaded = load(warehouse)
    assert rows(warehouse) == truth(sandbox)
    assert described(warehouse, columns) == before, "what is known of it stays"
    with pytest.raises(SourceIncomplete, match=f"1 objects of the lists can't be read: .*{said.format(ad=ad)}"):
        loaded.require_complete()


@pytest.mark.parametrize("rows", ['"rows":[]', '"rows":{}', '"rows":null', '"x":1'])
def test_an_account_without_rows_confirms_that_its_ads_had_none(
    warehouse: WarehouseHook, sandbox: Sandbox, rows: str
) -> None:
    sandbox.fault("vk_ads", "empty", path=STATISTICS)
    sandbox.fault("vk_ads", **replaced("statistics/users", r'"rows":.*', rows + '}],"total":{}}'))
    assert load(warehouse)[:2] == (0, 0)
    states = warehouse.execute("SELECT DISTINCT state FROM meta.source_totals FINAL")
    assert states == [("CONFIRMED_ZERO",)]


class Forgetful(WarehouseHook):
    """A warehouse that takes every row, but does not give back all of them."""

    def __init__(self, forgets: str) -> None:
        super().__init__()
        self._forgets = forgets

    def insert(self, table: str, columns: Any, rows: Any) -> None:
        if self._forgets == "a reply" and table.endswith("raw_vk_ads"):
            rows = rows[:-1]
        if self._forgets == "a byte" and table.endswith("raw_vk_ads"):
            rows = [*rows[:-1], (*rows[-1][:-1], rows[-1][-1] + b" ")]
        super().insert(table, columns, rows)

    def execute(self, sql: Any, params: Any = None, **options: Any) -> Any:
        if self._forgets == "the build" and "INSERT INTO zakaz.stg_vk_ads_daily" in sql:
            return []
        return super().execute(sql, params, **options)


@pytest.mark.parametrize(
    ("forgets", "said"),
    [
        ("a reply", r"zakaz.raw_vk_ads, fetch_id .*: \d+ rows \(\d+ bytes\) were sent and \d+ rows \("),
        ("a byte", r"zakaz.raw_vk_ads, fetch_id .*: \d+ rows \(\d+ bytes\) were sent and \d+ rows \("),
        (
            "the build",
            r"zakaz.stg_vk_ads_daily, .*: [1-9]\d* rows of account 700123 have figures, and 0 can be read back",
        ),
    ],
)
def test_what_can_not_be_read_back_is_not_green(
    warehouse: WarehouseHook, sandbox: Sandbox, forgets: str, said: str
) -> None:
    load(warehouse)
    before = rows(warehouse)
    for ad in sandbox.ads():
        sandbox.patch_ad(ad["id"], spend_factor="1.5")
    with pytest.raises(WarehouseUnavailable, match=said):
        load_vk_ads(VkAdsHook().get_conn(), Forgetful(forgets), DAYS)
    assert rows(warehouse) == before


def test_an_ad_that_vk_refuses_and_that_did_nothing_is_no_fault(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    def spent(day: date) -> dict[int, Decimal]:
        return {ad["id"]: Decimal(ad["spent"]) for ad in sandbox.truth(day)}

    idle = next(day for day in (DAY - timedelta(days=back) for back in range(90)) if not spent(day)[sandbox.first_ad])
    load_vk_ads(VkAdsHook().get_conn(), warehouse, DayRange(idle, idle))
    ((account,),) = warehouse.execute("SELECT DISTINCT account_id FROM zakaz.stg_vk_ads_daily")
    stage_vk(warehouse, {"stat_date": idle, "account_id": account, "ad_id": sandbox.first_ad})
    sandbox.fault("vk_ads", "bad_id")
    load_vk_ads(VkAdsHook().get_conn(), warehouse, DayRange(idle, idle)).require_complete()
    assert sum(row[4] for row in rows(warehouse)) == sum(spent(idle).values()) > 0


def test_an_ad_that_left_the_lists_keeps_its_spend_and_its_name(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    def described() -> Any:
        return warehouse.execute(
            "SELECT ad_name, ad_group_name, campaign_name, link, utm_content, sum(spend) "
            "FROM zakaz.stg_vk_ads_daily FINAL WHERE ad_id = {ad:UInt64} GROUP BY ALL",
            {"ad": gone},
        )

    load(warehouse)
    gone = truth(sandbox)[0][1]
    before = described()
    assert len(before) == 1
    sandbox.patch_ad(gone, unlisted=True)
    loaded = load(warehouse)
    assert described() == before
    assert rows(warehouse) == truth(sandbox)
    loaded.require_complete()
    sandbox.patch_ad(gone, spend_factor="2")
    load(warehouse)
    assert described()[0][:-1] == before[0][:-1]
    assert described()[0][-1] == 2 * before[0][-1]
    sandbox.patch_ad(gone, spend_factor="3")
    load_vk_ads(VkAdsHook().get_conn(), warehouse, DayRange(truth(sandbox)[0][0], truth(sandbox)[0][0]))
    assert rows(warehouse)[0] == truth(sandbox)[0]
