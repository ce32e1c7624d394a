"""Telegram as an on-call channel needs it, on top of the provider's hook."""

import logging
import re
import time
from typing import Any

import requests
from airflow.providers.telegram.hooks.telegram import TelegramHook as ProviderTelegramHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from zakaz.connections.telegram_target import target
from zakaz.connections.telegram_text import cut, in_the_chat, plain
from zakaz.deadline import Deadline, call_within
from zakaz.errors import MessageRefused, MessageUndelivered, TelegramNotSetUp
from zakaz.sources.http import short
from zakaz.texts import well_formed

log = logging.getLogger(__name__)
CONNECTION = "telegram_default"
REQUEST_SECONDS = 5.0
MESSAGE_SECONDS = 8.0
RECONNECT_SECONDS = 1.0
LONGEST_PAUSE = 86_400
# After a pause there must be this much time left for the request.
LEAST_SECONDS = 2.0
# TOPIC_CLOSED, TOPIC_DELETED, TOPIC_ID_INVALID, "message thread not found", "the chat is not a forum", …
NO_SUCH_TOPIC = re.compile("topic|thread|forum", re.IGNORECASE)
REMEDIES = {
    401: "the token is no bot's any more: put the new one of @BotFather into the password of the connection",
    403: "add the bot to the chat; in a channel as an administrator",
    404: "see whether the token is whole, and base_url, if it is set, is a Bot API's",
}


class TelegramHook(ProviderTelegramHook):
    """Sends a message once, or says why not; `send_message` is its only call.

    The provider's own method sends twice when the hook is used again, repeats what Telegram refused for good, does not
    wait when asked to, and knows no base URL, proxy or topic. Here each message is one request: a 429 is waited for,
    HTML that Telegram can't parse is sent again as plain text, what a topic does not take goes to the chat itself, and
    a connection that was never made is tried again. Nothing else is repeated: it may have arrived.

    ========================= =====================================================
    Field                     Meaning
    ========================= =====================================================
    host                      chat id (the provider's convention)
    password                  bot token
    extra `base_url`          default https://api.telegram.org/bot
    extra `proxy`             URL of an HTTP proxy; of a SOCKS one if PySocks is installed
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

    def send_message(self, api_params: dict[str, Any], deadline: Deadline | None = None) -> None:  # type: ignore[override]
        """Send one message, as HTML.

        :param api_params: `text`, and what else sendMessage of the Bot API takes.
        :param deadline: how long it may take, pauses included; MESSAGE_SECONDS by default.
        :raises MessageRefused: Telegram will not take it, now or later.
        :raises MessageUndelivered: no answer in time, or Telegram asks for a longer pause than the deadline allows.
        """
        params = {
            "chat_id": self.chat_id,
            "parse_mode": "HTML",
            "disable_web_page_preview": True,
            **({"message_thread_id": self._target.topic} if self._target.topic else {}),
            **api_params,
            "text": cut(well_formed(api_params["text"])),
        }
        deadline = deadline or Deadline(MESSAGE_SECONDS)
        while True:
            try:
                return self._deliver(params, deadline)
            except MessageRefused as error:
                if "parse entities" in str(error) and params.pop("parse_mode", None):
                    params["text"] = cut(plain(params["text"]))
                elif NO_SUCH_TOPIC.search(str(error)) and (topic := params.pop("message_thread_id", None)):
                    log.warning("%s: the message goes to the chat itself", error)
                    params["text"] = cut(in_the_chat(params["text"], topic))
                else:
                    raise

    def _deliver(self, params: dict[str, Any], deadline: Deadline) -> None:
        while True:
            try:
                return self._post(params, deadline)
            except _Again as again:
                if again.pause + LEAST_SECONDS > deadline.left():
                    raise self._undelivered(str(again)) from None
                time.sleep(again.pause)

    def _post(self, params: dict[str, Any], deadline: Deadline) -> None:
        response = self._response(params, deadline)
        status, answer = response.status_code, _json(response)
        if not isinstance(answer.get("ok"), bool):
            raise self._undelivered(
                f"HTTP {status} without the Bot API's JSON: see if base_url and the proxy are right"
            )
        said = self._without_token(answer.get("description"))
        if status == 429:
            raise _Again(said, _pause(answer))
        if status == 400:
            raise MessageRefused(f"Telegram refused the message: {said}{self._target.way}")
        if status in REMEDIES:
            raise MessageRefused(
                f"Telegram does not let this bot write to this chat: {said}: {REMEDIES[status]}{self._target.way}"
            )
        if not answer["ok"]:
            raise self._undelivered(f"HTTP {status}: {said}")

    def _response(self, params: dict[str, Any], deadline: Deadline) -> requests.Response:
        seconds = deadline.left(REQUEST_SECONDS)
        if not seconds:
            raise MessageUndelivered("Telegram was not asked: no time is left")
        try:
            response: requests.Response = call_within(deadline.left(), self._request, params, seconds)
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

    def _request(self, params: dict[str, Any], seconds: float) -> requests.Response:
        url, proxy = f"{self._target.base_url}{self._target.token}/sendMessage", self._target.proxy
        proxies = {"http": proxy, "https": proxy} if proxy else None
        return requests.post(url, json=params, timeout=seconds, proxies=proxies, allow_redirects=False)


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
    return "/sendMessage" not in record.getMessage()


class _Again(Exception):
    """The message was certainly not taken, and may be after a pause in seconds."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause
