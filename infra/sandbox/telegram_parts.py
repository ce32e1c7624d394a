"""What a message of the Bot API may have beside its text: a photo, and buttons below it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug import Request

_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_BYTES = 10 * 1024 * 1024
_MAX_SIDES, _MAX_RATIO = 10_000, 20
_SCHEMES = ("http", "https", "tg")


class BadRequestError(Exception):
    """A request that the Bot API answers with 400."""


@dataclass(frozen=True)
class Photo:
    """A PNG; the stand-in knows no other format."""

    content: bytes
    width: int
    height: int

    @property
    def size(self) -> dict[str, Any]:
        """Return it as a message names it."""
        return {
            "file_id": "sandbox",
            "file_size": len(self.content),
            "width": self.width,
            "height": self.height,
        }

    def kept(self, file: Path) -> Path:
        """Write it to a file, for people to look at."""
        file.write_bytes(self.content)
        return file


def photo_of(request: Request) -> Photo:
    """Return the photo of a call, which is a file in its form.

    :raises BadRequestError: there is none, or Telegram would not take it.
    """
    sent = request.files.get("photo")
    if sent is None:
        raise BadRequestError("there is no photo in the request")
    content = sent.read()
    if not content:
        raise BadRequestError("file must be non-empty")
    if len(content) > _MAX_BYTES:
        raise BadRequestError(f"file of size {len(content)} bytes is too big for a photo; the maximum is {_MAX_BYTES}")
    if not content.startswith(_PNG):
        raise BadRequestError("IMAGE_PROCESS_FAILED")
    width, height = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
    if not width or not height or width + height > _MAX_SIDES or max(width, height) > _MAX_RATIO * min(width, height):
        raise BadRequestError("PHOTO_INVALID_DIMENSIONS")
    return Photo(content, width, height)


def buttons(markup: str) -> list[list[str]]:
    """Return the label and the URL of each button of an inline keyboard, row after row.

    :param markup: ``reply_markup``, a text of JSON.
    :raises BadRequestError: it is no inline keyboard of buttons with URLs that Telegram takes.
    """
    try:
        keyboard = json.loads(markup)
    except ValueError:
        raise BadRequestError("can't parse reply keyboard markup JSON object") from None
    if not isinstance(keyboard, dict):
        raise BadRequestError("object expected as reply markup")
    rows = keyboard.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadRequestError('field "inline_keyboard" must be of type Array')
    return [_button(button) for row in rows for button in row]


def _button(button: Any) -> list[str]:
    if not isinstance(button, dict) or not str(button.get("text") or "").strip():
        raise BadRequestError("can't parse inline keyboard button: Button text must not be empty")
    if "url" not in button:
        raise BadRequestError("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    url = str(button["url"])
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    if parts.scheme not in _SCHEMES:
        raise BadRequestError(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    if parts.scheme != "tg" and "." not in host and ":" not in host:
        raise BadRequestError(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if host.replace(".", "").isdecimal() and ip_address(host).is_loopback:
        raise BadRequestError("BUTTON_URL_INVALID")
    return [str(button["text"]), url]
