"""The Telegram stand-in."""

from __future__ import annotations

import json
from pathlib import Path

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
    assert client.bot("sendPhoto").status_code == 404


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
