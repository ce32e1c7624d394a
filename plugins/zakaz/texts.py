"""Texts as others take them. Python keeps half of a character, and a byte that is no UTF-8, as a lone surrogate."""

import re
import unicodedata

# What programs and people write where they know no city: only its letters, in lower case, with е for ё.
NO_CITY = re.compile(
    "|".join(
        (
            "na|nan|nat|n|nil|null|none|undefined|unknown|blank|empty|notset|nodata|true|false|(grand)?total",
            "нет(данных|города)?|нд|без(города|названия)|пусто|истина|ложь|(общий)?итого?|всего",
            "(город)?(не(указан|определен|задан|выбран|заполнен)[аоы]?|неизвест(ен|н[аоы]|ный))(город)?",
            # Errors of Excel, in English and Russian: #REF!, #DIV/0!, #ЗНАЧ!
            "ref|value|name|num|div|ссылка|знач|имя|число|дел",
        )
    )
)
# Cyrillic letters that look Latin; a word may be written in either of them, or in both.
LOOK_ALIKES = ("авсенкмортху", "abcehkmoptxy")
ALPHABETS = (str.maketrans(*LOOK_ALIKES), str.maketrans(*reversed(LOOK_ALIKES)))
# Mailings put the address they went to into their tags. A phone has ten digits of its own, the ids of ads have fewer.
CONTACT = re.compile(
    r"[^@\s]@[^@\s]+\.\w|%40|(?<!\d)(?:\+?[78][\s(-]*)?9\d{2}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?!\d)", re.ASCII
)
HIDDEN = "hidden"
LONGEST_NAME = 60
# Letters for Unicode, and nothing to see: the fillers of Hangul.
FILLERS = "\u115f\u1160"


def utf8(text: str) -> bytes:
    """The text as UTF-8, with U+FFFD for each lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def well_formed(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return utf8(text).decode()


def is_name(text: str) -> bool:
    """Whether a text can name a seller or an organiser: 1 to `LONGEST_NAME` printable characters, no blanks around."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip()


def without_contacts(text: str) -> str:
    """The text, or the word `hidden` for one with an e-mail address or a mobile phone of Russia in it."""
    return HIDDEN if CONTACT.search(text) else text


def can_be_no_city(text: str) -> bool:
    """Whether a text says that no city is known, or is too broken to say which."""
    signs = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    letters = "".join(sign for sign in signs if sign.isalpha() and sign not in FILLERS)
    is_placeholder = any(NO_CITY.fullmatch(letters.translate(alphabet)) for alphabet in ALPHABETS)
    return not letters or is_placeholder or "\N{REPLACEMENT CHARACTER}" in text
