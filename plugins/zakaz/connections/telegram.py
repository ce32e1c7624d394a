"""Telegram as an on-call channel needs it, on top of the provider's hook."""

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import requests
from airflow.providers.telegram.hooks.telegram import TelegramHook as ProviderTelegramHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from zakaz.connections.telegram_message import Link, Message
from zakaz.connections.telegram_target import target
from zakaz.deadline import Deadline, call_within
from zakaz.errors import MessageRefused, MessageUndelivered, TelegramNotSetUp
from zakaz.sources.http import short

log = logging.getLogger(__name__)
CONNECTION = "telegram_default"
REQUEST_SECONDS = 5.0
MESSAGE_SECONDS = 8.0
RECONNECT_SECONDS = 1.0
LONGEST_PAUSE = 86_400
# After a pause there must be this much time left for the request.
LEAST_SECONDS = 2.0
REMEDIES = {
    401: "the token is no bot's any more: put the new one of @BotFather into the password of the connection",
    403: "add the bot to the chat; in a channel as an administrator",
    404: "see whether the token is whole, and base_url, if it is set, is a Bot API's",
}


class TelegramHook(ProviderTelegramHook):
    """Sends a message once, or says why not; `send_message` is its only call.

    The provider's own method sends twice when the hook is used again, repeats what Telegram refused for good, does not
    wait when asked to, and knows no base URL, proxy or topic. Here each message is one request: a 429 is waited for, a
    connection that was never made is tried again, and what Telegram refuses is sent again without what it refused: HTML
    as plain text, buttons as text, a photo's caption without the photo, what a topic does not take to the chat itself.
    Nothing else is repeated: it may have arrived.

    ========================= =====================================================
    Field                     Meaning
    ========================= =====================================================
    host                      chat id (the provider's convention)
    password                  bot token
    extra `base_url`          default https://api.telegram.org/bot
    extra `proxy`             URL of an HTTP or SOCKS proxy
    extra `message_thread_id` topic of a forum group
    ========================= =====================================================

    :param telegram_conn_id: the connection.
    :raises TelegramNotSetUp: there is no such connection.
    :raises InvalidInput: the connection lacks the token or the chat id, or has a field that can't be used; or the
        proxy of the environment can't.
    """

    def __init__(self, telegram_conn_id: str = CONNECTION) -> None:
        try:
            connection = self.get_connection(telegram_conn_id)
        except AirflowNotFoundException:
            raise TelegramNotSetUp(
                f"there is no connection {telegram_conn_id}: set AIRFLOW_CONN_{telegram_conn_id.upper()} in .env, or "
                "create it in Airflow"
            ) from None
        self._target = target(connection)
        super().__init__(token=self._target.token, chat_id=self._target.chat_id)
        mask_secret(self._target.token)
        logging.getLogger("urllib3.connectionpool").addFilter(_hide_token)

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The provider hides `extra`, which is read here."""
        return {
            "hidden_fields": ["schema", "login", "port"],
            "relabeling": {"host": "Chat id", "password": "Bot token"},
        }

    def get_conn(self) -> None:  # type: ignore[override]
        """The provider's bot has an event loop, which a synchronous request does not need."""

    def send_message(  # type: ignore[override]
        self,
        api_params: dict[str, Any],
        deadline: Deadline | None = None,
        *,
        links: Sequence[Link] = (),
        photo: bytes = b"",
    ) -> None:
        """Send one message, as HTML; one that is too long for a caption is sent before its photo.

        :param api_params: its `text`.
        :param deadline: how long it may take, pauses included; MESSAGE_SECONDS by default.
        :param links: buttons below it.
        :param photo: a PNG, left out if Telegram does not take it.
        :raises MessageRefused: Telegram will not take it, now or later.
        :raises MessageUndelivered: no answer in time, or Telegram asks for a longer pause than the deadline allows.
        """
        deadline = deadline or Deadline(MESSAGE_SECONDS)
        message = Message(html=api_params["text"], links=links, photo=photo, topic=self._target.topic)
        if not photo or message.is_caption:
            return self._send(message, deadline)
        self._send(replace(message, photo=b""), deadline)
        try:
            self._deliver(replace(message, html=message.html.partition("\n")[0], links=()), deadline)
        except (MessageRefused, MessageUndelivered) as error:
            log.warning("the message arrived without its photo: %s", error)
        return None

    def _send(self, message: Message, deadline: Deadline) -> None:
        while True:
            try:
                return self._deliver(message, deadline)
            except MessageRefused as error:
                simpler = message.without(str(error))
                if simpler is None:
                    raise
                log.warning("%s: sent again without what was refused", error)
                message = simpler

    def _deliver(self, message: Message, deadline: Deadline) -> None:
        while True:
            try:
                return self._post(message, deadline)
            except _Again as again:
                if again.pause + LEAST_SECONDS > deadline.left():
                    raise self._undelivered(str(again)) from None
                time.sleep(again.pause)

    def _post(self, message: Message, deadline: Deadline) -> None:
        response = self._response(message, deadline)
        status, answer = response.status_code, _json(response)
        if not isinstance(answer.get("ok"), bool):
            raise self._undelivered(
                f"HTTP {status} without the Bot API's JSON: see if base_url and the proxy are right"
            )
        said = self._without_token(answer.get("description"))
        if status == 429:
            raise _Again(said, _pause(answer))
        if status in (400, 413):
            raise MessageRefused(f"Telegram refused the message: {said}{self._target.way}")
        if status in REMEDIES:
            raise MessageRefused(
                f"Telegram does not let this bot write to this chat: {said}: {REMEDIES[status]}{self._target.way}"
            )
        if not answer["ok"]:
            raise self._undelivered(f"HTTP {status}: {said}")

    def _response(self, message: Message, deadline: Deadline) -> requests.Response:
        seconds = deadline.left(REQUEST_SECONDS)
        if not seconds:
            raise MessageUndelivered("Telegram was not asked: no time is left")
        try:
            response: requests.Response = call_within(deadline.left(), self._request, message, seconds)
        except Exception as error:  # noqa: BLE001 - the clients raise more than RequestException at strange addresses
            failure = self._failure(error)
        else:
            return response
        raise failure  # with nothing chained to it: the texts of the clients contain the URL with the token

    def _failure(self, error: Exception) -> Exception:
        """Our error for one of the client: only the innermost reason, which names no more than host and port."""
        if isinstance(error, TimeoutError | requests.ReadTimeout):
            return self._undelivered("Timed out")
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, ProxyError):
            reason = reason.original_error
        if not isinstance(reason, Exception):
            return self._undelivered(type(error).__name__)
        text = f"{type(reason).__name__}: {self._without_token(reason)}"
        if isinstance(reason, NewConnectionError | ConnectTimeoutError):
            return _Again(text, RECONNECT_SECONDS)
        return self._undelivered(text)

    def _undelivered(self, why: str) -> MessageUndelivered:
        return MessageUndelivered(f"Telegram did not take the message: {why}{self._target.way}")

    def _without_token(self, text: object) -> str:
        return short(str(text).replace(self._target.token, "***"))

    def _request(self, message: Message, seconds: float) -> requests.Response:
        url, proxy = f"{self._target.base_url}{self._target.token}", self._target.proxy
        proxies = {"http": proxy, "https": proxy} if proxy else None
        params: dict[str, Any] = {"chat_id": self.chat_id, **message.params()}
        method, body = "sendMessage", dict[str, Any](json=params)
        if message.photo:
            method, body = "sendPhoto", {"data": params, "files": {"photo": ("photo.png", message.photo, "image/png")}}
        return requests.post(f"{url}/{method}", timeout=seconds, proxies=proxies, allow_redirects=False, **body)


def _json(response: requests.Response) -> dict[str, Any]:
    """The body of an answer, empty if it is no JSON object."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _pause(answer: dict[str, Any]) -> float:
    """The pause in seconds that a 429 asks for."""
    parameters = answer.get("parameters")
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return float(min(asked, LONGEST_PAUSE)) if isinstance(asked, int | float) and asked > 1 else 1


def _hide_token(record: logging.LogRecord) -> bool:
    """At DEBUG urllib3 logs the path of each request, which contains the token."""
    return not re.search("/send(Message|Photo)", record.getMessage())


class _Again(Exception):
    """The message was certainly not taken, and may be after a pause in seconds."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause
