"""Text as Telegram counts and reads it: HTML cut to the longest message, or without its mark-up."""

import html
import re
from collections.abc import Iterable

# Characters, not counting the mark-up.
LONGEST_MESSAGE, LONGEST_CAPTION = 4096, 1024
CUT = "\n[…]\n"
NO_TOPIC = "⚠️ Тема {topic} закрыта или удалена, поэтому это сообщение здесь. Исправьте message_thread_id подключения."
# What Telegram takes for a tag and for an entity; anything else between < and > is text, such as <class 'KeyError'>.
TAG = re.compile(
    r"</?(?:b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|span|tg-spoiler|tg-emoji)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
LINK = re.compile(r"""<a\s+href=["']([^"']*)["']\s*>(.*?)</a>""", re.IGNORECASE | re.DOTALL)
TOKEN = re.compile(rf"(?P<tag>{TAG.pattern})|&(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);|.", re.IGNORECASE | re.DOTALL)


def cut(text: str) -> str:
    """The text within Telegram's limit, head and tail kept: the cause comes first, the link last.

    Tags are never dropped, so the mark-up stays balanced.
    """
    if (whole := length(text)) <= LONGEST_MESSAGE:
        return text
    room = LONGEST_MESSAGE - len(CUT)
    head = room * 2 // 3
    kept, position = [], 0
    for token in TOKEN.finditer(text):
        if token["tag"]:
            kept.append(token[0])
            continue
        if position == head:
            kept.append(CUT)
        if not head <= position < whole - (room - head):
            kept.append(token[0])
        position += 1
    return "".join(kept)


def length(text: str) -> int:
    """The length as Telegram counts it."""
    return sum(not token["tag"] for token in TOKEN.finditer(text))


def plain(text: str) -> str:
    """The text without mark-up; a link keeps its address."""
    return html.unescape(TAG.sub("", LINK.sub(r"\2: \1", text)))


def with_links(text: str, links: Iterable[tuple[str, str]]) -> str:
    """The text with links written out below it, since Telegram drops a link to localhost and other channels any link.

    :param links: of each its label and its URL.
    """
    return "\n\n".join(filter(None, [text, "\n".join(f"{label}: {html.escape(url)}" for label, url in links)]))


def in_the_chat(text: str, topic: int) -> str:
    """A message that its topic did not take, for the chat itself; with or without mark-up."""
    return f"{NO_TOPIC.format(topic=topic)}\n\n{text}"
