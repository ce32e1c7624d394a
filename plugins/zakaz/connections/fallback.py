"""The second channel beside Telegram, such as e-mail: one URL of Apprise (https://appriseit.com/services/)."""

import logging

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from zakaz.deadline import Deadline, call_within
from zakaz.errors import InvalidInput, MessageUndelivered, one_line

IN_AIRFLOW = "airflow://"
MESSAGE_SECONDS = 30.0


def apprise_url(setting: str) -> str:
    """The URL that FALLBACK_URL is, or that stands in the password of the connection which it names.

    :param setting: FALLBACK_URL; airflow://NAME names a connection.
    :raises InvalidInput: there is no such connection, or it has no password.
    """
    if not setting.startswith(IN_AIRFLOW):
        return setting
    conn_id = setting.removeprefix(IN_AIRFLOW)
    try:
        password = BaseHook.get_connection(conn_id).password
    except AirflowNotFoundException:
        raise InvalidInput(f"FALLBACK_URL={setting}: there is no connection {conn_id}: create it in Airflow") from None
    if not password:
        raise InvalidInput(f"FALLBACK_URL={setting}: put the URL of Apprise into the password of that connection")
    return str(password)


def send_by_fallback(url: str, text: str, deadline: Deadline | None = None) -> None:
    """Send one message.

    :param url: FALLBACK_URL.
    :param text: without mark-up; its first line is the subject.
    :param deadline: how long it may take; MESSAGE_SECONDS by default.
    :raises InvalidInput: the URL is none of Apprise's, or its connection has none.
    :raises MessageUndelivered: the service did not take the message, or not in time.
    """
    title, _, body = text.partition("\n")
    url = apprise_url(url)
    try:
        why = call_within((deadline or Deadline(MESSAGE_SECONDS)).left(), _notify, url, title, body.strip())
    except TimeoutError:
        why = "timed out"
    if why:
        raise MessageUndelivered(f"FALLBACK_URL did not take the message: {one_line(why)}")


def _notify(url: str, title: str, body: str) -> str:
    """Send one message by Apprise, which logs why it can't.

    :returns: why it could not, or nothing.
    :raises InvalidInput: the URL is none of Apprise's.
    """
    from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType  # slow, and seldom needed

    channel = Apprise(asset=AppriseAsset(app_id="Zakaz ETL", app_desc="", app_url="", async_mode=False))
    if not channel.add(url):  # Apprise's own log hides what may be secret in it
        raise InvalidInput(
            "FALLBACK_URL can't be used: it, or the password of the connection that it names, must be a URL as Apprise "
            "writes them, such as mailtos://user:password@yandex.ru?to=duty@example.com, with %40 %3A %2F for @ : / in "
            "a password"
        )
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        is_sent = channel.notify(title=title, body=body, body_format=NotifyFormat.TEXT, notify_type=NotifyType.FAILURE)
        return "" if is_sent else said.getvalue() or "no reason was given"
