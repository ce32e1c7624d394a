"""The outgoing ping: a watchman outside raises the alarm when it does not come."""

import logging

import requests

from zakaz.secrets import masked_line
from zakaz.settings import settings

log = logging.getLogger(__name__)
PING_SECONDS = 5


def ping() -> None:
    """Ask for PING_URL, if it is set; never raises, since no good day may turn red by it."""
    url = settings().ping_url
    if not url:
        return
    try:
        requests.get(url, timeout=PING_SECONDS).raise_for_status()
    except requests.RequestException as error:
        log.warning("the ping did not arrive: %s", masked_line(error))
