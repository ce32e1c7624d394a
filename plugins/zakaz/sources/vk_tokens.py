"""Access tokens of VK Ads. At most five exist per client: a token is kept and used again, never asked for per run."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeGuard

from zakaz.errors import SourceRefused
from zakaz.sources.http import JsonApi

TOKEN_PATH = "/api/v2/oauth2/token.json"  # noqa: S105 - a path
# Renewed ahead of time, so that no token ends in the middle of a fetch.
SPARE_SECONDS = 600
# Each answer that gets lost on its way may have cost one of the five, so not as often as other requests.
NEW_TOKEN_ATTEMPTS = 3
# What VK answers to a refresh token that it does not know any more.
GONE = frozenset({"invalid_token", "revoked_token", "expired_token", "invalid_grant"})


@dataclass(frozen=True)
class Token:
    """An access token; `expires_at` in seconds since 1970."""

    access_token: str
    refresh_token: str
    expires_at: float

    @classmethod
    def from_reply(cls, body: Mapping[str, Any], refresh_token: str = "") -> "Token":
        """The token of VK's reply; `expires_in` comes as a string in the documentation and as a number in life.

        :param refresh_token: the one it was asked with, which stays valid when the reply names no other.
        """
        return cls(
            str(body["access_token"]),
            body.get("refresh_token") or refresh_token,
            time.time() + float(body["expires_in"]),
        )

    def as_dict(self) -> dict[str, Any]:
        """For a store."""
        return asdict(self)


class TokenStore(Protocol):
    """Where the token of one account outlives the process, for all that read the account."""

    def lock(self) -> AbstractContextManager[Any]:
        """Keep all others from changing the token meanwhile; a SourceUnavailable if one of them takes too long."""

    def load(self) -> Token | None:
        """The kept token."""

    def save(self, token: Token) -> None:
        """Keep a token in place of the last one."""


class TokenSource(Protocol):
    """What the client asks for a token."""

    def current(self) -> str:
        """An access token to use now."""

    def replace(self, rejected: str, *, refresh: bool) -> str:
        """Another one in place of a token that VK did not take."""


class ReadyToken:
    """An access token that somebody else looks after.

    :param where: the field it comes from, for messages.
    """

    def __init__(self, access_token: str, where: str) -> None:
        self._access_token = access_token
        self._where = where

    def current(self) -> str:
        """The token."""
        return self._access_token

    def replace(self, rejected: str, *, refresh: bool) -> str:  # noqa: ARG002 - there is only one
        """There is no other one.

        :raises SourceRefused: always.
        """
        raise SourceRefused(
            f"VK Ads does not take the {self._where} any more: put a new one there, or client id and secret into login "
            "and password of the connection",
            "invalid_token",
        )


class ClientCredentials:
    """Tokens for a client id and secret; one of all processes, threads and workers asks for a new one at a time.

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
        """The kept token, renewed if it ends soon; a first one if there is none.

        :raises SourceRefused: VK gives no token; the message says what to do.
        :raises SourceUnavailable: no usable answer, or another process takes too long over the token.
        """
        if not _lasts(self._known):
            with self._store.lock():
                kept = self._store.load()
                self._known = kept if _lasts(kept) else self._renewed(kept)
        return self._known.access_token

    def replace(self, rejected: str, *, refresh: bool) -> str:
        """Another token in place of a rejected one; if somebody else did that already, the one that was kept.

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
            # A token unused for a month is removed with its refresh token.
            return self._ask(self._grant, NEW_TOKEN_ATTEMPTS)

    def _ask(self, form: Mapping[str, str], attempts: int | None = None) -> Token:
        try:
            answer = self._api.call(
                "POST", TOKEN_PATH, form={**self._client, **form}, check=Token.from_reply, attempts=attempts
            )
        except SourceRefused as error:
            if error.code == "token_limit_exceeded":
                raise SourceRefused(
                    "VK Ads gives no further token: this client has its five. Delete the old ones (in the cabinet, or "
                    "POST /api/v2/oauth2/token/delete.json, which ends those of every other program too), then run "
                    "the day again",
                    error.code,
                ) from error
            raise
        token = Token.from_reply(answer.body, form.get("refresh_token", ""))
        self._store.save(token)
        return token


def _lasts(token: Token | None) -> TypeGuard[Token]:
    return token is not None and token.expires_at - SPARE_SECONDS > time.time()
