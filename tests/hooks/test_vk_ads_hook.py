"""From the connection vk_ads_default to a client, with the token kept between processes."""

import json
import os
from typing import Any

import pytest

from loud_logs import all_told
from sandbox import ACCESS_TOKEN, ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, Sandbox
from zakaz.airflow_compat import Variable
from zakaz.errors import InvalidInput, SourceRefused
from zakaz.hooks.vk_ads import VkAdsHook

KEY = "zakaz_token_vk_ads_default"
pytestmark = pytest.mark.usefixtures("no_token_kept")


def connect(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The connection as it is, with some fields changed."""
    fields = {**json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"]), **changed}
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(fields))


def token_requests(sandbox: Sandbox) -> int:
    return sum("oauth2/token" in call["path"] for call in sandbox.requests()["requests"])


def test_two_hooks_share_one_token(sandbox: Sandbox) -> None:
    assert [VkAdsHook().get_conn().account_id() for _ in range(2)] == [ACCOUNT_ID] * 2
    assert token_requests(sandbox) == 1


def test_a_token_of_another_client_is_not_used(sandbox: Sandbox) -> None:
    VkAdsHook().get_conn().account_id()
    kept = json.loads(Variable.get(KEY))
    assert kept["client_id"] == CLIENT_ID
    Variable.set(KEY, json.dumps({**kept, "client_id": "somebody-else"}))
    VkAdsHook().get_conn().account_id()
    assert token_requests(sandbox) == 2
    assert json.loads(Variable.get(KEY))["client_id"] == CLIENT_ID


@pytest.mark.parametrize("damaged", ["{", "[]", '"text"', f'{{"client_id": "{CLIENT_ID}", "access_token": "half"}}'])
def test_a_damaged_token_is_as_none(sandbox: Sandbox, damaged: str) -> None:
    Variable.set(KEY, damaged)
    assert VkAdsHook().get_conn().account_id() == ACCOUNT_ID
    assert token_requests(sandbox) == 1


def test_a_ready_token_is_used_and_none_is_asked_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, login=None, password=None, extra={"access_token": ACCESS_TOKEN})
    assert VkAdsHook().get_conn().account_id() == ACCOUNT_ID
    assert token_requests(sandbox) == 0
    assert Variable.get(KEY, default_var=None) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"login": None}, "put client id and secret into login and password, or a ready token into its extra"),
        ({"password": ""}, "put client id and secret into login and password, or a ready token into its extra"),
        ({"host": "ads.vk.com"}, "host 'ads.vk.com' must be a base URL such as https://ads.vk.com"),
        ({"host": "https://"}, "host 'https://' must be a base URL such as https://ads.vk.com"),
    ],
    ids=["no-login", "no-password", "no-scheme", "no-host"],
)
def test_a_connection_that_cannot_work_is_refused_in_one_line(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], message: str
) -> None:
    connect(monkeypatch, **changed)
    with pytest.raises(InvalidInput) as caught:
        VkAdsHook().get_conn()
    assert str(caught.value).startswith("connection vk_ads_default: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert CLIENT_SECRET not in str(caught.value)
    assert sandbox.requests()["requests"] == []


def test_no_host_means_vk_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host=None)
    assert VkAdsHook().get_conn()._api.base_url == "https://ads.vk.com"


def test_no_secret_is_in_errors_and_logs(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_told(caplog, monkeypatch)
    client = VkAdsHook().get_conn()
    client.account_id()
    sandbox.fault("vk_ads", "expired_token")
    client.account_id()
    granted = [text for token in sandbox.tokens._tokens for text in (token.access, token.refresh)]
    sandbox.fault("vk_ads", "403")
    with pytest.raises(SourceRefused) as caught:
        client.account_id()
    assert "oauth2/token.json" in caplog.text, "the log is read at a level where requests are told"
    for secret in [CLIENT_SECRET, *granted]:
        assert secret not in caplog.text + str(caught.value)
