"""Builds a source's HTTP client from an Airflow connection."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import Connection

from zakaz.addresses import environment_proxy, is_base_url
from zakaz.errors import InvalidInput
from zakaz.settings import is_sandbox, settings
from zakaz.sources.http import Answer, JsonApi
from zakaz.sources.vk_rate_limits import RateBudget

log = logging.getLogger(__name__)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SANDBOX_DOWN = ". The sandbox is down: start it with bin/zakaz sandbox start"


def base_url_of(connection: Connection, default: str) -> str:
    """The base URL of a connection's API.

    :raises InvalidInput: the host is not a URL, or the proxy of the environment can't be used.
    """
    base_url = connection.host or default
    if not is_base_url(base_url):
        shown = "" if "@" in base_url else f" {base_url!r}"  # before an @ may be a password
        raise InvalidInput(f"connection {connection.conn_id}: host{shown} must be a base URL such as {default}")
    environment_proxy(base_url)
    if base_url.startswith("http://") and urlsplit(base_url).hostname not in LOOPBACK:
        log.warning("connection %s: %s sends the secret unencrypted: use https://", connection.conn_id, base_url)
    return str(base_url).rstrip("/")


def extra_of(connection: Connection) -> dict[str, Any]:
    """The extra of a connection.

    :raises InvalidInput: it is no JSON object; Airflow itself would log a traceback, or give a list.
    """
    try:
        is_object = isinstance(json.loads(connection.extra or "{}"), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise InvalidInput(f"connection {connection.conn_id}: its extra must be a JSON object")
    return connection.extra_dejson


def json_api(
    name: str,
    base_url: str,
    refuse: Callable[[str, Answer, Mapping[str, str]], None],
    budget: RateBudget | None = None,
) -> JsonApi:
    """A client with timeout and retries from the settings.

    :param name: the API's name in messages.
    :param refuse: raises the API's own error.
    :param budget: its rate limits, if any.
    """
    limits = settings()
    return JsonApi(
        name,
        base_url,
        refuse=refuse,
        timeout_seconds=limits.http_timeout_seconds,
        attempts=limits.http_attempts,
        pause_seconds=limits.http_pause_seconds,
        budget=budget,
        when_down=SANDBOX_DOWN if is_sandbox() else "",
    )
