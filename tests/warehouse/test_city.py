"""The city rule: which text decides, and which spellings are known."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from few_examples import a_few
from made_rows import DAY, ONE_DAY, build_sales, build_vk, stage_sales
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


def look_alikes(name: str) -> Iterator[str]:
    """A name with each word in Latin letters that can be written in such that look the same."""
    latin = str.maketrans("авсенкмортху", "abcehkmoptxy")
    words = [{word, word.translate(latin)} for word in name.split()]
    for spelling in product(*words):
        if all(word.isascii() or word in name.split() for word in spelling):
            yield " ".join(spelling)


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
        # What is read as the same name is the same name, whatever code points write it.
        ((unicodedata.normalize("NFD", "НИЖНИЙ НОВГОРОД"),), "Нижний Новгород"),
        (("Нижний\u00a0\u2009Новгород",), "Нижний Новгород"),
        (("Ростов\u2011на–Дону",), "Ростов-на-Дону"),
        (("Каза\u0301нь", "Москва"), "Казань"),
        (("\ufeffКа\u00adза\u200bнь\u2060", "Москва"), "Казань"),
        (("Ｋａｚａｎ", "Москва"), "Казань"),
        # Letters of the wrong alphabet: Cazan's first is the Latin one, and so are o, c, ë; then the other way round.
        (("Cаратов | Видео",), "Саратов"),
        (("Мocквa", "kazan"), "Москва"),
        (("Орëл", "kazan"), "Орёл"),
        (("kаzаn_promo", "Москва"), "Казань"),
        (("Казаньpromo", "Tула"), "Тула"),
        # Greek and other letters, a zero.
        (("Κазань",), "Казань"),
        (("Мοсква",), "Москва"),
        (("Ѕочи",), "Сочи"),
        (("Ϲочи",), "Сочи"),
        (("Ϲочи | Αθήνα",), "Сочи"),
        (("М0сква",), "Москва"),
        (("КЕМЕР0В0",), "Кемерово"),
        (("0мcк",), "Омск"),
        # A word that is Cyrillic to look at, if that is a city; other words of such letters stay.
        (("MOCKBA", "kazan"), "Москва"),
        (("POCTOB-HA-ДOHУ",), "Ростов-на-Дону"),
        (("POCTOB-HA-ДОНУ",), "Ростов-на-Дону"),
        (("OMCK",), "Омск"),
        (("COMET", "TOMCK"), "Томск"),
        # A city is a word, not a part of one.
        (("moskvarium", "kazanova", "Самарская", "permanent"), ""),
        (("", "", "", ""), ""),
        (("123", "{{banner_id}}", "-", "🎄"), ""),
    ],
)
def test_the_rule(migrated: WarehouseHook, texts: tuple[str, ...], city: str) -> None:
    given = dict(zip("abcd", [*texts, "", "", "", ""], strict=False))
    assert migrated.execute(RULE, given) == [(city,)]


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (
            ("Красная Поляна", "Красная\u00a0Поляна", " красная  ПОЛЯНА", "Kрасная\u200b Пoляна.", "«Красная\nполяна»"),
            "Красная Поляна",
        ),
        ((unicodedata.normalize("NFD", "Щёлкино"), "щелкино", "ЩЁЛКИНО", "Щëлкино"), "Щелкино"),
        (("Урюпинск-на-Марсе", "урюпинск\u2011На–марсе", "УРЮПИНСК−НА-МАРСЕ"), "Урюпинск-на-Марсе"),
        (("Tbilisi", "TBILISI", "Ｔbilisi"), "Tbilisi"),
        (("Красная\u200bПоляна", "Красная\u200b\u200b Поляна", "Крас\u200bная Поляна"), "Красная Поляна"),
        (("Κрасная Пοляна", "Красная П0ляна"), "Красная Поляна"),
        (("Αθήνα", "ΑΘΉΝΑ"), "Αθήνα"),
        (("Comb", "COMB"), "Comb"),
        (("Театр 100лет", "театр 100ЛЕТ"), "Театр 100лет"),
        (("Нигдейск (у моря)", "НИГДЕЙСК (У МОРЯ)"), "Нигдейск (У Моря)"),
        # What names no city.
        (("", " \u00a0\u200b", "-", "123", "…", "unknown", "Unknown", "\0"), "unknown"),
    ],
)
def test_a_city_without_an_alias_has_one_name(warehouse: WarehouseHook, spellings: tuple[str, ...], name: str) -> None:
    stage_sales(warehouse, *({"city": city, "event_id": number} for number, city in enumerate(spellings, start=1)))
    build_sales(warehouse)
    found = warehouse.execute("SELECT event_id, city FROM zakaz.dm_sales_daily FINAL ORDER BY event_id")
    assert found == [(number, name) for number, _ in enumerate(spellings, start=1)]


LIKE_CYRILLIC = dict(zip("авекмнорстухё", "aBeKMHopcTyxë", strict=True))
FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])
# U+200B is where a line may end, and stands between words too.
NOTHING_TO_SEE = st.sampled_from(["", "", "", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e"])
SPACES = st.sampled_from([" ", "\u00a0", "\u202f", "\u2003", "\t", "\r\n", "  ", "\u200b\u00a0"])
DASHES = st.sampled_from(["-", "\u2010", "\u2011", "–", "—", "\u2212", " - "])


@st.composite
def decorated(draw: st.DrawFn) -> tuple[str, str]:
    """The name of a known city, and a text that a reader takes for it."""
    city = draw(st.sampled_from(sorted({city for _, city in seed()})))
    text = ""
    for before, letter in zip(" " + city, city, strict=False):
        if letter == " ":
            text += draw(SPACES)
        elif letter == "-":
            text += draw(DASHES)
        else:
            # At least the first letter of a word tells its alphabet.
            likes = LIKE_CYRILLIC.get(letter, letter) if before not in " -" else letter
            letters = {letter, letter.upper(), letter.lower(), likes, likes.lower(), letter.replace("ё", "е")}
            text += draw(st.sampled_from(sorted(letters)))
    form = draw(FORMS)
    text = "".join(letter + draw(NOTHING_TO_SEE) for letter in unicodedata.normalize(form, text))
    return city, draw(st.sampled_from(["", " ", "\u00a0", "г. "])) + text


@a_few
@given(names=st.lists(decorated(), min_size=1, max_size=60))
@example(names=[(city, city) for city in sorted({city for _, city in seed()})])
def test_however_a_known_city_is_decorated_it_is_that_city(
    warehouse: WarehouseHook, names: list[tuple[str, str]]
) -> None:
    warehouse.execute("TRUNCATE TABLE zakaz.stg_qtickets_sales")
    warehouse.execute("TRUNCATE TABLE zakaz.dm_sales_daily")
    stage_sales(warehouse, *({"city": text, "event_id": number} for number, (_, text) in enumerate(names, start=1)))
    build_sales(warehouse)
    found = dict(warehouse.execute("SELECT event_id, city FROM zakaz.dm_sales_daily FINAL"))
    assert [(found[number], text) for number, (_, text) in enumerate(names, start=1)] == names


def test_the_known_spellings_can_be_found_and_say_one_thing() -> None:
    aliases, cities = [alias for alias, _ in seed()], {city for _, city in seed()}
    assert len(cities) >= 60
    assert len(aliases) == len(set(aliases))
    assert [alias for alias in aliases if alias != canonical(alias) or not 1 <= len(alias.split()) <= 3] == []
    assert [city for city in cities if (canonical(city), city) not in seed()] == []
    # Words with nothing but letters that look Latin, in either alphabet.
    assert {(spelling, city) for city in cities for spelling in look_alikes(canonical(city))} - set(seed()) == set()


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
