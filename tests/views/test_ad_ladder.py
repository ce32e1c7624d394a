"""Ads, campaigns and accounts by day: what the views show of random rows, computed once more in plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from made_rows import DAY, ONE_DAY, VK_ROW, build_sales, build_vk, stage_sales, stage_vk
from made_vk_ads import MadeVkAds, load_made, statistics
from made_vk_ads import row as figures_of
from zakaz.days import DayRange
from zakaz.pipeline.marts import DM_VK_ADS, rebuild
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.known_ads import build_known_ads
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.sql import statement

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
DAYS = DayRange(DAY - timedelta(days=60), DAY)
CITIES = {"kazan": "Казань", "tula_video": "Тула", "": "unknown"}
VAT = Decimal("1.22")
FIGURES = ("impressions", "clicks", "goals", "spend")
ACCOUNTS = {1: "1", 2: "theatre@agency"}
Rows = list[dict[str, Any]]


def made(seed: int) -> Rows:
    """Some hundred rows: two accounts with the same ids, new names, two campaigns of one name, days without spend."""
    chance = Random(seed)
    rows: Rows = []
    for account_id in (1, 2):
        for ad_id in range(100, 110):
            campaign, group = 10 + ad_id % 3, 20 + ad_id % 5
            renamed = dict.fromkeys(("campaign", "group", "ad"), DAYS.first)
            for what, id_ in (("campaign", campaign), ("group", group), ("ad", ad_id)):
                renamed[what] += timedelta(days=(7 * id_ * account_id + seed) % 90)
            for day in DAYS:
                if chance.random() < 0.4:
                    continue

                def name(what: str, of: str, day: date = day, renamed: dict[str, date] = renamed) -> str:
                    return f"{of}, новое имя" if day >= renamed[what] else of

                rows.append(
                    {
                        **VK_ROW,
                        "stat_date": day,
                        "account_id": account_id,
                        "campaign_id": campaign,
                        "campaign_name": name("campaign", "Осенний тур" if campaign < 12 else "Зимний тур"),
                        "ad_group_id": group,
                        "ad_group_name": name("group", f"Группа {group}"),
                        "ad_id": ad_id,
                        "ad_name": name("ad", f"Объявление {ad_id % 4}"),
                        "impressions": chance.randrange(9000),
                        "clicks": chance.randrange(90),
                        "goals": chance.randrange(3),
                        "spend": Decimal(chance.choice((0, chance.randrange(1, 99999)))) / 100,
                        "link": f"https://bilety.example/e/{ad_id}?a=b",
                        "utm_source": "vk_ads",
                        "utm_medium": "cpc",
                        "utm_campaign": f"tour_{group}",
                        "utm_content": chance.choice(list(CITIES)),
                        "utm_term": "",
                    }
                )
    return rows


def newest(rows: Rows, what: str) -> dict[tuple[int, int], str]:
    """The name of each object on its last day, by account and id."""
    ordered = sorted(rows, key=lambda row: row["stat_date"])
    return {(row["account_id"], row[f"{what}_id"]): row[f"{what}_name"] for row in ordered}


def sums(rows: Rows, *keys: str) -> dict[tuple[Any, ...], list[Any]]:
    """The figures by some columns, with the spend with VAT last."""
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0)])
    for row in rows:
        key = tuple(row[name] for name in keys)
        found[key] = [total + row[figure] for total, figure in zip(found[key], FIGURES, strict=True)]
    return {key: [*figures, figures[3] * VAT] for key, figures in found.items()}


@pytest.fixture(params=[1, 2])
def staged(warehouse: WarehouseHook, request: pytest.FixtureRequest) -> Rows:
    """Random rows, staged and built."""
    rows = made(request.param)
    stage_vk(warehouse, *rows)
    build_vk(warehouse, DAYS)
    return rows


def test_each_ad_on_each_day_is_one_row_by_its_current_names(warehouse: WarehouseHook, staged: Rows) -> None:
    names = {what: newest(staged, what) for what in ("campaign", "ad_group", "ad")}
    spent = sorted((row["stat_date"], row["account_id"], row["ad_id"]) for row in staged if row["spend"])
    first = {(account_id, ad_id): day for day, account_id, ad_id in reversed(spent)}
    expected = []
    for row in staged:
        account_id, day = row["account_id"], row["stat_date"]
        since = first.get((account_id, row["ad_id"]))
        told = [(row[f"{what}_id"], of_all[account_id, row[f"{what}_id"]]) for what, of_all in names.items()]
        tags = [row[f"utm_{tag}"] for tag in ("source", "medium", "campaign", "content", "term")]
        age = (day - since).days if since and since <= day else None
        expected.append(
            (
                *(day, account_id, *(text for pair in told for text in pair)),
                *(CITIES[row["utm_content"]], row["link"], "bilety.example", *tags, since, age),
                *(*(row[figure] for figure in FIGURES), row["spend"] * VAT, ACCOUNTS[account_id]),
            )
        )
    name_second_account(warehouse)
    found = warehouse.execute("SELECT * EXCEPT (base_goals, vk_goals) FROM bi.v_vk_ads_by_ad_daily")
    assert len(staged) > 500
    assert sorted(map(_plain, found)) == sorted(map(_plain, expected))


def _plain(row: tuple[Any, ...]) -> str:
    """In words that are the same for 0 and 0.00, which come over the native protocol and out of the embedded engine."""
    return repr([value.normalize() if isinstance(value, Decimal) else value for value in row])


def name_second_account(warehouse: WarehouseHook) -> None:
    """The first has no name yet."""
    columns = ("account_id", "account_name", "currency", "_ver")
    named = [(2, ACCOUNTS[2], "RUB", 2), (2, "old", "RUB", 1)]
    warehouse.insert("zakaz.dim_vk_account", columns, named)


def test_ads_of_a_day_add_up_to_the_mart(warehouse: WarehouseHook, staged: Rows) -> None:
    figures = ", ".join(f"sum({figure})" for figure in FIGURES)
    by_ad = f"SELECT d, account_id, city, {figures} FROM bi.v_vk_ads_by_ad_daily GROUP BY ALL ORDER BY ALL"
    mart = f"SELECT stat_date, account_id, city, {figures} FROM zakaz.dm_vk_ads_daily FINAL GROUP BY ALL ORDER BY ALL"
    assert len(warehouse.execute(mart)) > 100
    assert warehouse.execute(by_ad) == warehouse.execute(mart)


def test_a_renamed_campaign_is_one_and_two_of_one_name_are_two(warehouse: WarehouseHook, staged: Rows) -> None:
    found = warehouse.execute(
        "SELECT account_id, campaign_id, campaign_name, sum(impressions), sum(clicks), sum(goals), sum(spend), "
        "sum(spend_with_vat) FROM bi.v_vk_ads_daily GROUP BY ALL"
    )
    names, figures = newest(staged, "campaign"), sums(staged, "account_id", "campaign_id")
    assert len({row["campaign_name"] for row in staged}) > len({10, 11, 12}) - 1
    assert {row[:2]: list(row[2:]) for row in found} == {key: [names[key], *figures[key]] for key in figures}
    assert len(found) == len(figures)


def test_accounts_are_summed_by_day_and_shown_by_name(warehouse: WarehouseHook, staged: Rows) -> None:
    name_second_account(warehouse)
    found = warehouse.execute("SELECT * EXCEPT (base_goals, vk_goals) FROM bi.v_account_daily")
    figures = sums(staged, "stat_date", "account_id")
    assert {row[:2]: list(row[2:]) for row in found} == {key: [ACCOUNTS[key[1]], *figures[key]] for key in figures}
    assert len(found) == len(figures)
    for view in ("v_vk_ads_daily", "v_vk_ads_by_ad_daily", "v_campaign_roi_daily", "v_month_pacing"):
        of_view = warehouse.execute(f"SELECT DISTINCT account_id, account_name FROM bi.{view}")
        assert dict(of_view) == ACCOUNTS, view


def test_what_no_account_sold_has_no_account_name(warehouse: WarehouseHook) -> None:
    stage_sales(warehouse, {})
    build_sales(warehouse)
    for view in ("v_campaign_roi_daily", "v_month_pacing"):
        assert dict(warehouse.execute(f"SELECT account_id, account_name FROM bi.{view}")) == {0: ""}, view


def name_of_campaign(warehouse: WarehouseHook) -> str:
    ((name,),) = warehouse.execute("SELECT DISTINCT campaign_name FROM bi.v_vk_ads_by_ad_daily WHERE campaign_id = 10")
    return str(name)


def load(warehouse: WarehouseHook, day: date, name: str) -> None:
    figures = statistics(figures_of(30, day))
    load_made(
        warehouse,
        MadeVkAds([{"id": 30, "ad_group_id": 20}], plans=[{"id": 10, "name": name}], statistics_body=figures),
        DayRange(day, day),
    )
    build_known_ads(warehouse, DayRange(day, day))


def test_an_old_day_that_is_loaded_again_brings_no_old_name_back(warehouse: WarehouseHook) -> None:
    load(warehouse, DAY, "Новое")
    load(warehouse, DAY - timedelta(days=40), "Старое")
    assert name_of_campaign(warehouse) == "Новое"
    load(warehouse, DAY, "Ещё новее")
    assert name_of_campaign(warehouse) == "Ещё новее"
    load(warehouse, DAY, "А")  # which is before the others in the alphabet
    assert name_of_campaign(warehouse) == "А"


def test_names_that_another_release_loaded_come_with_the_next_load_or_migrate(warehouse: WarehouseHook) -> None:
    def known() -> list[int]:
        found = warehouse.execute("SELECT account_id FROM meta.v_vk_objects WHERE kind = 'campaign'")
        return sorted(account_id for (account_id,) in found)

    # By a release without the table: before there was any, and again while it was back in use.
    stage_vk(warehouse, {"stat_date": DAY - timedelta(days=300), "account_id": 1})
    load(warehouse, DAY - timedelta(days=100), "Кампания")
    assert known() == [1, 7]
    stage_vk(warehouse, {"stat_date": DAY - timedelta(days=50), "account_id": 2})
    load(warehouse, DAY, "Кампания")
    assert known() == [1, 2, 7]
    stage_vk(warehouse, {"stat_date": DAY + timedelta(days=1), "account_id": 3})
    assert migrate(warehouse) == []
    assert known() == [1, 2, 3, 7]


def test_what_has_no_current_name_keeps_its_own(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {"campaign_name": "Афиша", "ad_group_name": "Группа", "ad_name": "Объявление"})
    rebuild(warehouse, DM_VK_ADS, statement("vk_ads/dm_vk_ads_daily.sql"), ONE_DAY)
    assert warehouse.execute("SELECT campaign_name FROM bi.v_vk_ads_daily") == [("Афиша",)]
    found = warehouse.execute(
        "SELECT campaign_name, ad_group_name, ad_name, first_spend_day, days_since_first_spend "
        "FROM bi.v_vk_ads_by_ad_daily"
    )
    assert found == [("Афиша", "Группа", "Объявление", None, None)]
