"""A message as the Bot API takes it, and what is left of it when Telegram refuses a part."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from zakaz.connections.telegram_text import LONGEST_CAPTION, cut, in_the_chat, length, plain, with_links
from zakaz.texts import well_formed

# TOPIC_CLOSED, TOPIC_DELETED, TOPIC_ID_INVALID, "message thread not found", "the chat is not a forum", …
NO_SUCH_TOPIC = re.compile("topic|thread|forum", re.IGNORECASE)
# BUTTON_URL_INVALID, "inline keyboard button URL '…' is invalid", REPLY_MARKUP_INVALID, …
NO_BUTTONS = re.compile("button|reply.?markup", re.IGNORECASE)


class Link(NamedTuple):
    """A button below a message; a line of its text where Telegram takes no button, with the URL as it is."""

    label: str
    url: str

    @property
    def is_button(self) -> bool:
        """Whether Telegram takes it, and leads further than to the reader's own machine.

        Telegram refuses the whole message for a host without a dot, such as localhost.
        """
        try:
            scheme, host = urlsplit(self.url).scheme, urlsplit(self.url).hostname or ""
        except ValueError:
            return False
        return scheme in ("http", "https") and "." in host and not host.startswith("127.")


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message.

    :param html: its text.
    :param photo: a PNG; the text is its caption.
    :param topic: of a forum group.
    :param lost_topic: the topic that did not take it.
    """

    html: str
    links: Sequence[Link] = ()
    photo: bytes = b""
    topic: int | None = None
    lost_topic: int | None = None
    has_buttons: bool = True
    has_mark_up: bool = True

    @property
    def text(self) -> str:
        """What is read: with the links that are no buttons, and without mark-up where Telegram can't parse it."""
        html = with_links(self.html, [link for link in self.links if link not in self._buttons])
        if self.lost_topic:
            html = in_the_chat(html, self.lost_topic)
        return cut(well_formed(html if self.has_mark_up else plain(html)))

    @property
    def is_caption(self) -> bool:
        """Whether its text is short enough for a photo."""
        return length(self.text) <= LONGEST_CAPTION

    def params(self) -> dict[str, Any]:
        """The parameters of sendMessage, or of sendPhoto if there is a photo, but for the photo and the chat."""
        keyboard = [[{"text": link.label, "url": link.url} for link in self._buttons]]
        return {
            **({"caption": self.text} if self.photo else {"text": self.text, "disable_web_page_preview": True}),
            **({"parse_mode": "HTML"} if self.has_mark_up else {}),
            **({"message_thread_id": self.topic} if self.topic else {}),
            **({"reply_markup": json.dumps({"inline_keyboard": keyboard})} if self._buttons else {}),
        }

    def without(self, refused: str) -> "Message | None":
        """The message without what Telegram refused; None if nothing can be left out.

        :param refused: what Telegram says.
        """
        if self.has_mark_up and "parse entities" in refused:
            return replace(self, has_mark_up=False)
        if self._buttons and NO_BUTTONS.search(refused):
            return replace(self, has_buttons=False)
        if self.topic and NO_SUCH_TOPIC.search(refused):
            return replace(self, topic=None, lost_topic=self.topic)
        return replace(self, photo=b"") if self.photo else None

    @property
    def _buttons(self) -> list[Link]:
        return [link for link in self.links if self.has_buttons and link.is_button]
