"""The hook for the connection `vk_ads_default`: a client for each of its accounts."""

from functools import cache
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from zakaz.connections.api import base_url_of, extra_of, json_api
from zakaz.connections.vk_token_store import VariableTokenStore
from zakaz.errors import InvalidInput
from zakaz.settings import file_name, settings
from zakaz.sources.http import JsonApi, is_token
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_rate_limits import RateBudget
from zakaz.sources.vk_tokens import ClientCredentials, ReadyToken, TokenSource
from zakaz.texts import well_formed

CONNECTION = "vk_ads_default"
DEFAULT_BASE_URL = "https://ads.vk.com"


class VkAdsHook(BaseHook):
    """VK Ads.

    ==================== ============================================================================
    Field                Meaning
    ==================== ============================================================================
    host                 base URL with scheme and port, default https://ads.vk.com
    login, password      client id, client secret
    extra `access_token` a ready access token instead of both
    extra `account_id`   the account that the token must belong to; by default the one read so far
    extra `accounts`     for an agency: its clients, each by login (text) or user id (number)
    ==================== ============================================================================

    :param vk_ads_conn_id: the connection.
    """

    conn_name_attr = "vk_ads_conn_id"
    default_conn_name = CONNECTION
    conn_type = "vk-ads"
    hook_name = "VK Ads"

    def __init__(self, vk_ads_conn_id: str = CONNECTION) -> None:
        super().__init__()
        self._conn_id = vk_ads_conn_id

    @property
    def base_url(self) -> str:
        """The base URL of the API that the connection leads to.

        :raises InvalidInput: the connection's host is not a URL.
        """
        return base_url_of(self.get_connection(self._conn_id), DEFAULT_BASE_URL)

    def get_conn(self) -> list[VkAdsClient]:
        """A client for each account of the connection.

        :raises InvalidInput: the connection has neither client id and secret nor an access token, its host is not a
            URL, its extra is not an object, or `accounts` is not a list of logins and ids.
        """
        connection = self.get_connection(self._conn_id)
        base_url = base_url_of(connection, DEFAULT_BASE_URL)
        return [self._client(connection, base_url, account) for account in self._accounts(extra_of(connection))]

    def _accounts(self, extra: dict[str, Any]) -> list[str | int | None]:
        accounts, account_id = extra.get("accounts"), extra.get("account_id")
        if account_id is not None and (accounts or not _is_id(account_id)):
            raise InvalidInput(
                f"connection {self._conn_id}: account_id {account_id!r} must be the number of the one account, and "
                "can't be combined with accounts"
            )
        if accounts is None:
            return [None]
        listed = accounts if isinstance(accounts, list) else []
        named = all(_is_id(account) or _is_login(account) for account in listed)
        if not listed or not named or len(set(map(str, listed))) < len(listed) or extra.get("access_token"):
            raise InvalidInput(
                f"connection {self._conn_id}: accounts {accounts!r} must be a list of different logins or user ids of "
                "the agency's clients, and can't be combined with access_token"
            )
        return list(listed)

    def _client(self, connection: Any, base_url: str, account: str | int | None) -> VkAdsClient:
        limits = settings()
        api = json_api("VK Ads", base_url, refused, _budget(base_url, connection.login, account))
        return VkAdsClient(
            api,
            self._tokens(connection, api, account),
            page_limit=limits.vk_page_limit,
            batch_ids=limits.vk_batch_ids,
            window_days=limits.vk_window_days,
            parallel_calls=limits.vk_parallel_calls,
            name=str(account or ""),
            own_account=account if isinstance(account, int) else connection.extra_dejson.get("account_id"),
            may_change=account is not None,
        )

    def _tokens(self, connection: Any, api: JsonApi, account: str | int | None) -> TokenSource:
        access_token = connection.extra_dejson.get("access_token") or ""
        if access_token and not is_token(access_token):
            raise InvalidInput(
                f"connection {self._conn_id}: access_token in its extra (not shown) must be one word of visible ASCII, "
                "without spaces or line breaks: write it anew"
            )
        if access_token:
            mask_secret(access_token)
            return ReadyToken(access_token, f"access_token in the extra of the connection {self._conn_id}")
        if not is_token(connection.login) or not is_token(connection.password):
            raise InvalidInput(
                f"connection {self._conn_id}: put client id and secret into login and password, or a ready token into "
                "its extra as access_token; each is one word of visible ASCII"
            )
        mask_secret(connection.password)
        agency_client = None
        if account is not None:
            name = "agency_client_id" if isinstance(account, int) else "agency_client_name"
            agency_client = {name: str(account)}
        store = VariableTokenStore(token_variable(connection), connection.login, str(account or ""))
        return ClientCredentials(api, connection.login, connection.password, store, agency_client)


def token_variable(connection: Any) -> str:
    """The name of the Airflow variable with a connection's tokens: of each API another, so that none is sent elsewhere.

    :raises InvalidInput: the connection's host is not a URL.
    """
    name, base_url = f"zakaz_token_{connection.conn_id}", base_url_of(connection, DEFAULT_BASE_URL)
    return name if base_url == DEFAULT_BASE_URL else f"{name}_{file_name(base_url)}"


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_login(value: Any) -> bool:
    """Whether a form can carry it; half a character it can't."""
    return isinstance(value, str) and value != "" and value == well_formed(value)


@cache
def _budget(_base_url: str, _client_id: str | None, _account: str | int | None) -> RateBudget:
    """One budget per process and API user, since VK's limits are per user."""
    return RateBudget()
