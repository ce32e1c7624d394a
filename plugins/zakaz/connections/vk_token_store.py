"""Where the access tokens of VK Ads are kept: an Airflow variable."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk.log import mask_secret
from filelock import FileLock
from filelock import Timeout as FileLockTimeout

from zakaz import airflow_internals
from zakaz.errors import SourceUnavailable
from zakaz.settings import state_dir
from zakaz.sources.vk_tokens import Token

log = logging.getLogger(__name__)
LOCK_SECONDS = 120
DESCRIPTION = "VK Ads access tokens, kept between runs: VK gives at most five"


def token_variable(conn_id: str) -> str:
    """The Airflow variable that a connection's tokens are kept in."""
    return f"zakaz_token_{conn_id}"


class VariableTokenStore:
    """Keeps the tokens of a connection in an Airflow variable, which Airflow encrypts, masks and shows to every worker.

    The lock is a file, for the processes of one machine. Between machines the pool `vk_ads` with its one slot keeps
    two fetches apart (infra/airflow/pools.json).

    :param conn_id: the connection. :param client_id: a token is of use to its own client only.
    :param account: which of the connection's accounts.
    """

    def __init__(self, conn_id: str, client_id: str, account: str = "") -> None:
        self._key = token_variable(conn_id)
        self._client_id = client_id
        self._account = account

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep all others of this machine from changing the tokens of the connection.

        :raises SourceUnavailable: another process has the lock for longer than two minutes.
        """
        state_dir().mkdir(parents=True, exist_ok=True)
        file = state_dir() / f"{self._key}.lock"
        try:
            with FileLock(file, timeout=LOCK_SECONDS):
                yield
        except FileLockTimeout:
            raise SourceUnavailable(
                f"another process has been renewing the VK token for {LOCK_SECONDS} s (lock {file}): see what hangs"
            ) from None

    def load(self) -> Token | None:
        """The kept token of this client and account, if there is one."""
        kept = self._kept().get(self._account)
        return self._masked(Token(**kept)) if kept else None

    def save(self, token: Token) -> None:
        """Keep a token in place of the last one."""
        tokens = {**self._kept(), self._account: self._masked(token).as_dict()}
        text = json.dumps({"client_id": self._client_id, "tokens": tokens})
        airflow_internals.variables().set(self._key, text, description=DESCRIPTION)

    def _kept(self) -> dict[str, dict[str, Any]]:
        text = airflow_internals.variables().get(self._key, None)
        if not text:
            return {}
        try:
            kept = json.loads(text)
            if kept["client_id"] != self._client_id:
                return {}
            return {account: Token(**fields).as_dict() for account, fields in kept["tokens"].items()}
        except (TypeError, ValueError, LookupError, AttributeError):
            log.warning("the variable %s holds no token that can be read: a new one takes its place", self._key)
            return {}

    @staticmethod
    def _masked(token: Token) -> Token:
        mask_secret(token.access_token)
        if token.refresh_token:
            mask_secret(token.refresh_token)
        return token
