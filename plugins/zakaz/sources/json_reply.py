"""The one way to read the JSON of a source: strict about its form, lenient about broken characters."""

import json
import re
from decimal import Decimal
from typing import Any

# An escape in JSON: a character of two surrogates, half of one, or any other.
PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
ESCAPE = re.compile(rf"\\(?:{PAIR}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{{2}})|.)", re.DOTALL)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """A reply that can't be read; the text says where and why, and quotes no value."""


def read_text(content: bytes) -> str:
    """A body in UTF-8. Bytes that are none, and halves of characters, become U+FFFD: no database could store them."""
    text = content.decode("utf-8-sig", errors="replace")
    if SURROGATE.search(text):
        return ESCAPE.sub(lambda escape: r"\ufffd" if escape["half"] else escape[0], text)
    return text


def read_json(content: bytes) -> Any:
    """What a body says, as read by `read_text`: with Decimal for decimals, never float but for NaN and Infinity.

    :raises Unreadable: it is not complete JSON, gives a key of an object twice, or is nested too deeply.
    """
    try:
        return json.loads(read_text(content), parse_float=Decimal, object_pairs_hook=_object)
    except Unreadable:
        raise
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except (ValueError, ArithmeticError):
        raise Unreadable("not complete JSON") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise Unreadable(f"{max(names, key=names.count)!r} is given twice in an object")
    return fields
