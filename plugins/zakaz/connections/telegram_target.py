"""Where the Telegram connection sends messages; what can't be used is refused by its field."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from airflow.sdk import Connection

from zakaz.addresses import environment_proxy, is_base_url, require_proxy
from zakaz.connections.api import extra_of
from zakaz.errors import InvalidInput

DEFAULT_BASE_URL = "https://api.telegram.org/bot"
# sendMessage takes messages for a forum's topic General only without its number.
GENERAL = 1


@dataclass(frozen=True)
class Target:
    """A bot, a chat, and the way to it.

    :param base_url: what precedes the token in a request's URL.
    :param way: what to add to a message about it: the address and the proxy, if they are set.
    :param proxy: URL of the connection's own proxy, or empty.
    :param topic: of a forum group; None for the chat itself.
    """

    token: str = field(repr=False)
    chat_id: str
    base_url: str
    way: str
    proxy: str = field(repr=False)
    topic: int | None


def target(connection: Connection) -> Target:
    """Read a connection of Airflow.

    :raises InvalidInput: it lacks the token or the chat id, or has a field that can't be used. Without its value: that
        may hold the token, or the password of a proxy.
    """
    name, extra = f"connection {connection.conn_id}", extra_of(connection)
    if not connection.password or not connection.host:
        raise InvalidInput(f"{name}: put the bot token into its password and the chat id into its host")
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", connection.password):
        raise InvalidInput(
            f"{name}: its password must be the bot token as @BotFather wrote it: digits, a colon, then letters, "
            "digits, - and _, no spaces"
        )
    if not re.fullmatch(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]+", connection.host):
        raise InvalidInput(
            f"{name}: its host must be the chat id: a number such as -1001234567890, or the @name of a public group or "
            "channel"
        )
    base_url, own_proxy = extra.get("base_url") or DEFAULT_BASE_URL, extra.get("proxy") or ""
    path = urlsplit(base_url).path if is_base_url(base_url) else ""
    if not path.endswith("/bot") or ":" in path:
        raise InvalidInput(
            f"{name}: base_url in its extra must be http:// or https://, a host, perhaps a port, and /bot, such as "
            f"{DEFAULT_BASE_URL} or http://127.0.0.1:8081/bot: without the token, a slash at the end, or a user"
        )
    if own_proxy:
        setting = f"proxy in the extra of the {name}"
        require_proxy(setting, own_proxy)
    else:
        setting = environment_proxy(base_url)
    topic = str(extra.get("message_thread_id") or GENERAL)
    if not re.fullmatch(r"[0-9]{1,10}", topic):
        raise InvalidInput(f"{name}: message_thread_id in its extra must be the number of a topic, such as 42")
    at = "" if base_url == DEFAULT_BASE_URL else f"at {base_url.removesuffix('/bot')}"
    way = ", ".join(filter(None, [at, setting and f"through {setting}"]))
    return Target(
        token=connection.password,
        chat_id=connection.host,
        base_url=base_url,
        way=way and f" ({way})",
        proxy=own_proxy,
        topic=None if int(topic) == GENERAL else int(topic),
    )
