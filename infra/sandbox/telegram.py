"""The Telegram Bot API: it takes messages, shows them on stdout and keeps them in a file."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from werkzeug import Request, Response

from sandbox.days import MOSCOW
from sandbox.replies import json_reply
from sandbox.telegram_html import BadEntitiesError, plain_text
from sandbox.telegram_parts import BadRequestError, Photo, buttons, photo_of

BOT_TOKEN = "123456:sandbox-token"  # noqa: S105 - the stand-in's public value
MAX_TEXT, MAX_CAPTION = 4096, 1024  # characters, after the entities are taken out
# How Telegram says that a topic takes no messages, by the kind of fault.
TOPIC_REFUSALS = {
    "topic_closed": "TOPIC_CLOSED",
    "topic_deleted": "TOPIC_DELETED",
    "topic_id_invalid": "TOPIC_ID_INVALID",
    "no_thread": "message thread not found",
    "no_forum": "the chat is not a forum",
}
# The same for other parts of a message: the part, and what is said of it.
PART_REFUSALS = {
    **{kind: ("message_thread_id", said) for kind, said in TOPIC_REFUSALS.items()},
    "no_photos": ("photo", "not enough rights to send photos to the chat"),
    "bad_photo": ("photo", "IMAGE_PROCESS_FAILED"),
    "bad_button": ("reply_markup", "BUTTON_URL_INVALID"),
}
_PARSE_MODES = ("", "html", "markdown", "markdownv2")
_BOT = {"id": 123456, "is_bot": True, "first_name": "Sandbox", "username": "sandbox_bot"}


def refusal(status: int, description: str, headers: Mapping[str, str] | None = None, **more: object) -> Response:
    """Return an error of the Bot API.

    :param more: further keys of the body, for example ``parameters``.
    """
    return json_reply({"ok": False, "error_code": status, "description": description, **more}, status, headers)


class Telegram:
    """One bot and all the messages that it was given."""

    def __init__(self, file: Path) -> None:
        """Start without messages.

        :param file: JSON lines, to which each message is appended.
        """
        self._file = file
        self._messages: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def call(self, token: str, method: str, request: Request) -> Response:
        """Answer a call of the Bot API, whose method names know no upper or lower case."""
        if token != BOT_TOKEN:
            return refusal(401, "Unauthorized")
        if method.lower() == "getme":
            abilities = {
                "can_join_groups": True,
                "can_read_all_group_messages": False,
                "supports_inline_queries": False,
            }
            return json_reply({"ok": True, "result": {**_BOT, **abilities}})
        if method.lower() not in ("sendmessage", "sendphoto"):
            return refusal(404, "Not Found")
        try:
            photo = photo_of(request) if method.lower() == "sendphoto" else None
            return json_reply({"ok": True, "result": self._send(parameters(request), photo)})
        except BadRequestError as error:
            return refusal(400, f"Bad Request: {error}")

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages that arrived, the oldest first."""
        with self._lock:
            return [dict(message) for message in self._messages]

    def forget(self) -> None:
        """Drop the messages from memory; the file keeps them."""
        with self._lock:
            self._messages.clear()

    def _send(self, parameters: Mapping[str, str], photo: Photo | None) -> dict[str, Any]:
        chat = _chat(parameters.get("chat_id", ""))
        parse_mode = parameters.get("parse_mode", "")
        if parse_mode.lower() not in _PARSE_MODES:
            msg = "unsupported parse_mode"
            raise BadRequestError(msg)
        text = parameters.get("caption" if photo else "text", "")
        try:
            plain = plain_text(text) if parse_mode.lower() == "html" else text
        except BadEntitiesError as error:
            msg = f"can't parse entities: {error}"
            raise BadRequestError(msg) from error
        if not plain.strip() and not photo:
            msg = "message text is empty"
            raise BadRequestError(msg)
        if len(plain) > (MAX_CAPTION if photo else MAX_TEXT):
            msg = "message caption is too long" if photo else "message is too long"
            raise BadRequestError(msg)
        thread = parameters.get("message_thread_id", "")
        markup = parameters.get("reply_markup", "")
        now = datetime.now(MOSCOW)
        with self._lock:
            number = len(self._messages) + 1
            message = {
                "message_id": number,
                "received_at": now.isoformat(timespec="seconds"),
                "chat_id": chat["id"],
                "message_thread_id": int(thread) if thread.isdecimal() else None,
                "parse_mode": parse_mode or None,
                "silent": parameters.get("disable_notification", "").lower() in ("true", "1"),
                "text": text,
                "plain": plain,
                "buttons": buttons(markup) if markup else [],
                "photo": str(photo.kept(self._file.with_name(f"photo-{number}.png"))) if photo else None,
            }
            self._messages.append(message)
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(message, ensure_ascii=False) + "\n")
            _show(message, now)
        result = {"message_id": number, "from": _BOT, "chat": chat, "date": int(now.timestamp())}
        result |= {"caption": plain, "photo": [photo.size]} if photo else {"text": plain}
        result |= {"reply_markup": json.loads(markup)} if markup else {}
        return {**result, "message_thread_id": int(thread)} if thread.isdecimal() else result


def parameters(request: Request) -> dict[str, str]:
    """Return the parameters of a call, wherever they are: the query, a form or a JSON body."""
    given: dict[str, Any] = request.values.to_dict()
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            msg = "can't parse JSON object"
            raise BadRequestError(msg)
        given.update(body)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


def _chat(chat_id: str) -> dict[str, Any]:
    if not chat_id:
        msg = "chat_id is empty"
        raise BadRequestError(msg)
    if chat_id.startswith("@") and len(chat_id) > 1:
        return {"id": chat_id, "type": "channel"}
    if not chat_id.removeprefix("-").isdecimal():
        msg = "chat not found"
        raise BadRequestError(msg)
    kind = "supergroup" if chat_id.startswith("-100") else "group" if chat_id.startswith("-") else "private"
    return {"id": int(chat_id), "type": kind}


def _show(message: Mapping[str, Any], now: datetime) -> None:
    thread = message["message_thread_id"]
    where = f"chat {message['chat_id']}" + (f", topic {thread}" if thread else "")
    lines = [f"┌── Telegram · {where} · {now:%Y-%m-%d %H:%M:%S} MSK"]
    lines += [f"│ [{message['photo']}]"] if message["photo"] else []
    lines += [f"│ {line}" for line in message["plain"].splitlines()]
    lines += [f"│ [{label}] {url}" for label, url in message["buttons"]]
    lines.append("└──")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
