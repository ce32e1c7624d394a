"""The heartbeat: an external monitor raises the alarm when it stays away."""

import logging

import requests

from zakaz.addresses import environment_proxy
from zakaz.errors import InvalidInput
from zakaz.secrets import masked_line
from zakaz.settings import settings

log = logging.getLogger(__name__)
PING_SECONDS = 5


def ping() -> None:
    """Request PING_URL, if it is set; never raises: a monitor that is down must not fail a good day."""
    url = settings().ping_url
    if not url:
        return
    try:
        environment_proxy(url)
        requests.get(url, timeout=PING_SECONDS).raise_for_status()
    except (requests.RequestException, InvalidInput) as error:
        log.warning("the ping did not arrive: %s", masked_line(error))
