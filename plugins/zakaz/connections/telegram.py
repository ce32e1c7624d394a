"""Telegram as an on-call channel needs it, on top of the provider's hook."""

import contextlib
import logging
import re
import time
from importlib.util import find_spec
from typing import Any

import requests
from airflow.providers.telegram.hooks.telegram import TelegramHook as ProviderTelegramHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from zakaz.connections.telegram_text import cut, plain
from zakaz.deadline import Deadline, call_within
from zakaz.errors import InvalidInput, MessageRefused, MessageUndelivered, TelegramNotSetUp, one_line
from zakaz.texts import well_formed

CONNECTION = "telegram_default"
DEFAULT_BASE_URL = "https://api.telegram.org/bot"
REQUEST_SECONDS = 5.0
MESSAGE_SECONDS = 8.0
RECONNECT_SECONDS = 1.0
# After a pause there must be this much time left for the request.
LEAST_SECONDS = 2.0
PROXY = r"(https?|socks[45][ah]?)://[^/?#]+" if find_spec("socks") else r"https?://[^/?#]+"


class TelegramHook(ProviderTelegramHook):
    """Sends a message once, or says why not; `send_message` is its only call.

    The provider's own method sends twice when the hook is used again, repeats what Telegram refused for good, does not
    wait when asked to, and knows no base URL, proxy or topic. Here each message is one request: a 429 is waited for,
    HTML that Telegram can't parse is sent again as plain text, and a connection that was never made is tried again.
    Nothing else is repeated: it may have arrived.

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
    :raises InvalidInput: the connection lacks the token or the chat id, or has an extra that can't be used.
    """

    def __init__(self, telegram_conn_id: str = CONNECTION) -> None:
        try:
            connection = self.get_connection(telegram_conn_id)
        except AirflowNotFoundException:
            raise TelegramNotSetUp(
                f"there is no connection {telegram_conn_id}: set AIRFLOW_CONN_{telegram_conn_id.upper()} in .env, or "
                "create it in Airflow"
            ) from None
        if not connection.password or not connection.host:
            raise InvalidInput(
                f"connection {telegram_conn_id}: put the bot token into its password and the chat id into its host"
            )
        super().__init__(token=connection.password, chat_id=connection.host)
        mask_secret(connection.password)
        logging.getLogger("urllib3.connectionpool").addFilter(_hide_token)
        extra = connection.extra_dejson
        base_url, proxy = extra.get("base_url") or DEFAULT_BASE_URL, extra.get("proxy") or ""
        topic = str(extra.get("message_thread_id") or "")
        if not (re.match(r"https?://[^/?#]+", base_url) and re.match(f"$|{PROXY}", proxy) and re.match(r"\d*$", topic)):
            # Without the values: the URL of a proxy may contain its password.
            raise InvalidInput(
                f"connection {telegram_conn_id}: its extra can't be used: base_url must be a URL such as "
                f"{DEFAULT_BASE_URL}, proxy a URL such as http://proxy:3128 (SOCKS needs the package PySocks), "
                "message_thread_id a number"
            )
        self._url = f"{base_url}{self.token}/sendMessage"
        self._proxies = {"http": proxy, "https": proxy} if proxy else None
        self._topic = {"message_thread_id": int(topic)} if topic else {}

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
            **self._topic,
            **api_params,
            "text": cut(well_formed(api_params["text"])),
        }
        deadline = deadline or Deadline(MESSAGE_SECONDS)
        try:
            self._deliver(params, deadline)
        except MessageRefused as error:
            if "parse entities" not in str(error):
                raise
            del params["parse_mode"]
            self._deliver({**params, "text": cut(plain(params["text"]))}, deadline)

    def _deliver(self, params: dict[str, Any], deadline: Deadline) -> None:
        while True:
            try:
                self._post(params, deadline)
            except _Again as again:
                if again.pause + LEAST_SECONDS > deadline.left():
                    raise MessageUndelivered(f"Telegram did not take the message: {again}") from None
                time.sleep(again.pause)
            else:
                return

    def _post(self, params: dict[str, Any], deadline: Deadline) -> None:
        status, answer = self._answer(params, deadline)
        description = answer.get("description")
        if status == 429:
            raise _Again(f"{description}", float((answer.get("parameters") or {}).get("retry_after") or 1))
        if status in (401, 403, 404):
            raise MessageRefused(f"Telegram does not let this bot write to this chat: {description}")
        if status == 400:
            raise MessageRefused(f"Telegram refused the message: {description}")
        if not answer.get("ok"):
            raise MessageUndelivered(f"Telegram did not take the message: HTTP {status}: {description or 'no JSON'}")

    def _answer(self, params: dict[str, Any], deadline: Deadline) -> tuple[int, dict[str, Any]]:
        """The HTTP status and the body, empty if it is no JSON object."""
        seconds = deadline.left(REQUEST_SECONDS)
        if not seconds:
            raise MessageUndelivered("Telegram was not asked: no time is left")
        try:
            response = call_within(deadline.left(), self._request, params, seconds)
        except (TimeoutError, requests.ReadTimeout):
            raise MessageUndelivered("Telegram did not take the message: Timed out") from None
        except requests.RequestException as error:
            # Not the text of the error, which contains the URL with the token.
            reason = getattr(error.args[0], "reason", None) if error.args else None
            if isinstance(reason, NewConnectionError | ConnectTimeoutError):
                raise _Again(one_line(reason), RECONNECT_SECONDS) from None
            raise MessageUndelivered(
                f"Telegram did not take the message: {one_line(reason or type(error).__name__)}"
            ) from None
        with contextlib.suppress(ValueError):
            body = response.json()
            return response.status_code, body if isinstance(body, dict) else {}
        return response.status_code, {}

    def _request(self, params: dict[str, Any], seconds: float) -> requests.Response:
        return requests.post(self._url, json=params, timeout=seconds, proxies=self._proxies, allow_redirects=False)


def _hide_token(record: logging.LogRecord) -> bool:
    """At DEBUG urllib3 logs the path of each request, which contains the token."""
    return "/sendMessage" not in record.getMessage()


class _Again(Exception):
    """The message was certainly not taken, and may be after a pause in seconds."""

    def __init__(self, message: str, pause: float) -> None:
        super().__init__(message)
        self.pause = pause
