"""OAuth tokens of the VK Ads stand-in. They live in memory: a restart forgets them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.replies import auth_error, oauth_error

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - the stand-in's public value
ACCESS_TOKEN = "sandbox-access-token"  # noqa: S105 - the stand-in's public value
TOKENS_PER_CLIENT = 5
OWN_LOGIN = "sandbox_account@vk"
# The clients of the agency, by login: their user ids.
AGENCY_CLIENTS = {"agency-one": 700_201, "agency-two": 700_202}
# An account that no token opens, by login: its user id.
STRANGER, STRANGER_ID = "somebody@vk", 700_999
LIFETIME = 86_400  # seconds

_MESSAGES = {
    "invalid_token": "Unknown access token",
    "expired_token": "Access token is expired",
    "revoked_token": "Access token is revoked",
}


@dataclass
class _Token:
    login: str
    access: str
    refresh: str
    expires: float

    def reply(self) -> dict[str, str]:
        return {
            "access_token": self.access,
            "token_type": "bearer",
            "scope": "read_ads",
            # A string, as in the API's own example.
            "expires_in": str(LIFETIME),
            "refresh_token": self.refresh,
        }


class Tokens:
    """The tokens of the one client and its agency clients, and which of them were spoilt on request."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start without tokens.

        :param clock: seconds; only differences matter.
        """
        self._clock = clock
        self._tokens: list[_Token] = []
        self._spoilt: dict[str, str] = {}
        self._lock = threading.Lock()

    def grant(self, form: Mapping[str, str]) -> dict[str, str]:
        """Answer a call of ``oauth2/token.json``.

        :param form: its form fields.
        :raises VkError: wrong client, unknown grant, or no token left.
        """
        grant = form.get("grant_type", "")
        if grant not in ("client_credentials", "agency_client_credentials", "refresh_token"):
            raise oauth_error(400, "unsupported_grant_type", f"grant_type {grant!r} is not supported")
        _check_client(form)
        names = [form.get("agency_client_name", ""), form.get("agency_client_id", "")]
        login = _agency_client(*names) if grant == "agency_client_credentials" else OWN_LOGIN
        with self._lock:
            return self._refresh(form.get("refresh_token", "")) if grant == "refresh_token" else self._issue(login)

    def delete(self, form: Mapping[str, str]) -> None:
        """Delete all tokens of one user, as ``oauth2/token/delete.json`` does; without a user, of the own account.

        :raises VkError: wrong client, or a user that it has no tokens of.
        """
        _check_client(form)
        named = [form[name] for name in ("username", "user_id") if name in form]
        login = _agency_client(*named) if named else OWN_LOGIN
        with self._lock:
            self._tokens = [token for token in self._tokens if token.login != login]

    def forget(self) -> None:
        """Return to the state after a start: no token but the fixed one."""
        with self._lock:
            self._tokens.clear()
            self._spoilt.clear()

    def check(self, access: str) -> None:
        """Let a valid access token pass.

        :raises VkError: it is unknown, expired or spoilt.
        """
        with self._lock:
            code = self._spoilt.get(access) or self._state(access)
        if code:
            raise auth_error(code, _MESSAGES[code])

    def spoil(self, access: str, code: str) -> None:
        """Make a token answer 401 from now on, until it is refreshed away or :meth:`mend` is called.

        :param code: ``expired_token``, ``invalid_token`` or ``revoked_token``.
        """
        with self._lock:
            self._spoilt[access] = code

    def mend(self) -> None:
        """Make all spoilt tokens good again."""
        with self._lock:
            self._spoilt.clear()

    def login(self, access: str) -> str:
        """Return whose account a valid access token opens."""
        with self._lock:
            return next((token.login for token in self._tokens if token.access == access), OWN_LOGIN)

    def _issue(self, login: str) -> dict[str, str]:
        if sum(token.login == login for token in self._tokens) >= TOKENS_PER_CLIENT:
            raise oauth_error(403, "token_limit_exceeded", f"Only {TOKENS_PER_CLIENT} active tokens are allowed")
        token = _Token(login, _new("access"), _new("refresh"), self._clock() + LIFETIME)
        self._tokens.append(token)
        return token.reply()

    def _refresh(self, refresh: str) -> dict[str, str]:
        for token in self._tokens:
            if token.refresh == refresh:
                token.access = _new("access")
                token.expires = self._clock() + LIFETIME
                return token.reply()
        msg = "invalid_token"
        raise auth_error(msg, "Unknown refresh token")

    def _state(self, access: str) -> str | None:
        if access == ACCESS_TOKEN:
            return None
        for token in self._tokens:
            if token.access == access:
                return "expired_token" if self._clock() >= token.expires else None
        return "invalid_token"


def _check_client(form: Mapping[str, str]) -> None:
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        msg = "invalid_client"
        raise auth_error(msg, "Unknown client or wrong secret")


def _agency_client(*names: str) -> str:
    for login, user_id in AGENCY_CLIENTS.items():
        if login in names or str(user_id) in names:
            return login
    raise oauth_error(400, "invalid_request", "Unknown agency client")


def _new(kind: str) -> str:
    return f"sandbox-{kind}-{secrets.token_hex(12)}"
