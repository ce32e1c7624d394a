"""Sends a message to people: by Telegram, and what is critical by the second channel if Telegram does not take it."""

import logging
from collections.abc import Sequence

from zakaz.alerts.alert import BOTH, FAILED, FALLBACK, NO_CONNECTION, SENT, STALE, Kind
from zakaz.alerts.messages import render
from zakaz.connections.fallback import send_by_fallback
from zakaz.connections.telegram_message import Link
from zakaz.connections.telegram_text import plain, with_links
from zakaz.deadline import Deadline
from zakaz.errors import TelegramNotSetUp
from zakaz.secrets import masked_line
from zakaz.settings import usable_settings

log = logging.getLogger(__name__)


def send(
    html: str,
    kind: Kind,
    deadline: Deadline | None = None,
    *,
    links: Sequence[Link] = (),
    photo: bytes = b"",
    by_both: bool = False,
) -> str:
    """Send a message; never raises.

    :param deadline: for both channels; those of their own by default.
    :param links: buttons in Telegram; the second channel has them in the text.
    :param photo: a PNG for Telegram.
    :param by_both: by the second channel as well, even if Telegram takes it.
    :returns: sent, fallback, both, failed or no_connection.
    """
    from zakaz.connections.telegram import TelegramHook

    is_critical = kind.severity == "critical"
    given = usable_settings()
    by_both = by_both or (is_critical and kind.code == STALE and given.fallback_stale == 1)
    fallback = given.fallback_url if is_critical or by_both else ""
    what, why, delivery = f"{kind.code} of {kind.job}", "", SENT
    try:
        TelegramHook().send_message(
            {"text": html},
            Deadline(deadline.left() / 2) if deadline and fallback else deadline,
            links=links,
            photo=photo,
        )
    except TelegramNotSetUp as error:
        why, delivery = masked_line(error), NO_CONNECTION
        log.warning("Telegram did not notify anybody: %s: %s", what, why)
    except Exception as error:  # noqa: BLE001 - whatever it is, the row must say that nobody was notified
        why, delivery = masked_line(error), FAILED
        log.error("%s: Telegram did not deliver the message: %s", what, why)  # noqa: TRY400
    if not fallback or not (why or by_both):
        return delivery
    text = plain(render("fallback.html", message=plain(with_links(html, links)), why=why))
    try:
        send_by_fallback(fallback, text, deadline)
    except Exception as error:  # noqa: BLE001 - the same
        log.error("%s: the second channel did not deliver the message: %s", what, masked_line(error))  # noqa: TRY400
        return FAILED if why else SENT
    return FALLBACK if why else BOTH
