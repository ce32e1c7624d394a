"""The cities that the invented campaigns and events belong to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """A city and the ways in which marketers spell it in tags.

    :param name: the Russian name, as the sales export writes it.
    :param slugs: spellings in UTM tags, the usual one first.
    :param weight: its share of the money, relative to the others.
    :param region: id in the VK Ads regions dictionary.
    """

    name: str
    slugs: tuple[str, ...]
    weight: float
    region: int

    @property
    def slug(self) -> str:
        """Return the usual spelling in tags."""
        return self.slugs[0]


# Two-word and three-word names, a common word shared by two cities, and a name with «ё»: what a city rule trips over.
CITIES = (
    City("Москва", ("moskva", "msk", "moscow"), 3.0, 5506),
    City("Санкт-Петербург", ("spb", "sankt_peterburg", "piter"), 2.2, 5560),
    City("Великий Новгород", ("velikiy_novgorod",), 0.5, 5611),
    City("Нижний Новгород", ("nizhniy_novgorod", "nn"), 0.9, 5612),
    City("Казань", ("kazan",), 1.1, 5613),
    City("Екатеринбург", ("ekaterinburg", "ekb"), 1.2, 5614),
    City("Новосибирск", ("novosibirsk", "nsk"), 1.0, 5615),
    City("Ростов-на-Дону", ("rostov_na_donu", "rostov"), 0.8, 5616),
    City("Самара", ("samara",), 0.7, 5617),
    City("Орёл", ("orel",), 0.4, 5618),
)

# Spelt in one way each; for accounts and sellers larger than the usual.
_MORE = (
    "Абакан abakan, Анапа anapa, Ангарск angarsk, Архангельск arkhangelsk, Астрахань astrakhan, "
    "Барнаул barnaul, Белгород belgorod, Брянск bryansk, Владивосток vladivostok, Владимир vladimir, "
    "Волгоград volgograd, Вологда vologda, Воронеж voronezh, Иваново ivanovo, Ижевск izhevsk, "
    "Иркутск irkutsk, Калининград kaliningrad, Калуга kaluga, Кемерово kemerovo, Киров kirov, "
    "Кострома kostroma, Краснодар krasnodar, Красноярск krasnoyarsk, Курск kursk, Липецк lipetsk, "
    "Магнитогорск magnitogorsk, Мурманск murmansk, Омск omsk, Оренбург orenburg, Пенза penza, "
    "Пермь perm, Псков pskov, Рязань ryazan, Саратов saratov, Смоленск smolensk, Сочи sochi, "
    "Тамбов tambov, Тверь tver, Томск tomsk, Тула tula"
)
ALL_CITIES = (
    *CITIES,
    *(City(name, (slug,), 0.4, 5700 + number) for number, (name, slug) in enumerate(map(str.split, _MORE.split(", ")))),
)


def city_in_tag(tag: str) -> City | None:
    """Return the city that a tag such as ``nizhniy_novgorod_video`` names, if it names one.

    :param tag: the value of a UTM tag.
    """
    words = f"_{tag.lower().replace('-', '_')}_"
    spellings = [(slug, city) for city in ALL_CITIES for slug in city.slugs if f"_{slug}_" in words]
    return max(spellings, key=lambda spelling: len(spelling[0]))[1] if spellings else None
