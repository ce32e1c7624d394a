"""The city rule: which text decides, and which spellings are known."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from city_texts import OWN, REVIEW, SEVERAL
from few_examples import a_few
from made_rows import DAY, ONE_DAY, build_sales, build_vk, stage_sales, stage_vk
from sandbox import Sandbox
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.warehouse.cities import CITY_ALIASES
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
TEXTS = ("utm_content", "utm_campaign", "ad_group_name", "campaign_name")


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


def cities_of(warehouse: WarehouseHook, *ads: tuple[str, ...]) -> list[str]:
    """The city of each ad, by its texts in the order of `TEXTS`; those at the end may be left out."""
    rows = (
        {**dict.fromkeys(TEXTS, ""), **dict(zip(TEXTS, texts, strict=False)), "ad_id": number}
        for number, texts in enumerate(ads)
    )
    stage_vk(warehouse, *rows)
    return [city for (city,) in warehouse.execute("SELECT city FROM meta.v_cities_of_ads ORDER BY ad_id")]


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
        # The longer name is looked for first, wherever it stands.
        (("velikiy_novgorod",), "Великий Новгород"),
        (("novgorod_nizhniy_novgorod",), "Нижний Новгород"),
        (("promo-rostov-na-donu-2026",), "Ростов-на-Дону"),
        (("ростов_великий", "moskva"), "Ростов Великий"),
        # Several cities in the text that decides; in two texts, the first one's.
        (("kazan_moskva", "tula"), SEVERAL),
        (("moskva_rostov_na_donu",), SEVERAL),
        (("crea01", "Казань, Казань", "moskva_spb"), "Казань"),
        (("crea01", "", "Казань | Уфа", "Казань"), SEVERAL),
        # A name of a person or a title counts if no text names a city otherwise, wherever that text stands.
        (("vladimir_spivakov", "autumn", "", "Тула"), "Тула"),
        (("Виктор Королёв", "", "Орёл и решка", "kazan_ufa"), SEVERAL),
        (("Владимир Спиваков", "autumn", "Семьи", "Видео"), "Владимир"),
        (("crea01", "Королёв", "Владимир"), "Королёв"),
        (("Концерт во Владимире", "", "", "Тула"), "Владимир"),
        (("Владимир", "", "", "Концерт во Владимире"), "Владимир"),
        (("Владимир и Кострома",), SEVERAL),
        (("из Москвы", "Казань"), "Казань"),
        # What follows «без» is where the ad is not shown; another text is another matter.
        (("Россия без Москвы и СПб", "", "", "Тула"), "Тула"),
        (("Тула, Казань кроме центра",), SEVERAL),
        (("Тула кроме Казани", "Казань"), "Тула"),
        (("rf except moskva", "krome_spb", "исключая Тулу", "without Kazan"), "unknown"),
        # Digits are words of their own.
        (("kazan2026_dec", "moskva"), "Казань"),
        (("rostov2na3donu", "kazan"), "Ростов-на-Дону"),
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
        (("Щëлково", "kazan"), "Щёлково"),
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
        (("moskvarium", "kazanova", "Самарская", "permanent"), "unknown"),
        (("", "", "", ""), "unknown"),
        (("123", "{{banner_id}}", "-", "🎄"), "unknown"),
    ],
)
def test_the_rule(warehouse: WarehouseHook, texts: tuple[str, ...], city: str) -> None:
    assert cities_of(warehouse, texts) == [city]


@pytest.mark.parametrize("table", [REVIEW, OWN], ids=["review", "own"])
def test_the_texts_of_ads(warehouse: WarehouseHook, table: dict[str, tuple[str, ...]]) -> None:
    expected = [(text, city or "unknown") for city, texts in table.items() for text in texts]
    assert len(expected) >= 120
    found = cities_of(warehouse, *((text,) for text, _ in expected))
    assert list(zip((text for text, _ in expected), found, strict=True)) == expected


def test_a_city_that_has_sales_is_known_by_its_name(warehouse: WarehouseHook) -> None:
    ads = (
        "Нигдейск-2",
        "нигдейск_video2026",
        "Синяя Поляна",
        "в поляне",
        "г. Казань",
        "билеты онлайн, Тула",
        "unknown",
    )
    assert cities_of(warehouse, *((text,) for text in ads)) == [*["unknown"] * 4, "Казань", "Тула", "unknown"]
    cities = ("НИГДЕЙСК", "«синяя  поляна»", "г. Казань", "Владимир", "онлайн", "unknown", "", "123")
    stage_sales(warehouse, *({"city": city, "event_id": number} for number, city in enumerate(cities, start=1)))
    stage_sales(warehouse, {"city": "Тутбылск", "_deleted": 1})
    build_sales(warehouse)
    found = cities_of(warehouse, *((text,) for text in ads), ("Владимир, Тула",), ("Тутбылск",))
    assert found == ["Нигдейск", "Нигдейск", "Синяя Поляна", "unknown", "Казань", "Тула", "unknown", "Тула", "unknown"]
    # Where revenue is counted under the same name.
    sold = {city for (city,) in warehouse.execute("SELECT DISTINCT city FROM zakaz.dm_sales_daily FINAL")}
    assert {"Нигдейск", "Синяя Поляна"} <= sold
    own = {city for (city,) in warehouse.execute("SELECT DISTINCT city FROM zakaz.dim_city_alias FINAL")}
    known = dict(warehouse.execute("SELECT alias, city FROM meta.v_city_aliases"))
    assert set(known.values()) - own == {"Нигдейск", "Синяя Поляна"}
    assert "" not in known


def test_a_sale_is_in_the_city_that_it_names(warehouse: WarehouseHook) -> None:
    """A name that is also a person's is a city's there, and several are several only if the text says so."""
    names = ("Владимир", "Пушкин", "Ростов Великий", "Королёв, ДК", "Владимир, Казань")
    stage_sales(warehouse, *({"city": city, "event_id": number} for number, city in enumerate(names)))
    build_sales(warehouse)
    found = warehouse.execute("SELECT city FROM zakaz.dm_sales_daily FINAL ORDER BY event_id")
    assert found == [("Владимир",), ("Пушкин",), ("Ростов Великий",), ("Королёв",), (SEVERAL,)]


def test_why_an_ad_has_its_city(warehouse: WarehouseHook) -> None:
    ((last,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    old, first = last - timedelta(days=30), last - timedelta(days=29)
    plain = dict.fromkeys(TEXTS, "")
    stage_vk(
        warehouse,
        {"ad_id": 1, **plain, "stat_date": old, "spend": Decimal(1000), "utm_content": "tula"},
        {"ad_id": 1, **plain, "stat_date": first, "spend": Decimal(100), "utm_content": "tula"},
        {
            "ad_id": 1,
            **plain,
            "stat_date": last,
            "spend": Decimal(20),
            "utm_campaign": "Казань",
            "campaign_name": "Уфа",
        },
        {"ad_id": 1, **plain, "stat_date": last, "account_id": 2, "spend": Decimal(3), "utm_content": "kazan_ufa"},
        {"ad_id": 2, **plain, "stat_date": last, "utm_content": "Владимир", "ad_group_name": "Тула"},
        {"ad_id": 3, **plain, "stat_date": last, "utm_campaign": "Орёл", "campaign_name": "Королёв"},
        {"ad_id": 4, **plain, "stat_date": last},
        {"ad_id": 5, **plain, "stat_date": old, "utm_content": "tula"},
    )
    build_vk(warehouse, DayRange(old, last))
    found = warehouse.execute(
        "SELECT account_id, ad_id, city, decided_by, cities_found, spend_30d FROM bi.v_city_of_ads ORDER BY ALL"
    )
    usual = Decimal("100.50")
    assert found == [
        (1, 1, "Казань", "utm_campaign", ["Казань", "Уфа"], Decimal(120)),
        (1, 2, "Тула", "группа", ["Тула", "Владимир"], usual),
        (1, 3, "Орёл", "utm_campaign", ["Орёл", "Королёв"], usual),
        (1, 4, "unknown", "не определён", [], usual),
        (2, 1, SEVERAL, "utm_content", ["Казань", "Уфа"], Decimal(3)),
    ]
    texts = f"SELECT {', '.join(TEXTS)} FROM bi.v_city_of_ads WHERE account_id = 1 AND ad_id = 1"
    assert warehouse.execute(texts) == [("", "Казань", "", "Уфа")]
    # As the mart has it.
    in_mart = "SELECT city, sum(spend) FROM zakaz.dm_vk_ads_daily FINAL WHERE stat_date = {day:Date} GROUP BY city"
    in_view = "SELECT city, sum(spend) FROM meta.v_cities_of_ads WHERE stat_date = {day:Date} GROUP BY city"
    assert set(warehouse.execute(in_mart, {"day": last})) == set(warehouse.execute(in_view, {"day": last}))


def test_where_no_text_names_a_city_the_targeted_region_may(warehouse: WarehouseHook) -> None:
    ((day,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    names = {1: "Казань", 2: "Самарская область", 3: "Россия", 4: "Тула", 5: "Владимир"}
    warehouse.insert("zakaz.dim_vk_region", ["region_id", "name"], [*names.items(), (4, "Тула (старое имя)")])
    warehouse.insert("zakaz.dim_vk_region", ["region_id", "name"], [(4, "Тула")])
    # By the texts, the region and the city.
    ads: list[tuple[tuple[str, ...], int, str, str]] = [
        ((), 1, "Казань", "география"),
        (("crea01", "autumn", "Семьи", "Видео"), 4, "Тула", "география"),
        (("", "", "", "Уфа"), 1, "Уфа", "кампания"),
        (("ufa_kazan",), 1, SEVERAL, "utm_content"),
        (("без Казани",), 1, "Казань", "география"),
        *(((), region, "unknown", "не определён") for region in (0, 2, 3, 999)),
        # A name of a person or a title gives way to the region; of the region itself, it is a weaker guess.
        (("Виктор Королёв",), 1, "Казань", "география"),
        (("Виктор Королёв",), 5, "Королёв", "utm_content"),
        ((), 5, "Владимир", "география"),
    ]
    plain = {**dict.fromkeys(TEXTS, ""), "stat_date": day}
    stage_vk(
        warehouse,
        *(
            {"ad_id": number, **plain, **dict(zip(TEXTS, texts, strict=False)), "targeted_region": region}
            for number, (texts, region, _, _) in enumerate(ads)
        ),
    )
    found = warehouse.execute("SELECT city, decided_by FROM bi.v_city_of_ads ORDER BY ad_id")
    assert found == [(city, decided_by) for *_, city, decided_by in ads]
    assert warehouse.execute("SELECT region_name FROM bi.v_city_of_ads WHERE ad_id = 1") == [("Тула",)]


def test_what_a_rebuild_would_change_is_told_before(warehouse: WarehouseHook) -> None:
    changes = "SELECT campaign_id, city, spend_in_mart, spend_by_rule FROM meta.v_city_changes ORDER BY ALL"
    stage_vk(warehouse, {"ad_id": 1, "utm_content": "нигдейск"}, {"ad_id": 2, "campaign_id": 11})
    build_vk(warehouse)
    assert warehouse.execute(changes) == []
    stage_sales(warehouse, {"city": "Нигдейск"})
    spend = Decimal("100.50")
    assert warehouse.execute(changes) == [(10, "unknown", spend, 0), (10, "Нигдейск", 0, spend)]
    build_vk(warehouse)
    assert warehouse.execute(changes) == []


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (
            ("Синяя Поляна", "Синяя\u00a0Поляна", " синяя  ПОЛЯНА", "Cиняя\u200b Пoляна.", "«Синяя\nполяна»"),
            "Синяя Поляна",
        ),
        ((unicodedata.normalize("NFD", "Щёлкино"), "щелкино", "ЩЁЛКИНО", "Щëлкино"), "Щелкино"),
        (("Урюпинск-на-Марсе", "урюпинск\u2011На–марсе", "УРЮПИНСК−НА-МАРСЕ"), "Урюпинск-на-Марсе"),
        (("Tmutarakan", "TMUTARAKAN", "Ｔmutarakan"), "Tmutarakan"),
        (("Синяя\u200bПоляна", "Синяя\u200b\u200b Поляна", "Си\u200bняя Поляна"), "Синяя Поляна"),
        (("Ϲиняя Пοляна", "Синяя П0ляна"), "Синяя Поляна"),
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
