"""The one way to read the JSON of a source: strict about its form, lenient about broken characters."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

# An escape in JSON: a character of two surrogates, half of one, or any other.
PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
ESCAPE = re.compile(rf"\\(?:{PAIR}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{{2}})|.)", re.DOTALL)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """A reply that can't be read; the text says where and why, and quotes no value."""


@dataclass(frozen=True)
class Odd:
    """In place of a value that can't be told: only who reads it refuses it. `what` names its kind, not the value."""

    what: str

    def __str__(self) -> str:
        return self.what


def read_text(content: bytes) -> str:
    """A body in UTF-8. Bytes that are none, and halves of characters, become U+FFFD: no database could store them."""
    text = content.decode("utf-8-sig", errors="replace")
    if SURROGATE.search(text):
        return ESCAPE.sub(lambda escape: r"\ufffd" if escape["half"] else escape[0], text)
    return text


def read_json(content: bytes) -> Any:
    """What a body says, as read by `read_text`: with Decimal for decimals, never float but for NaN and Infinity.

    A key given twice in an object, and a number too long to be read, have an Odd value.

    :raises Unreadable: it is not complete JSON, or nested too deeply.
    """
    try:
        return json.loads(
            read_text(content),
            parse_int=partial(_number, int),
            parse_float=partial(_number, Decimal),
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError:
        raise Unreadable("not complete JSON") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        times = Counter(name for name, _ in pairs)
        fields |= {name: Odd("two values") for name in fields if times[name] > 1}
    return fields


def _number(kind: Callable[[str], int | Decimal], text: str) -> int | Decimal | Odd:
    try:
        return kind(text)
    except (ValueError, ArithmeticError):  # thousands of digits; an exponent of twenty
        return Odd("a number too long")
