"""The text of a file that people made, or the name of what they made instead."""

import codecs
import re
import sys
from pathlib import Path

from zakaz.errors import InvalidInput

STANDARD_INPUT = Path("-")
SAVE_AS = 'in Excel: Save As, "CSV UTF-8 (comma delimited)"'
SIGNATURES = {
    b"PK": "an Excel workbook (xlsx) or another zip archive",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of old (xls)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"PAR1": "a Parquet file",
    b"{\\rtf": "an RTF document",
    b"<": "HTML or XML, whatever its name says",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
CYRILLIC = {"cp1251": "Windows-1251", "cp866": "cp866 of DOS", "koi8-r": "KOI8-R"}
USUAL = re.compile("[\t\r\n -~А-яЁё]")
LETTERS = re.compile("[а-яё]")


def file_text(path: Path) -> str:
    """The text of a file, without its byte order mark.

    :param path: `-` for standard input.
    :raises InvalidInput: it can't be read, or is no UTF-8; the message says what it is and how to save it.
    """
    try:
        content = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"FILE {str(path)!r} can't be read: {error.strerror}") from None
    if found := _something_else(content):
        raise InvalidInput(f"FILE {str(path)!r} is {found}. Save it as UTF-8, {SAVE_AS}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_no = content[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"FILE {str(path)!r} is not UTF-8: line {line_no} has byte {content[error.start]:#x}{_as_in(content)}. "
            f"Save it as UTF-8, {SAVE_AS}"
        ) from None


def _something_else(content: bytes) -> str:
    """What a file is that is no text in UTF-8; empty for a text."""
    begin = content[:200]
    for signature, name in SIGNATURES.items():
        if begin.lstrip(b" \t\r\n").startswith(signature):
            return name
    # What is UTF-8 would be Chinese, or nothing.
    likely = max(len(USUAL.findall(begin.decode(name, "replace"))) for name in ("utf-16-le", "utf-16-be"))
    return "UTF-16" if 4 * likely > len(begin) else ""


def _as_in(content: bytes) -> str:
    """Which other encoding a text in Russian has; empty if that can't be told, as in UTF-8 with a broken character."""
    as_utf8 = content.decode("utf-8", "replace")
    if as_utf8.count("\N{REPLACEMENT CHARACTER}") <= len(LETTERS.findall(as_utf8)):
        return ""
    letters = {name: len(LETTERS.findall(content.decode(name, "replace"))) for name in CYRILLIC}
    likeliest = max(letters, key=lambda name: letters[name])
    return f", as in {CYRILLIC[likeliest]}" if letters[likeliest] else ""
