"""The city rule: which text decides, and which spellings are known."""

import csv
import re
from collections import defaultdict
from decimal import Decimal

import pytest

from made_rows import DAY, ONE_DAY, build_vk
from sandbox import Sandbox
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.migrate import CITY_ALIASES

pytestmark = pytest.mark.warehouse
RULE = """
WITH (SELECT (groupArray(alias), groupArray(city)) FROM zakaz.dim_city_alias FINAL) AS known
SELECT zakaz_city([{a:String}, {b:String}, {c:String}, {d:String}], known.1, known.2)
"""


def canonical(text: str) -> str:
    """A text as the rule looks it up."""
    return " ".join(re.findall("[0-9a-zа-я]+", text.lower().replace("ё", "е")))


def seed() -> list[tuple[str, str]]:
    with CITY_ALIASES.open(encoding="utf-8", newline="") as file:
        return [(row["alias"], row["city"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("texts", "city"),
    [
        # utm_content, utm_campaign, group name, campaign name: the first that names a city decides.
        (("kazan", "moskva", "Самара", "Пермь"), "Казань"),
        (("", "moskva", "Самара", "Пермь"), "Москва"),
        (("crea01_hypothesis", "autumn", "Самара | Семьи", "Пермь"), "Самара"),
        (("crea01", "autumn", "Семьи 25-54", "Пермь | Видео"), "Пермь"),
        # The longer name is looked for first, wherever it stands; of two as long the one further left.
        (("velikiy_novgorod",), "Великий Новгород"),
        (("novgorod_nizhniy_novgorod",), "Нижний Новгород"),
        (("moskva_rostov_na_donu",), "Ростов-на-Дону"),
        (("promo-rostov-na-donu-2026",), "Ростов-на-Дону"),
        (("kazan_moskva",), "Казань"),
        # Letters, separators.
        (("ОРЁЛ",), "Орёл"),
        (("орел",), "Орёл"),
        (("Набережные Челны | Видео",), "Набережные Челны"),
        (("naberezhnye-chelny",), "Набережные Челны"),
        (("САНКТ-ПЕТЕРБУРГ",), "Санкт-Петербург"),
        (("spb_20.11",), "Санкт-Петербург"),
        (("ekb/video/1",), "Екатеринбург"),
        # A city is a word, not a part of one.
        (("moskvarium", "kazanova", "Самарская", "permanent"), ""),
        (("", "", "", ""), ""),
        (("123", "{{banner_id}}", "-", "🎄"), ""),
    ],
)
def test_the_rule(migrated: WarehouseHook, texts: tuple[str, ...], city: str) -> None:
    given = dict(zip("abcd", [*texts, "", "", "", ""], strict=False))
    assert migrated.execute(RULE, given) == [(city,)]


def test_the_known_spellings_can_be_found_and_say_one_thing() -> None:
    aliases, cities = [alias for alias, _ in seed()], {city for _, city in seed()}
    assert len(cities) >= 60
    assert len(aliases) == len(set(aliases))
    assert [alias for alias in aliases if alias != canonical(alias) or not 1 <= len(alias.split()) <= 3] == []
    assert [city for city in cities if (canonical(city), city) not in seed()] == []


def test_every_seeded_spelling_leads_to_its_city(migrated: WarehouseHook) -> None:
    wrong = migrated.execute(
        "WITH (SELECT (groupArray(alias), groupArray(city)) FROM zakaz.dim_city_alias FINAL) AS known "
        "SELECT alias, city, zakaz_city([concat('Promo_', upperUTF8(replaceAll(alias, ' ', '-')), '_01')], known.1, "
        "known.2) AS found FROM zakaz.dim_city_alias FINAL WHERE found != city"
    )
    assert wrong == []


@pytest.mark.usefixtures("no_token_kept")
def test_every_ad_that_names_its_city_is_counted_there(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    load_vk_ads(VkAdsHook().get_conn(), warehouse, ONE_DAY)
    build_vk(warehouse)
    expected: defaultdict[str, Decimal] = defaultdict(Decimal)
    for ad in sandbox.truth(DAY):
        if Decimal(ad["spent"]):
            expected[ad["city"] or "unknown"] += Decimal(ad["spent"])
    assert len(expected) == 11
    found = warehouse.execute("SELECT city, sum(spend) FROM zakaz.dm_vk_ads_daily FINAL GROUP BY city")
    assert dict(found) == expected
