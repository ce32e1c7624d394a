"""Telegram as an on-call channel needs it, on top of the provider's hook."""

import asyncio
import contextlib
import logging
import re
import threading
import time
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import tenacity
from airflow.providers.telegram.hooks.telegram import TelegramHook as ProviderTelegramHook
from airflow.sdk.log import mask_secret

from zakaz.connections.telegram_text import cut, plain
from zakaz.errors import InvalidInput, MessageRefused, MessageUndelivered

CONNECTION = "telegram_default"
DEFAULT_BASE_URL = "https://api.telegram.org/bot"
REQUEST_SECONDS = 5.0
# All tries of one message: a callback must not hold a task for longer (docs/ARCHITECTURE.md, "Alerts").
BUDGET_SECONDS = 8.0


class TelegramHook(ProviderTelegramHook):
    """Sends a message once, or says why not.

    The provider's own way sends twice when the hook is used again, repeats what Telegram refused for good, does not
    wait when told to, and knows no base URL, proxy or topic. Here: a new bot per message, 429 waited for as asked, one
    plain-text copy when Telegram can't read the HTML, and nothing else repeated but a connection that never stood.

    ========================= =====================================================
    Field                     Meaning
    ========================= =====================================================
    host                      chat id (the provider's convention)
    password                  bot token
    extra `base_url`          default https://api.telegram.org/bot
    extra `proxy`             proxy URL
    extra `message_thread_id` topic of a forum group
    ========================= =====================================================

    :param telegram_conn_id: the connection.
    :raises InvalidInput: the connection lacks the token or the chat id, or has an extra that can't be used.
    """

    def __init__(self, telegram_conn_id: str = CONNECTION) -> None:
        connection = self.get_connection(telegram_conn_id)
        if not connection.password or not connection.host:
            raise InvalidInput(
                f"connection {telegram_conn_id}: put the bot token into its password and the chat id into its host"
            )
        mask_secret(connection.password)
        # The bot's own DEBUG lines and httpx at INFO write the URL, the token in it.
        for name in ("telegram", "httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        extra = connection.extra_dejson
        self._base_url = extra.get("base_url") or DEFAULT_BASE_URL
        self._proxy = extra.get("proxy") or None
        try:
            if not re.match(r"https?://[^/?#]+", self._base_url):
                raise ValueError("no URL")  # noqa: TRY301 - told below, with the others
            self._thread_id = int(extra.get("message_thread_id") or 0) or None
            super().__init__(token=connection.password, chat_id=connection.host)
        except (TypeError, ValueError, RuntimeError):
            # The text of the error is not shown: the URL of a proxy may hold its password.
            raise InvalidInput(
                f"connection {telegram_conn_id}: its extra can't be used: base_url must be a URL such as "
                f"{DEFAULT_BASE_URL}, proxy a URL such as http://proxy:3128, message_thread_id a number"
            ) from None

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The provider hides `extra`, which is read here."""
        return {
            "hidden_fields": ["schema", "login", "port"],
            "relabeling": {"host": "Chat id", "password": "Bot token"},
        }

    def get_conn(self) -> Any:
        """A new bot; one that has sent before is bound to an event loop that is closed."""
        import telegram
        from telegram.request import HTTPXRequest

        requests = [
            HTTPXRequest(
                proxy=self._proxy,
                connect_timeout=REQUEST_SECONDS,
                read_timeout=REQUEST_SECONDS,
                write_timeout=REQUEST_SECONDS,
                pool_timeout=REQUEST_SECONDS,
            )
            for _ in range(2)
        ]
        return telegram.Bot(self.token, base_url=self._base_url, get_updates_request=requests[0], request=requests[1])

    def send_message(self, api_params: dict[str, Any]) -> None:  # type: ignore[override]  # theirs is wrapped in retries
        """Send one message, as HTML.

        :param api_params: `text`, and what else Bot.send_message takes.
        :raises MessageRefused: Telegram will not take it, whoever asks again.
        :raises MessageUndelivered: no answer in time, or Telegram asks for a longer pause than a task may be held.
        """
        import telegram

        params = {
            "chat_id": self.chat_id,
            "parse_mode": telegram.constants.ParseMode.HTML,
            "disable_web_page_preview": True,
            **api_params,
            "text": cut(api_params["text"]),
        }
        if self._thread_id:
            params["message_thread_id"] = self._thread_id
        deadline = time.monotonic() + BUDGET_SECONDS
        try:
            try:
                self._deliver(params, deadline)
            except telegram.error.BadRequest as error:
                if "parse entities" not in str(error):
                    raise
                self._deliver({**params, "text": cut(plain(params["text"])), "parse_mode": None}, deadline)
        except telegram.error.BadRequest as error:
            raise MessageRefused(f"Telegram refused the message: {error}") from None
        except (telegram.error.Forbidden, telegram.error.InvalidToken) as error:
            raise MessageRefused(f"Telegram does not let this bot write to this chat: {error}") from None
        except telegram.error.TelegramError as error:
            raise MessageUndelivered(f"Telegram did not take the message: {error}") from None

    def _deliver(self, params: dict[str, Any], deadline: float) -> None:
        tenacity.Retrying(
            retry=tenacity.retry_if_exception(_worth_repeating),
            wait=lambda state: _asked_pause(state.outcome.exception() if state.outcome else None),
            stop=lambda state: time.monotonic() + state.upcoming_sleep + REQUEST_SECONDS > deadline,
            reraise=True,
        )(self._send_once, params, deadline)

    def _send_once(self, params: dict[str, Any], deadline: float) -> None:
        """In a thread: the caller may be inside an event loop, and no time-out of httpx ends a slow name look-up."""
        import telegram

        outcome: Future[None] = Future()

        def run() -> None:
            try:
                outcome.set_result(asyncio.run(self._send(params)))
            except BaseException as error:  # noqa: BLE001 - raised again by result()
                outcome.set_exception(error)

        threading.Thread(target=run, name="telegram", daemon=True).start()
        try:
            outcome.result(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise telegram.error.TimedOut from None

    async def _send(self, params: dict[str, Any]) -> None:
        bot = self.get_conn()
        try:
            await bot.send_message(**params)
        finally:
            with contextlib.suppress(Exception):
                await bot.shutdown()
            for request in bot._request:  # noqa: SLF001 - shutdown() skips a bot that was never initialized
                await request.shutdown()


def _worth_repeating(error: BaseException) -> bool:
    import httpx
    import telegram

    # A time-out may have reached Telegram: repeated, the message would come twice.
    never_sent = isinstance(error, telegram.error.NetworkError) and isinstance(error.__cause__, httpx.ConnectError)
    return isinstance(error, telegram.error.RetryAfter) or never_sent


def _asked_pause(error: BaseException | None) -> float:
    pause = getattr(error, "retry_after", 1)
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
