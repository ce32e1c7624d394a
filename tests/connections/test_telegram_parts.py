"""Buttons and a photo: what Telegram does not take of them costs no message."""

import json
import os
from pathlib import Path

import pytest

from loud_logs import all_told
from sandbox import BOT_TOKEN, Sandbox
from zakaz.connections.telegram import TelegramHook
from zakaz.connections.telegram_message import Link
from zakaz.connections.telegram_text import LONGEST_CAPTION
from zakaz.errors import MessageRefused

LOG = Link("Журнал", "https://airflow.example/log?a=1&b=2")
HERE = Link("Статус дня", "http://localhost:8080/zakaz/status?day=2026-11-20&x=1")
TEXT = {"text": "<b>Сводка</b>\nвсё в порядке"}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4)


def test_a_link_is_a_button_or_if_telegram_takes_no_such_button_a_line(sandbox: Sandbox) -> None:
    TelegramHook().send_message(TEXT, links=[LOG, HERE])
    (message,) = sandbox.messages()
    assert message["buttons"] == [[*LOG]]
    assert message["plain"] == f"Сводка\nвсё в порядке\n\nСтатус дня: {HERE.url}"


@pytest.mark.parametrize(
    "url", ["docs/RUNBOOK_ETL.md", "/var/log/a.log", "http://127.0.0.1:8080/", "https://airflow/", "http://[::1", ""]
)
def test_what_telegram_takes_for_no_address_is_no_button(sandbox: Sandbox, url: str) -> None:
    TelegramHook().send_message(TEXT, links=[Link("Журнал", url)])
    assert sandbox.messages()[0]["plain"].endswith(f"Журнал: {url}")


@pytest.mark.parametrize("photo", [b"", PNG])
def test_refused_buttons_become_text(sandbox: Sandbox, photo: bytes) -> None:
    sandbox.fault("telegram", "bad_button")
    TelegramHook().send_message(TEXT, links=[LOG], photo=photo)
    (message,) = sandbox.messages()
    assert (message["buttons"], bool(message["photo"])) == ([], bool(photo))
    assert message["plain"].endswith(f"\n\nЖурнал: {LOG.url}")


def test_a_photo_has_the_text_as_its_caption_and_the_buttons(sandbox: Sandbox) -> None:
    TelegramHook().send_message(TEXT, links=[LOG], photo=PNG)
    (message,) = sandbox.messages()
    assert Path(message["photo"]).read_bytes() == PNG
    assert (message["plain"], message["buttons"]) == ("Сводка\nвсё в порядке", [[*LOG]])
    (call,) = [call for call in sandbox.requests()["requests"] if call["service"] == "telegram"]
    assert call["path"].endswith("/sendPhoto")


@pytest.mark.parametrize("kind", ["no_photos", "bad_photo"])
def test_without_a_photo_that_is_refused_the_text_arrives(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault("telegram", kind)
    TelegramHook().send_message(TEXT, links=[LOG], photo=PNG)
    (message,) = sandbox.messages()
    assert (message["photo"], message["plain"], message["buttons"]) == (None, "Сводка\nвсё в порядке", [[*LOG]])


@pytest.mark.parametrize("kind", ["", "no_photos"])
def test_a_text_too_long_for_a_caption_comes_first_and_whole(sandbox: Sandbox, kind: str) -> None:
    if kind:
        sandbox.fault("telegram", kind)
    whole = "<b>Сводка</b>\n" + "x" * LONGEST_CAPTION
    TelegramHook().send_message({"text": whole}, links=[LOG], photo=PNG)
    message, *photos = sandbox.messages()
    assert (message["text"], message["photo"], message["buttons"]) == (whole, None, [[*LOG]])
    assert [photo["plain"] for photo in photos] == ([] if kind else ["Сводка"])


def test_everything_may_be_refused_at_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("topic_closed", "bad_button", "no_photos"):
        sandbox.fault("telegram", kind, times=1)
    connection = json.loads(os.environ["AIRFLOW_CONN_TELEGRAM_DEFAULT"])
    connection["extra"]["message_thread_id"] = 42
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM_DEFAULT", json.dumps(connection))
    TelegramHook().send_message({"text": "<b>1 < 2"}, links=[LOG], photo=PNG)
    (message,) = sandbox.messages()
    assert message["plain"].startswith("⚠️ Тема 42 закрыта")
    assert message["plain"].endswith(f"1 < 2\n\nЖурнал: {LOG.url}")


def test_a_chat_that_is_not_there_refuses_the_text_as_well(sandbox: Sandbox) -> None:
    sandbox.fault("telegram", "400")
    with pytest.raises(MessageRefused, match="chat not found"):
        TelegramHook().send_message(TEXT, links=[LOG], photo=PNG)


def test_the_token_is_in_no_log_of_a_photo(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    all_told(caplog, monkeypatch)
    TelegramHook().send_message(TEXT, photo=PNG)
    assert len(sandbox.messages()) == 1
    assert BOT_TOKEN not in caplog.text
