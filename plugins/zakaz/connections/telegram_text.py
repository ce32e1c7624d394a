"""Text as Telegram counts and reads it: HTML cut to the longest message, or without its mark-up."""

import html
import re

LONGEST_MESSAGE = 4096  # characters, not counting the mark-up
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
    tokens = list(TOKEN.finditer(text))
    length = sum(not token["tag"] for token in tokens)
    if length <= LONGEST_MESSAGE:
        return text
    room = LONGEST_MESSAGE - len(CUT)
    head = room * 2 // 3
    kept, position = [], 0
    for token in tokens:
        if token["tag"]:
            kept.append(token[0])
            continue
        if position == head:
            kept.append(CUT)
        if not head <= position < length - (room - head):
            kept.append(token[0])
        position += 1
    return "".join(kept)


def plain(text: str) -> str:
    """The text without mark-up; a link keeps its address."""
    return html.unescape(TAG.sub("", LINK.sub(r"\2: \1", text)))


def in_the_chat(text: str, topic: int) -> str:
    """A message that its topic did not take, for the chat itself; with or without mark-up."""
    return f"{NO_TOPIC.format(topic=topic)}\n\n{text}"
