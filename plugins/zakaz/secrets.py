"""Masks secrets in outgoing text: Airflow's masker, fed with all secrets of the project's connections."""

import contextlib
import json
import re
from typing import Any, TypeVar, cast
from urllib.parse import quote

from airflow.sdk import BaseHook, Variable
from airflow.sdk.log import mask_secret, redact  # type: ignore[attr-defined]  # it is in no __all__

from zakaz.errors import one_line
from zakaz.settings import usable_settings

CONNECTIONS = ("clickhouse_default", "vk_ads_default", "qtickets_default", "telegram_default")
# Registered together with the secrets; if it comes back unmasked, Airflow has reset its masker for a task.
MARKER = "the secrets of zakaz are known"
LONGEST_LINE = 100_000
SECRET_NAME = re.compile("token|secret|password|key", re.IGNORECASE)
# Airflow's masker skips what is shorter.
LEAST_SECRET = 5
T = TypeVar("T")


def masked(value: T) -> T:
    """Replace Airflow's and the project's secrets by *** in a text, or in the texts of lists and dicts.

    The connections are read once; secrets that change later are registered where they are read.
    """
    if redact(MARKER) == MARKER:
        mask_secret([MARKER, *_secrets()])
    return cast("T", redact(value))


def masked_line(error: BaseException | str) -> str:
    """The last line of an error, without secrets; masked before truncation, since half a secret isn't recognized."""
    return one_line(masked(one_line(error, LONGEST_LINE)))


def _secrets() -> set[str]:
    from zakaz.connections.fallback import apprise_url
    from zakaz.connections.vk_ads import CONNECTION, token_variable  # keeps the HTTP client out of DAG parsing

    # For an unreachable URL, requests reports host and path separately.
    ping_url = usable_settings().ping_url
    found = {ping_url, re.sub(r"^https?://[^/?#]*", "", ping_url)}
    with contextlib.suppress(Exception):
        fallback = apprise_url(usable_settings().fallback_url)
        found |= {fallback, *_parts(fallback)}
    for conn_id in CONNECTIONS:
        with contextlib.suppress(Exception):  # a connection that can't be read can't leak
            connection = BaseHook.get_connection(conn_id)
            found |= {connection.password or "", *_secret_extras(connection.extra_dejson)}
    with contextlib.suppress(Exception):
        variable = token_variable(BaseHook.get_connection(CONNECTION))
        found |= _secret_extras(Variable.get(variable, deserialize_json=True))
    # Plain, URL-encoded and JSON-escaped.
    return {
        form
        for secret in found
        for form in (secret, quote(secret, safe="", errors="replace"), json.dumps(secret)[1:-1])
    }


def _parts(url: str) -> set[str]:
    """The parts of a URL of Apprise that may be a password or a token: those that are no host name."""
    return {part for part in re.split("[/:@?&=]+", url)[1:] if "." not in part and len(part) >= LEAST_SECRET}


def _secret_extras(value: Any, name: str = "") -> set[str]:
    """The secrets of an extra; all that stands under the name of a secret is one, as the tokens of organisers are."""
    is_secret = SECRET_NAME.search(name) is not None
    if isinstance(value, dict):
        inside = ((inner, name if is_secret else key) for key, inner in value.items())
        return set().union(*(_secret_extras(*one) for one in inside)) if value else set()
    if isinstance(value, list):
        return set().union(*(_secret_extras(inner, name) for inner in value)) if value else set()
    text = value if isinstance(value, str) else json.dumps(value)
    if value and is_secret:
        return {text}
    # A proxy may be http://user:password@host.
    return set(re.findall(r"://[^/@\s]*:([^/@\s]+)@", text))
