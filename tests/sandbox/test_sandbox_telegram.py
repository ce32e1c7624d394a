"""The Telegram stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox_client import Client

from sandbox import BOT_TOKEN


def test_a_message_is_answered_shown_and_kept(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = client.bot(chat_id="-1001", text="<b>Сбой</b>: a &lt; b", parse_mode="HTML", message_thread_id="7").json()
    assert reply["ok"]
    result = reply["result"]
    assert (result["chat"], result["text"]) == ({"id": -1001, "type": "supergroup"}, "Сбой: a < b")
    assert (result["message_id"], result["message_thread_id"]) == (1, 7)
    address = f"{client.sandbox.url}/bot{BOT_TOKEN}/sendMessage"
    assert requests.post(address, json={"chat_id": 5, "text": "два"}, timeout=5).json()["result"]["message_id"] == 2
    shown = capsys.readouterr().out
    assert "chat -1001, topic 7" in shown
    assert "│ Сбой: a < b\n" in shown
    kept = (tmp_path / "telegram.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line) for line in kept.splitlines()] == client.control("GET", "messages").json()
    assert BOT_TOKEN not in kept + shown


def test_another_token_and_another_method_are_refused(client: Client) -> None:
    assert client.bot("getMe").json()["result"]["is_bot"]
    assert client.bot("getMe", token="1:x").json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert client.bot("sendVideo").status_code == 404


@pytest.mark.parametrize(
    ("form", "description"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": "nobody", "text": "x"}, "chat not found"),
        ({"chat_id": "1"}, "message text is empty"),
        ({"chat_id": "1", "text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"chat_id": "1", "text": "x" * 4097}, "message is too long"),
        ({"chat_id": "1", "text": "x", "parse_mode": "RTF"}, "unsupported parse_mode"),
        ({"text": "1 < 2"}, "can't parse entities: Unsupported start tag at byte offset 2"),
        ({"text": "<div>x</div>"}, 'can\'t parse entities: Unsupported start tag "div" at byte offset 0'),
        ({"text": "<b>x"}, "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ({"text": "я</b>"}, "can't parse entities: Unexpected end tag at byte offset 2"),
        ({"text": "<b><i>x</b></i>"}, "can't parse entities: Unmatched end tag at byte offset 7"),
    ],
)
def test_bad_messages_are_refused(client: Client, form: dict[str, str], description: str) -> None:
    if "can't parse" in description:
        form = {"chat_id": "1", "parse_mode": "HTML", **form}
    reply = client.bot(**form)
    assert (reply.status_code, reply.json()["error_code"]) == (400, 400)
    assert reply.json()["description"].startswith(f"Bad Request: {description}")
    assert client.sandbox.messages() == []


def test_telegram_html_is_accepted(client: Client) -> None:
    text = '<b>a <a href="https://x.example/?a=1&amp;b=2">l</a></b><pre>x &gt; y</pre><span class="tg-spoiler">s</span>'
    assert client.bot(chat_id="@channel", text=text, parse_mode="HTML").json()["result"]["text"] == "a lx > ys"
    long = "<b>" + "x" * 4096 + "</b>"
    assert client.bot(chat_id="1", text=long, parse_mode="html").status_code == 200


BUTTON = {"text": "Журнал", "url": "https://airflow.example/log"}


def test_buttons_are_kept_shown_and_answered(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    markup = {"inline_keyboard": [[BUTTON]]}
    reply = client.bot(chat_id="1", text="x", reply_markup=json.dumps(markup)).json()
    assert reply["result"]["reply_markup"] == markup
    assert client.control("GET", "messages").json()[0]["buttons"] == [["Журнал", "https://airflow.example/log"]]
    assert "│ [Журнал] https://airflow.example/log\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("{", "can't parse reply keyboard markup JSON object"),
        ("[]", "object expected as reply markup"),
        ({"inline_keyboard": [BUTTON]}, 'field "inline_keyboard" must be of type Array'),
        ({**BUTTON, "text": " "}, "can't parse inline keyboard button: Button text must not be empty"),
        ({"text": "x"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (
            "http://localhost:8080/log",
            "inline keyboard button URL 'http://localhost:8080/log' is invalid: Wrong HTTP URL",
        ),
        ("https://airflow/", "inline keyboard button URL 'https://airflow/' is invalid: Wrong HTTP URL"),
        ("ftp://a.example/", "inline keyboard button URL 'ftp://a.example/' is invalid: Unsupported URL protocol"),
        ("http://127.0.0.1:8080/", "BUTTON_URL_INVALID"),
    ],
)
def test_buttons_that_telegram_refuses_cost_the_message(client: Client, markup: Any, said: str) -> None:
    if isinstance(markup, str) and "://" in markup:
        markup = {**BUTTON, "url": markup}
    if isinstance(markup, dict) and "text" in markup:
        markup = {"inline_keyboard": [[markup]]}
    text = markup if isinstance(markup, str) else json.dumps(markup)
    reply = client.bot(chat_id="1", text="x", reply_markup=text)
    assert (reply.status_code, reply.json()["description"]) == (400, f"Bad Request: {said}")
    assert client.sandbox.messages() == []


def png(width: int, height: int) -> bytes:
    """As much of a PNG as says its size."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4) + height.to_bytes(4)


def send_photo(client: Client, photo: bytes | None, caption: str = "") -> requests.Response:
    files = None if photo is None else {"photo": ("a.png", photo)}
    form = {"chat_id": "1", "caption": caption, "parse_mode": "HTML"}
    return requests.post(f"{client.sandbox.url}/bot{BOT_TOKEN}/sendPhoto", data=form, files=files, timeout=5)


def test_a_photo_comes_as_a_form_and_is_kept(client: Client) -> None:
    result = send_photo(client, png(640, 480), "<b>Сводка</b>" + "x" * 1018).json()["result"]
    assert (result["caption"][:7], result["photo"][0]["width"], "text" in result) == ("Сводкаx", 640, False)
    (message,) = client.control("GET", "messages").json()
    assert Path(message["photo"]).read_bytes() == png(640, 480)


@pytest.mark.parametrize(
    ("photo", "caption", "said"),
    [
        (None, "", "there is no photo in the request"),
        (b"", "", "file must be non-empty"),
        (b"<svg/>", "", "IMAGE_PROCESS_FAILED"),
        (png(9000, 1001), "", "PHOTO_INVALID_DIMENSIONS"),
        (png(2100, 100), "", "PHOTO_INVALID_DIMENSIONS"),
        (png(1, 1), "x" * 1025, "message caption is too long"),
        (png(1, 1), "<b>", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
    ],
)
def test_photos_that_telegram_refuses(client: Client, photo: bytes | None, caption: str, said: str) -> None:
    reply = send_photo(client, photo, caption)
    assert (reply.status_code, reply.json()["description"]) == (400, f"Bad Request: {said}")
    assert client.sandbox.messages() == []
