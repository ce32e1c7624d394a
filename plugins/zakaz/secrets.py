"""The last look before a text leaves this process: no secret of our connections may be in it."""

import contextlib
import json
import re
from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseHook, Variable

from zakaz.errors import one_line
from zakaz.settings import usable_settings

CONNECTIONS = ("clickhouse_default", "vk_ads_default", "qtickets_default", "telegram_default")
MASK = "***"
SHORTEST_SECRET = 4
LONGEST_LINE = 100_000


def masked(text: str) -> str:
    """The text with every secret replaced by ***: passwords and extras of our connections, and the kept VK token."""
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def masked_line(error: BaseException | str) -> str:
    """The last line that an error says, without secrets; masked before it is cut, since half a secret isn't found."""
    return one_line(masked(one_line(error, LONGEST_LINE)))


def _secrets() -> set[str]:
    from zakaz.connections.vk_token_store import token_variable  # parsing a DAG must not pay for an HTTP client

    # Of a URL that can't be reached, requests names the host and the rest apart.
    ping_url = usable_settings().ping_url
    found = {ping_url, re.sub(r"^https?://[^/?#]*", "", ping_url)}
    for conn_id in CONNECTIONS:
        with contextlib.suppress(Exception):  # a connection that can't be read has given nobody its secret
            connection = BaseHook.get_connection(conn_id)
            found |= {connection.password or "", *_secret_extras(connection.extra_dejson)}
    with contextlib.suppress(Exception):
        found |= _secret_extras(Variable.get(token_variable("vk_ads_default"), deserialize_json=True))
    # As they stand, and as they are written in a URL or in JSON.
    written = {form for secret in found for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])}
    return {secret for secret in written if len(secret) >= SHORTEST_SECRET}


def _secret_extras(value: Any, name: str = "") -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_secret_extras(inner, key) for key, inner in value.items())) if value else set()
    if isinstance(value, list):
        return set().union(*(_secret_extras(inner, name) for inner in value)) if value else set()
    text = value if isinstance(value, str) else json.dumps(value)
    if value and any(word in name.lower() for word in ("token", "secret", "password", "key")):
        return {text}
    # A proxy may be given as http://user:password@host.
    return set(re.findall(r"://[^/@\s]*:([^/@\s]+)@", text))
