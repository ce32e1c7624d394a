"""Values in the replies of VK Ads, however they are written, and whether every reader of JSON reads the same.

PHP writes an empty object as a list and a list with gaps as an object, and VK the same figure as number or as text.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from zakaz.sources.http import short
from zakaz.sources.json_reply import Odd, Unreadable, read_text

Fields = Mapping[str, Any]
Shape = Any
HIGHEST_ID = 2**64 - 1
# No true figure comes near it, and sums of such figures fit the warehouse's types (functions/zakaz_vk_count.sql).
HIGHEST_FIGURE = 10**15
DIGITS = re.compile(r"\d{1,20}", re.ASCII)
AMOUNT = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?", re.ASCII)
# What other readers of JSON refuse, or take for something else.
ODD_NUMBER = re.compile(rb"[:\[,]\s*-?(?:NaN|Infinity|\d{20}|\d[\d.]*[eE]\+?\d{3})")
KINDS = {type(None): "nothing", dict: "an object", list: "a list"}


def is_plain(content: bytes, body: Any, shape: Shape) -> bool:
    """Whether any reader of JSON reads the same."""
    is_text = read_text(content).encode() == content
    return is_text and not ODD_NUMBER.search(content) and _has_shape(body, shape)


def _has_shape(value: Any, shape: Shape) -> bool:
    if isinstance(value, Odd):
        return False
    if value is None or shape is None:
        return True
    if isinstance(shape, list):
        return isinstance(value, list) and all(each is not None and _has_shape(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            _has_shape(inner, shape.get(name, shape.get(""))) for name, inner in value.items()
        )
    return type(value) is shape


def items_of(body: Fields) -> Any:
    """The list of a reply.

    :raises Unreadable: it has none.
    """
    if "items" not in body:
        raise Unreadable("without items")
    return body["items"]


def objects_of(value: Any, place: str) -> list[tuple[Fields, str]]:
    """The objects of a list, each with its place.

    :raises Unreadable: it is no list of objects.
    """
    listed = list_of(value, place)
    return [(object_of(inner, f"{place}[{number}]"), f"{place}[{number}]") for number, inner in enumerate(listed)]


def list_of(value: Any, place: str) -> list[Any]:
    """A list; PHP writes one whose numbers have a gap as an object.

    :raises Unreadable: it is none.
    """
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    if not isinstance(value, list):
        raise wrong(place, "a list", value)
    return value


def object_of(value: Any, place: str) -> Fields:
    """An object; PHP writes an empty one as a list.

    :raises Unreadable: it is none.
    """
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise wrong(place, "an object", value)
    return value


def id_of(fields: Fields, name: str = "id") -> int:
    """An id of an object.

    :raises Unreadable: there is none, or it is no id.
    """
    return whole_number(fields.get(name), name, 1, HIGHEST_ID)


def whole_number(value: Any, place: str, lowest: int, highest: int) -> int:
    """A whole number between two others.

    :raises Unreadable: it is none; with its place.
    """
    text = written(value)
    if text is None or not DIGITS.fullmatch(text) or not lowest <= int(text) <= highest:
        raise wrong(place, "a whole number", value)
    return int(text)


def amount_of(value: Any) -> Decimal | None:
    """A sum of rubles; None if it is none."""
    text = written(value)
    amount = Decimal(text) if text and AMOUNT.fullmatch(text) else None
    return amount if amount is not None and abs(amount) < HIGHEST_FIGURE else None


def text_of(fields: Fields, name: str, odd: list[str]) -> str:
    """A text, empty if there is none; some encoders write one of digits as a number."""
    value = fields.get(name)
    if isinstance(value, bool | dict | list | Odd):
        odd.append(str(wrong(name, "a text", value)))
        return ""
    return written(value) or ""


def flag_of(fields: Fields, name: str) -> bool:
    """True or false; false if there is nothing.

    :raises Unreadable: it is something else.
    """
    value = fields.get(name) or False
    if not isinstance(value, bool) and written(value) not in ("0", "1"):
        raise wrong(name, "true or false", value)
    return value is True or written(value) == "1"


def written(value: Any) -> str | None:
    """A figure as text: VK writes the same one as number or as text. What is neither reads as no figure."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and abs(value) < HIGHEST_FIGURE:
        return f"{value:f}" if value % 1 else str(int(value))
    return _kind(value)


def wrong(place: str, expected: str, found: Any) -> Unreadable:
    """The error about a value that is not what it should be."""
    return Unreadable(f"without {place}" if found is None else f"{place}: expected {expected}, found {_kind(found)}")


def _kind(value: Any) -> str:
    """What it is, with the value where that is short."""
    if isinstance(value, Odd):
        return value.what
    if isinstance(value, bool):
        return json.dumps(value)
    shown = repr(short(value, 30)) if isinstance(value, str) else short(value, 30)
    return KINDS.get(type(value)) or f"{'a text' if isinstance(value, str) else 'a number'} {shown}"
