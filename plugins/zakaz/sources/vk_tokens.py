"""Access tokens of VK Ads. A client may have only five, so they are stored and reused across runs."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeGuard

from zakaz.errors import SourceInconsistent, SourceRefused
from zakaz.sources.http import JsonApi, is_token

TOKEN_PATH = "/api/v2/oauth2/token.json"  # noqa: S105 - a path
# Renewed early, so that no token expires in the middle of a fetch.
SPARE_SECONDS = 600
# Fewer than for other requests: each lost answer may have used up one of the five tokens.
NEW_TOKEN_ATTEMPTS = 3
# VK's error codes for a refresh token that it no longer knows.
GONE = frozenset({"invalid_token", "revoked_token", "expired_token", "invalid_grant"})


@dataclass(frozen=True)
class Token:
    """An access token; `expires_at` in seconds since 1970.

    :raises SourceInconsistent: no header can carry it.
    """

    access_token: str
    refresh_token: str
    expires_at: float

    def __post_init__(self) -> None:
        if not is_token(self.access_token):
            raise SourceInconsistent(
                f"VK Ads: the access_token that {TOKEN_PATH} gave is not one word of visible ASCII (not shown): if it "
                "happens again, ask VK's support"
            )

    @classmethod
    def from_reply(cls, body: Mapping[str, Any], refresh_token: str = "") -> "Token":
        """The token in VK's reply; `expires_in` is documented as a string, but is a number in practice.

        :param refresh_token: the one used for the request, which stays valid if the reply has no other.
        """
        renewed = body.get("refresh_token")
        return cls(
            body["access_token"],
            renewed if is_token(renewed) else refresh_token,
            time.time() + float(body["expires_in"]),
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON for a store."""
        return asdict(self)


class TokenStore(Protocol):
    """Persists the token of one account, for all processes that read the account."""

    def lock(self) -> AbstractContextManager[Any]:
        """An exclusive lock on the token; raises SourceUnavailable if another process holds it for too long."""

    def load(self) -> Token | None:
        """The stored token."""

    def save(self, token: Token) -> None:
        """Replace the stored token."""


class TokenSource(Protocol):
    """Where the client gets its access tokens."""

    def current(self) -> str:
        """A valid access token."""

    def replace(self, rejected: str, *, refresh: bool) -> str:
        """A replacement for a token that VK rejected."""


class ReadyToken:
    """A fixed access token from the connection, which is renewed by hand.

    :param where: the field that it comes from, for messages.
    """

    def __init__(self, access_token: str, where: str) -> None:
        self._access_token = access_token
        self._where = where

    def current(self) -> str:
        """The token."""
        return self._access_token

    def replace(self, rejected: str, *, refresh: bool) -> str:  # noqa: ARG002 - there is only one
        """Fail: there is no other one.

        :raises SourceRefused: always.
        """
        raise SourceRefused(
            f"VK Ads no longer accepts the {self._where}: put a new one there, or client id and secret into login and "
            "password of the connection",
            "invalid_token",
        )


class ClientCredentials:
    """Tokens for a client id and secret; the store's lock ensures that only one caller at a time requests a new one.

    :param api: VK Ads.
    :param store: where the token is kept between runs.
    :param agency_client: for an agency, the field that names its client (`agency_client_name` or `agency_client_id`).
    """

    def __init__(
        self,
        api: JsonApi,
        client_id: str,
        client_secret: str,
        store: TokenStore,
        agency_client: Mapping[str, str] | None = None,
    ) -> None:
        self._api = api
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._store = store
        grant = "agency_client_credentials" if agency_client else "client_credentials"
        self._grant = {"grant_type": grant, **(agency_client or {})}
        self._known: Token | None = None

    def current(self) -> str:
        """The stored token, renewed if it expires soon; a first one if there is none.

        :raises SourceRefused: VK issues no token; the message says what to do.
        :raises SourceInconsistent: what it issues is no token.
        :raises SourceUnavailable: no usable answer, or another process holds the lock for too long.
        """
        if not _lasts(self._known):
            with self._store.lock():
                kept = self._store.load()
                self._known = kept if _lasts(kept) else self._renewed(kept)
        return self._known.access_token

    def replace(self, rejected: str, *, refresh: bool) -> str:
        """A replacement for a rejected token; the stored one if another process has replaced it already.

        :raises SourceRefused: as for `current`. :raises SourceUnavailable: as for `current`.
        """
        with self._store.lock():
            kept = self._store.load()
            if kept is None or kept.access_token == rejected:
                kept = self._renewed(kept if refresh else None)
            self._known = kept
        return kept.access_token

    def _renewed(self, token: Token | None) -> Token:
        if token is None or not token.refresh_token:
            return self._ask(self._grant, NEW_TOKEN_ATTEMPTS)
        try:
            return self._ask({"grant_type": "refresh_token", "refresh_token": token.refresh_token})
        except SourceRefused as error:
            if error.code not in GONE:
                raise
            # VK deletes a token unused for a month together with its refresh token.
            return self._ask(self._grant, NEW_TOKEN_ATTEMPTS)

    def _ask(self, form: Mapping[str, str], attempts: int | None = None) -> Token:
        try:
            answer = self._api.call(
                "POST", TOKEN_PATH, form={**self._client, **form}, check=Token.from_reply, attempts=attempts
            )
        except SourceRefused as error:
            if error.code == "token_limit_exceeded":
                raise SourceRefused(
                    "VK Ads issues no more tokens: this client already has five. Delete the old ones (in the cabinet, "
                    "or POST /api/v2/oauth2/token/delete.json, which also revokes those of other programs), then run "
                    "the day again",
                    error.code,
                ) from error
            raise
        token = Token.from_reply(answer.body, form.get("refresh_token", ""))
        self._store.save(token)
        return token


def _lasts(token: Token | None) -> TypeGuard[Token]:
    return token is not None and token.expires_at - SPARE_SECONDS > time.time()
