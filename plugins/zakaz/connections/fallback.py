"""The second channel beside Telegram, such as e-mail: one URL of Apprise (https://appriseit.com/services/)."""

import logging

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from zakaz.deadline import Deadline, call_within
from zakaz.errors import InvalidInput, MessageUndelivered, one_line
from zakaz.settings import usable_settings

log = logging.getLogger(__name__)
CONNECTION = "fallback_default"
MESSAGE_SECONDS = 30.0


def fallback_url() -> str:
    """FALLBACK_URL, or else the password of the connection fallback_default; empty if there is neither."""
    if url := usable_settings().fallback_url:
        return url
    try:
        return BaseHook.get_connection(CONNECTION).password or ""
    except AirflowNotFoundException:
        return ""
    except Exception as error:  # noqa: BLE001 - it must not keep Telegram from being asked
        log.warning("the connection %s can't be read: %s", CONNECTION, type(error).__name__)
        return ""


def send_by_fallback(url: str, text: str, deadline: Deadline | None = None) -> None:
    """Send one message.

    :param url: see `fallback_url`.
    :param text: without mark-up; its first line is the subject.
    :param deadline: how long it may take; MESSAGE_SECONDS by default.
    :raises InvalidInput: the URL is none of Apprise's.
    :raises MessageUndelivered: the service did not take the message, or not in time.
    """
    title, _, body = text.partition("\n")
    try:
        why = call_within((deadline or Deadline(MESSAGE_SECONDS)).left(), _notify, url, title, body.strip())
    except TimeoutError:
        why = "timed out"
    if why:
        raise MessageUndelivered(f"the second channel did not take the message: {one_line(why)}")


def _notify(url: str, title: str, body: str) -> str:
    """Send one message by Apprise, which logs why it can't.

    :returns: why it could not, or nothing.
    :raises InvalidInput: the URL is none of Apprise's.
    """
    from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType  # slow, and seldom needed

    channel = Apprise(asset=AppriseAsset(app_id="Zakaz ETL", app_desc="", app_url="", async_mode=False))
    if not channel.add(url):  # Apprise's own log hides what may be secret in it
        raise InvalidInput(
            "the second channel can't be used: FALLBACK_URL, or the password of the connection fallback_default, must "
            "be a URL as Apprise writes them, such as mailtos://user:password@yandex.ru?to=duty@example.com, with %40 "
            "%3A %2F for @ : / in a password"
        )
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        is_sent = channel.notify(title=title, body=body, body_format=NotifyFormat.TEXT, notify_type=NotifyType.FAILURE)
        return "" if is_sent else said.getvalue() or "no reason was given"
