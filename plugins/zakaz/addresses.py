"""Whether the address of an API or of a proxy can be used: clients break on others, with parts of the password."""

import os
import re
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, select_proxy

from zakaz.errors import InvalidInput

SCHEMES = ("http", "https")
SOCKS = ("socks4", "socks4a", "socks5", "socks5h")


def is_base_url(url: object) -> bool:
    """Whether it is http:// or https://, a host, perhaps a port and a path, and nothing else."""
    if not isinstance(url, str) or not re.fullmatch(r"https?://[^/?#@\\\s]+(/[^?#@\\\s]*)?", url):
        return False
    try:
        return bool(urlsplit(url).hostname) and (urlsplit(url).port or 0) >= 0
    except ValueError:
        return False


def environment_proxy(url: str, *, is_requests: bool = True) -> str:
    """The environment variable, e.g. HTTPS_PROXY, whose proxy takes the requests to a URL; empty if none does.

    :param is_requests: by the rules of requests; else of clickhouse-connect, which knows no ALL_PROXY and no SOCKS.
    :raises InvalidInput: that proxy can't be used.
    """
    schemes = (urlsplit(url).scheme, *(["all"] if is_requests else []))
    found = get_environ_proxies(url)
    proxy = select_proxy(url, {scheme: found[scheme] for scheme in schemes if scheme in found})
    if not proxy:
        return ""
    names = [f"{scheme}_proxy" for scheme in schemes]
    variables = [name for name in os.environ if name.lower() in names and os.environ[name] == proxy]
    setting = variables[0] if variables else "the proxy of the system's settings"
    # The clients add a scheme that is missing, except before a user.
    require_proxy(setting, proxy if re.search("://|@", proxy) else f"http://{proxy}", may_be_socks=is_requests)
    return setting


def require_proxy(setting: str, url: object, *, may_be_socks: bool = True) -> None:
    """Refuse a proxy that the clients would misread: a # or / of a password ends the host for them.

    :param setting: what names it in the message.
    :raises InvalidInput: it is no URL of a proxy.
    """
    scheme = _scheme(url) if isinstance(url, str) else ""
    if scheme not in (*SCHEMES, *(SOCKS if may_be_socks else ())):
        raise InvalidInput(
            f"{setting} must be the URL of a proxy, such as http://proxy:3128 or http://NAME:SECRET@proxy:3128, and in "
            "NAME and SECRET %23 stands for #, %2F for /, %3A for :, %3F for ?, %40 for @, %25 for %"
        )


def _scheme(url: str) -> str:
    """The scheme of a URL of host and port, and perhaps user and password; empty if it is anything else."""
    try:
        parts = urlsplit(url)
        is_read = parts.hostname and (parts.port or 0) >= 0
        unquote(url).encode("latin-1")  # as the clients send user and password
    except ValueError:
        return ""
    # What a URL may hold unescaped before its path; of other characters, and of a stray %, clients disagree.
    is_plain = re.fullmatch(r"(?:[\w.~!$&'()*+,;=:@/\[\]-]|%[0-9A-Fa-f]{2})+", url, re.ASCII)
    return parts.scheme if is_read and is_plain and parts.path in ("", "/") else ""
