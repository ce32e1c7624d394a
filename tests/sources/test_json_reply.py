"""How the JSON of a source is read: strict about its form, lenient about broken characters, exact about numbers."""

from decimal import Decimal
from typing import Any

import pytest

from zakaz.sources.json_reply import Odd, Unreadable, read_json, read_text

TWICE = Odd("two values")
BROKEN = [
    (b"\xef\xbb\xbf{}", "{}"),
    ("«Ё» \N{PARTY POPPER}".encode(), "«Ё» \N{PARTY POPPER}"),
    (b"a\xffb", "a\ufffdb"),
    (rb"\ud83c\udf89", r"\ud83c\udf89"),
    (rb"\uD83C\uDF89 \ud83c \uDF89", r"\uD83C\uDF89 \ufffd \ufffd"),
    (rb"\ud83c\ud83c\udf89", r"\ufffd\ud83c\udf89"),
    (rb"\ud83c \\ud83c \n \u0451", r"\ufffd \\ud83c \n \u0451"),
    (rb"\\ud83c\\udf89", r"\\ud83c\\udf89"),
]


@pytest.mark.parametrize(("content", "text"), BROKEN)
def test_what_is_no_character_becomes_the_replacement_character_and_the_rest_stays(content: bytes, text: str) -> None:
    assert read_text(content) == text


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, -2, "3", true, null]}', {"a": [1, -2, "3", True, None]}),
        (b"[0.10, 1e2, 1e400]", [Decimal("0.10"), Decimal("1e2"), Decimal("1e400")]),
        (b'{"a": 1, "b": 2, "a": 1, "c": {"d": 0, "d": 0, "d": 0}}', {"a": TWICE, "b": 2, "c": {"d": TWICE}}),
        (b"[" + b"7" * 5000 + b", 1e" + b"9" * 20 + b", 8]", [Odd("a number too long")] * 2 + [8]),
    ],
)
def test_numbers_are_exact_and_what_can_not_be_told_is_odd(content: bytes, value: Any) -> None:
    assert repr(read_json(content)) == repr(value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1', "not complete JSON"),
        (b"", "not complete JSON"),
        (b"{} or more", "not complete JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    ],
)
def test_a_reply_that_is_no_json_is_refused_without_its_values(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(content)
    assert str(caught.value) == said
