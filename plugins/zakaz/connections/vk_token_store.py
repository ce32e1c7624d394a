"""Stores the access tokens of VK Ads in an Airflow variable."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.sdk.log import mask_secret
from filelock import FileLock
from filelock import Timeout as FileLockTimeout

from zakaz import airflow_internals
from zakaz.errors import SourceInconsistent, SourceUnavailable
from zakaz.settings import state_dir
from zakaz.sources.vk_tokens import Token

log = logging.getLogger(__name__)
LOCK_SECONDS = 120
DESCRIPTION = "VK Ads access tokens, kept between runs: VK issues at most five"


class VariableTokenStore:
    """Stores tokens in an Airflow variable, which Airflow encrypts, masks and shares with all workers.

    The lock is a file, and so covers the processes of one machine. Across machines, the single slot of the pool
    `vk_ads` (infra/airflow/pools.json) prevents concurrent fetches.

    :param key: the name of the variable. :param client_id: tokens of another client are ignored.
    :param account: which of the connection's accounts.
    """

    def __init__(self, key: str, client_id: str, account: str = "") -> None:
        self._key = key
        self._client_id = client_id
        self._account = account

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the tokens on this machine.

        :raises SourceUnavailable: another process holds the lock for longer than two minutes.
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
        """The stored token of this client and account, if any."""
        kept = self._kept().get(self._account)
        return self._masked(Token(**kept)) if kept else None

    def save(self, token: Token) -> None:
        """Replace the stored token."""
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
        except (TypeError, ValueError, LookupError, AttributeError, SourceInconsistent):
            log.warning("the variable %s holds no readable token: a new one will replace it", self._key)
            return {}

    @staticmethod
    def _masked(token: Token) -> Token:
        mask_secret(token.access_token)
        if token.refresh_token:
            mask_secret(token.refresh_token)
        return token
