"""Telegram's HTML: which messages the Bot API refuses, and what is left without the tags."""

from __future__ import annotations

import html
import re

_STYLES = frozenset(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del"])
_TAGS = _STYLES | {"code", "pre", "a", "blockquote", "tg-spoiler", "tg-emoji", "span"}
_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:\s[^<>]*)?)>")
# The only named entities that the Bot API knows; others stay as they are.
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#[xX][0-9a-fA-F]+);")
_SPOILER = re.compile(r"""\sclass=(["']?)tg-spoiler\1\s*""")


class BadEntitiesError(Exception):
    """The text is not the HTML that Telegram accepts."""


def plain_text(text: str) -> str:
    """Return the text of a message in HTML without its tags, and with its entities replaced.

    :param text: the message as sent.
    :raises BadEntitiesError: a stray ``<``, a tag that Telegram does not know, or tags out of balance.
    """
    plain: list[str] = []
    opened: list[str] = []
    position = 0
    while (start := text.find("<", position)) >= 0:
        plain.append(text[position:start])
        tag = _TAG.match(text, start)
        offset = len(text[:start].encode())
        if tag is None:
            msg = f"Unsupported start tag at byte offset {offset}"
            raise BadEntitiesError(msg)
        name = tag["name"].lower()
        if tag["close"]:
            _close(opened, name, offset)
        elif name not in _TAGS or (name == "span" and not _SPOILER.fullmatch(tag["attributes"])):
            msg = f'Unsupported start tag "{name}" at byte offset {offset}'
            raise BadEntitiesError(msg)
        else:
            opened.append(name)
        position = tag.end()
    if opened:
        msg = f'Can\'t find end tag corresponding to start tag "{opened[-1]}"'
        raise BadEntitiesError(msg)
    plain.append(text[position:])
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), "".join(plain))


def _close(opened: list[str], name: str, offset: int) -> None:
    if not opened:
        msg = f"Unexpected end tag at byte offset {offset}"
        raise BadEntitiesError(msg)
    if opened[-1] != name:
        msg = f'Unmatched end tag at byte offset {offset}, expected "</{opened[-1]}>", found "</{name}>"'
        raise BadEntitiesError(
            msg,
        )
    opened.pop()
