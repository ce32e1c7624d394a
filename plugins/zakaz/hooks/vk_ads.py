"""From the connection `vk_ads_default` to a client, and the place where its token is kept."""

import json
import logging
import os
import re
from typing import Any

from zakaz.airflow_compat import BaseHook, Variable, mask_secret
from zakaz.clients.http import JsonApi
from zakaz.clients.vk_ads import VkAdsClient, refused
from zakaz.clients.vk_tokens import ClientCredentials, ReadyToken, Token, TokenSource
from zakaz.errors import InvalidInput
from zakaz.settings import settings

log = logging.getLogger(__name__)
CONNECTION = "vk_ads_default"
DEFAULT_BASE_URL = "https://ads.vk.com"
SANDBOX_DOWN = ". The sandbox is down: start it with bin/zakaz sandbox start"


class VkAdsHook(BaseHook):
    """VK Ads.

    ==================== ==================================================================
    Field                Meaning
    ==================== ==================================================================
    host                 base URL with scheme and port, default https://ads.vk.com
    login, password      client id, client secret
    extra `access_token` a ready access token instead of both
    ==================== ==================================================================

    :param vk_ads_conn_id: the connection.
    """

    conn_name_attr = "vk_ads_conn_id"
    default_conn_name = CONNECTION
    conn_type = "vk-ads"
    hook_name = "VK Ads"

    def __init__(self, vk_ads_conn_id: str = CONNECTION) -> None:
        super().__init__()
        self._conn_id = vk_ads_conn_id

    def get_conn(self) -> VkAdsClient:
        """A client for the connection.

        :raises InvalidInput: the connection has neither client id and secret nor an access token, or a host that is
            no URL.
        """
        connection, limits = self.get_connection(self._conn_id), settings()
        base_url = connection.host or DEFAULT_BASE_URL
        if not re.match(r"https?://[^/?#]+", base_url):
            raise InvalidInput(
                f"connection {self._conn_id}: host {base_url!r} must be a base URL such as {DEFAULT_BASE_URL}"
            )
        api = JsonApi(
            "VK Ads",
            base_url,
            refuse=refused,
            timeout_seconds=limits.http_timeout_seconds,
            attempts=limits.http_attempts,
            pause_seconds=limits.http_pause_seconds,
            when_down=SANDBOX_DOWN if os.environ.get("ZAKAZ_SANDBOX") == "1" else "",
        )
        return VkAdsClient(
            api,
            self._tokens(connection, api),
            page_limit=limits.vk_page_limit,
            batch_ids=limits.vk_batch_ids,
            window_days=limits.vk_window_days,
        )

    def _tokens(self, connection: Any, api: JsonApi) -> TokenSource:
        if access_token := connection.extra_dejson.get("access_token"):
            mask_secret(access_token)
            return ReadyToken(access_token)
        if not connection.login or not connection.password:
            raise InvalidInput(
                f"connection {self._conn_id}: put client id and secret into login and password, or a ready token into "
                "its extra as access_token"
            )
        mask_secret(connection.password)
        return ClientCredentials(
            api, connection.login, connection.password, VariableTokenStore(self._conn_id, connection.login)
        )


def token_variable(conn_id: str) -> str:
    """The Airflow variable that a connection's token is kept in."""
    return f"zakaz_token_{conn_id}"


class VariableTokenStore:
    """Keeps a token in an Airflow variable, which Airflow encrypts and masks.

    :param conn_id: the connection. :param client_id: a token is of use to its own client only.
    """

    def __init__(self, conn_id: str, client_id: str) -> None:
        self._key = token_variable(conn_id)
        self._client_id = client_id

    def load(self) -> Token | None:
        """The kept token of this client, if there is one."""
        text = Variable.get(self._key, default_var=None)
        if not text:
            return None
        try:
            kept = dict(json.loads(text))
            if kept.pop("client_id", None) != self._client_id:
                return None
            return self._masked(Token(**kept))
        except (TypeError, ValueError):
            log.warning("the variable %s holds no token that can be read: a new one takes its place", self._key)
            return None

    def save(self, token: Token) -> None:
        """Keep a token in place of the last one."""
        Variable.set(
            self._key,
            json.dumps({"client_id": self._client_id, **self._masked(token).as_dict()}),
            description="VK Ads access token, kept between runs: VK gives no more than five",
        )

    @staticmethod
    def _masked(token: Token) -> Token:
        mask_secret(token.access_token)
        if token.refresh_token:
            mask_secret(token.refresh_token)
        return token
