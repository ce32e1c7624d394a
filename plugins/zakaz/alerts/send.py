"""Sends a message to people: by Telegram, and what is critical by the second channel if Telegram does not take it."""

import logging
from collections.abc import Sequence

from zakaz.alerts.alert import FAILED, FALLBACK, NO_CONNECTION, SENT
from zakaz.alerts.messages import render
from zakaz.connections.telegram_message import Link
from zakaz.connections.telegram_text import plain, with_links
from zakaz.deadline import Deadline
from zakaz.errors import TelegramNotSetUp
from zakaz.secrets import masked_line
from zakaz.settings import usable_settings

log = logging.getLogger(__name__)


def send(
    html: str,
    what: str,
    severity: str,
    deadline: Deadline | None = None,
    *,
    links: Sequence[Link] = (),
    photo: bytes = b"",
) -> str:
    """Send a message; never raises.

    :param what: what it is about, for the log.
    :param deadline: for both channels; those of their own by default.
    :param links: buttons in Telegram; the second channel has them in the text.
    :param photo: a PNG for Telegram.
    :returns: sent, fallback, failed or no_connection.
    """
    from zakaz.connections.telegram import TelegramHook

    fallback = usable_settings().fallback_url if severity == "critical" else ""
    text = plain(with_links(html, links))
    try:
        TelegramHook().send_message(
            {"text": html},
            Deadline(deadline.left() / 2) if deadline and fallback else deadline,
            links=links,
            photo=photo,
        )
    except TelegramNotSetUp as error:
        log.warning("Telegram did not notify anybody: %s: %s", what, error)
        return _by_fallback(fallback, text, what, masked_line(error), deadline) if fallback else NO_CONNECTION
    except Exception as error:  # noqa: BLE001 - whatever it is, the row must say that nobody was notified
        why = masked_line(error)
        log.error("%s: Telegram did not deliver the message: %s", what, why)  # noqa: TRY400
        return _by_fallback(fallback, text, what, why, deadline) if fallback else FAILED
    return SENT


def _by_fallback(url: str, text: str, what: str, why: str, deadline: Deadline | None) -> str:
    """Send the message with the reason why it does not come by Telegram."""
    from zakaz.connections.fallback import send_by_fallback  # Apprise is slow to import, and seldom needed

    try:
        send_by_fallback(url, plain(render("fallback.html", message=text, why=why)), deadline)
    except Exception as error:  # noqa: BLE001 - the same
        log.error("%s: the second channel did not deliver the message either: %s", what, masked_line(error))  # noqa: TRY400
        return FAILED
    return FALLBACK
