"""One message, once: or an error that says why not."""

import asyncio
import json
import os
import socket
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from loud_logs import all_told
from sandbox import BOT_TOKEN, Sandbox
from sandbox.telegram import TOPIC_REFUSALS
from sandbox.telegram_html import plain_text
from zakaz.connections import telegram
from zakaz.connections.telegram import TelegramHook
from zakaz.connections.telegram_text import LONGEST_MESSAGE, cut, plain
from zakaz.deadline import Deadline
from zakaz.errors import MessageRefused, MessageUndelivered

pytestmark = pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")
HELLO = {"text": "<b>Готово</b> &amp; проверено"}


def connect(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any] | None = None, **changed: Any) -> None:
    """The connection as it is, with some fields changed."""
    fields = {**json.loads(os.environ["AIRFLOW_CONN_TELEGRAM_DEFAULT"]), **changed}
    fields["extra"] = {**fields["extra"], **(extra or {})}
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM_DEFAULT", json.dumps(fields))


def calls(sandbox: Sandbox) -> list[int | None]:
    """What each call was answered with."""
    return [call["status"] for call in sandbox.requests()["requests"] if call["service"] == "telegram"]


def test_one_hook_sends_each_message_once(sandbox: Sandbox) -> None:
    hook = TelegramHook()
    for number in (1, 2):
        hook.send_message({"text": f"<b>{number}</b>"})
    assert [message["plain"] for message in sandbox.messages()] == ["1", "2"]
    assert calls(sandbox) == [200, 200]


def test_chat_topic_and_base_url_are_the_connections(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, {"message_thread_id": "42"})
    TelegramHook().send_message(HELLO)
    (message,) = sandbox.messages()
    assert (message["chat_id"], message["message_thread_id"]) == (-1001, 42)
    assert message["plain"] == "Готово & проверено"


def test_a_running_event_loop_is_no_hindrance(sandbox: Sandbox) -> None:
    async def in_a_loop() -> None:
        TelegramHook().send_message(HELLO)

    asyncio.run(in_a_loop())
    assert len(sandbox.messages()) == 1


def test_the_pause_that_telegram_asks_for_is_kept(sandbox: Sandbox) -> None:
    sandbox.fault("telegram", "429", times=1, seconds=1)
    started = time.monotonic()
    TelegramHook().send_message(HELLO)
    assert time.monotonic() - started >= 1
    assert (calls(sandbox), len(sandbox.messages())) == ([429, 200], 1)


def test_a_pause_beyond_the_deadline_is_not_waited_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.fault("telegram", "429", seconds=30)
    monkeypatch.setattr(telegram, "time", None)  # nothing is waited for
    with pytest.raises(MessageUndelivered, match="30"):
        TelegramHook().send_message(HELLO)
    assert calls(sandbox) == [429]


@pytest.mark.parametrize(
    ("kind", "said"), [("400", "chat not found"), ("401", "Unauthorized"), ("403", "bot was kicked")]
)
def test_a_refusal_is_told_and_not_repeated(sandbox: Sandbox, kind: str, said: str) -> None:
    sandbox.fault("telegram", kind)
    with pytest.raises(MessageRefused, match=said):
        TelegramHook().send_message(HELLO)
    assert calls(sandbox) == [int(kind)]


@pytest.mark.parametrize("kind", ["500", "502", "disconnect", "html", "cut_json"])
def test_what_may_have_arrived_is_not_repeated(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault("telegram", kind)
    with pytest.raises(MessageUndelivered):
        TelegramHook().send_message(HELLO)
    assert len(calls(sandbox)) == 1


def test_a_silent_telegram_is_given_up_in_time(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "REQUEST_SECONDS", 0.2)
    sandbox.fault("telegram", "timeout", seconds=1)
    with pytest.raises(MessageUndelivered, match="Timed out"):
        TelegramHook().send_message(HELLO)
    assert len(calls(sandbox)) == 1


def test_the_deadline_ends_even_a_look_up_that_no_timeout_ends(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    try:
        with pytest.raises(MessageUndelivered, match="Timed out"):
            TelegramHook().send_message(HELLO, Deadline(0.3))
    finally:
        over.set()


def test_nothing_is_sent_after_the_deadline(sandbox: Sandbox) -> None:
    with pytest.raises(MessageUndelivered, match="no time is left"):
        TelegramHook().send_message(HELLO, Deadline(0))
    assert calls(sandbox) == []


def test_a_connection_that_was_never_made_is_tried_again(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(telegram, "time", SimpleNamespace(sleep=lambda pause: pauses.append(pause) or sandbox.start()))
    sandbox.stop()
    try:
        TelegramHook().send_message(HELLO)
        assert len(sandbox.messages()) == len(pauses) == 1
    finally:
        if sandbox._thread is None:
            sandbox.start()


def test_a_proxy_of_the_connection_takes_the_message(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An HTTP proxy is asked for the whole URL, so the sandbox itself can play one."""
    monkeypatch.setenv("NO_PROXY", "*")
    connect(monkeypatch, {"base_url": "http://api.telegram.invalid/bot", "proxy": sandbox.url})
    TelegramHook().send_message(HELLO)
    assert len(sandbox.messages()) == 1


def test_html_that_telegram_cannot_read_arrives_as_text(sandbox: Sandbox) -> None:
    TelegramHook().send_message({"text": "<b>Причина:</b> <class 'KeyError'>, 1 < 2 &amp; 3 > 2"})
    (message,) = sandbox.messages()
    assert message["parse_mode"] is None
    assert message["text"] == "Причина: <class 'KeyError'>, 1 < 2 & 3 > 2"
    assert calls(sandbox) == [400, 200]


@pytest.mark.parametrize("kind", TOPIC_REFUSALS)
@pytest.mark.parametrize("text", ["<b>Сбой</b> &amp;" + "x" * LONGEST_MESSAGE, "Сбой <class 'KeyError'>"])
def test_what_a_dead_topic_does_not_take_goes_to_the_chat_and_says_so(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: str, text: str
) -> None:
    connect(monkeypatch, {"message_thread_id": 42})
    sandbox.fault("telegram", kind)
    TelegramHook().send_message({"text": text})
    (message,) = sandbox.messages()
    assert (message["chat_id"], message["message_thread_id"]) == (-1001, None)
    assert message["plain"].startswith("⚠️ Тема 42 закрыта или удалена, поэтому это сообщение здесь. Исправьте")
    assert "\n\nСбой " in message["plain"]
    assert len(message["plain"]) <= LONGEST_MESSAGE
    assert bool(message["parse_mode"]) == ("<class" not in text)


def test_the_topic_general_takes_messages_without_its_number(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, {"message_thread_id": 1})
    sandbox.fault("telegram", "no_thread")
    TelegramHook().send_message(HELLO)
    assert (calls(sandbox), sandbox.messages()[0]["plain"]) == ([200], "Готово & проверено")


def test_html_and_its_copy_refused_is_one_refusal(sandbox: Sandbox) -> None:
    with pytest.raises(MessageRefused, match="empty"):
        TelegramHook().send_message({"text": "<b></i> "})
    assert calls(sandbox) == [400, 400]


@pytest.mark.parametrize(
    "text",
    [
        "Голова" + "x" * 5000 + "хвост",
        "<b>Голова</b> <code>" + "x" * 5000 + '</code> <a href="http://log">хвост</a>',
        "<b>Голова</b> " + "&lt;<i>&amp;</i>&#39;" * 3000 + " <b>хвост</b>",
        "<b>Голова " + "<i>1 < 2 <class 'X'></i>" * 400 + "</b> хвост",
    ],
    ids=["plain", "one-long-tag", "tags-and-entities", "not-readable"],
)
def test_a_long_message_arrives_with_head_and_tail(sandbox: Sandbox, text: str) -> None:
    TelegramHook().send_message({"text": text})
    (message,) = sandbox.messages()
    assert message["plain"].startswith("Голова")
    assert message["plain"].endswith("хвост")
    assert "[…]" in message["plain"]
    assert LONGEST_MESSAGE - 10 < len(message["plain"]) <= LONGEST_MESSAGE
    assert bool(message["parse_mode"]) == ("<class" not in text), "what could be read stays readable when cut"


def test_mark_up_does_not_count_as_length() -> None:
    text = '<a href="' + "x" * 2000 + '">' + "&lt;" * LONGEST_MESSAGE + "</a>"
    assert cut(text) == text
    assert len(plain_text(cut(text + "!"))) == LONGEST_MESSAGE


def test_the_plain_copy_keeps_the_address_of_a_link() -> None:
    assert plain('<b>1 &lt; 2</b> <a href="https://a.example/?x=1&amp;y=2">Журнал</a>') == (
        "1 < 2 Журнал: https://a.example/?x=1&y=2"
    )


@pytest.mark.parametrize("kind", [None, "401", "403", "429", "timeout", "disconnect", "html"])
def test_the_token_is_in_no_error_and_no_log(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str | None
) -> None:
    all_told(caplog, monkeypatch)
    monkeypatch.setattr(telegram, "REQUEST_SECONDS", 0.2)
    hook, told = TelegramHook(), ""
    if kind:
        sandbox.fault("telegram", kind, seconds=30 if kind == "429" else 0.5)
    try:
        hook.send_message(HELLO)
    except (MessageRefused, MessageUndelivered) as error:
        told = str(error)
    assert bool(told) == bool(kind)
    assert len(calls(sandbox)) == 1
    assert BOT_TOKEN not in told + caplog.text
