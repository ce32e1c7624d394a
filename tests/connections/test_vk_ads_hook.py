"""From the connection vk_ads_default to a client, with the token kept between processes."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from airflow.models import Variable

from loud_logs import all_told
from sandbox import ACCESS_TOKEN, ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, Sandbox
from zakaz.connections.vk_ads import VkAdsHook, token_variable
from zakaz.connections.vk_token_store import VariableTokenStore
from zakaz.errors import InvalidInput, SourceRefused, SourceUnavailable
from zakaz.sources.vk_ads import VkAdsClient
from zakaz.sources.vk_tokens import TOKEN_PATH, Token

pytestmark = pytest.mark.usefixtures("no_token_kept")


def connect(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The connection as it is, with some fields changed."""
    fields = {**json.loads(os.environ["AIRFLOW_CONN_VK_ADS_DEFAULT"]), **changed}
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps(fields))


def client() -> VkAdsClient:
    """The client of the connection's one account."""
    (only,) = VkAdsHook().get_conn()
    return only


def key() -> str:
    """The variable with the connection's tokens."""
    return token_variable(VkAdsHook().get_connection("vk_ads_default"))


def token_requests(sandbox: Sandbox) -> int:
    return sum("oauth2/token" in call["path"] for call in sandbox.requests()["requests"])


def test_two_hooks_share_one_token(sandbox: Sandbox) -> None:
    assert [client().account_id() for _ in range(2)] == [ACCOUNT_ID] * 2
    assert token_requests(sandbox) == 1


def test_a_token_of_another_client_is_not_used(sandbox: Sandbox) -> None:
    client().account_id()
    kept = json.loads(Variable.get(key()))
    assert kept["client_id"] == CLIENT_ID
    Variable.set(key(), json.dumps({**kept, "client_id": "somebody-else"}))
    client().account_id()
    assert token_requests(sandbox) == 2
    assert json.loads(Variable.get(key()))["client_id"] == CLIENT_ID


def test_a_token_goes_to_the_api_that_gave_it_alone(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with one client id for both. That of VK itself is where 1.0 keeps it, and it is not lost meanwhile."""
    of_vk = {"": Token("of-VK", "of-VK-too", time.time() + 86_400).as_dict()}
    Variable.set("zakaz_token_vk_ads_default", json.dumps({"client_id": CLIENT_ID, "tokens": of_vk}))
    for _ in range(2):
        connect(monkeypatch, host=f"{sandbox.url}/")
        assert client().account_id() == ACCOUNT_ID
        connect(monkeypatch, host=None)
        assert client()._tokens.current() == "of-VK"
    assert [call["path"] for call in sandbox.requests()["requests"]] == [TOKEN_PATH, *["/api/v2/user.json"] * 2]


HALF_A_TOKEN = json.dumps({"client_id": CLIENT_ID, "tokens": {"": {"access_token": "half"}}})


NO_TOKEN = json.dumps({"client_id": CLIENT_ID, "tokens": {"": Token("a", "b", time.time() + 86_400).as_dict()}})


@pytest.mark.parametrize(
    "damaged", ["{", "[]", '"text"', HALF_A_TOKEN, NO_TOKEN.replace('"a"', '"а"'), NO_TOKEN.replace('"a"', "null")]
)
def test_a_damaged_token_is_as_none(sandbox: Sandbox, damaged: str) -> None:
    Variable.set(key(), damaged)
    assert client().account_id() == ACCOUNT_ID
    assert token_requests(sandbox) == 1


def test_a_ready_token_is_used_and_none_is_asked_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, login=None, password=None, extra={"access_token": ACCESS_TOKEN})
    assert client().account_id() == ACCOUNT_ID
    assert token_requests(sandbox) == 0
    assert Variable.get(key(), default_var=None) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"login": None}, "put client id and secret into login and password, or a ready token into its extra"),
        ({"password": ""}, "put client id and secret into login and password, or a ready token into its extra"),
        ({"host": "ads.vk.com"}, "host 'ads.vk.com' must be a base URL such as https://ads.vk.com"),
        ({"host": "https://"}, "host 'https://' must be a base URL such as https://ads.vk.com"),
        ({"extra": {"accounts": "one"}}, "accounts 'one' must be a list of different logins or user ids"),
        ({"extra": {"accounts": []}}, "accounts [] must be a list"),
        ({"extra": {"accounts": ["one", "one"]}}, "accounts ['one', 'one'] must be a list of different"),
        ({"extra": {"accounts": ["one", None]}}, "accounts ['one', None] must be a list"),
        ({"extra": {"accounts": ["one\ud83c"]}}, "accounts ['one\\ud83c'] must be a list"),
        ({"login": "client\n"}, "put client id and secret into login and password, or a ready token into its extra"),
        ({"password": f"{CLIENT_SECRET}\n"}, "each is one word of visible ASCII"),
        *[
            ({"extra": {"access_token": token}}, "access_token in its extra (not shown) must be one word of visible")
            for token in ("s3cret\n", "s3crеt", " s3cret", ["s3cret"], {"s3cret": 1}, True)
        ],
        ({"extra": {"accounts": ["one"], "access_token": "t0ken"}}, "can't be combined with access_token"),
        ({"extra": {"account_id": "one"}}, "account_id 'one' must be the number of the one account"),
        ({"extra": {"accounts": ["one"], "account_id": 7}}, "can't be combined with accounts"),
    ],
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
    assert "s3c" not in str(caught.value)
    assert sandbox.requests()["requests"] == []


def test_no_host_means_vk_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host=None)
    assert client()._api.base_url == "https://ads.vk.com"


def test_no_secret_is_in_errors_and_logs(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_told(caplog, monkeypatch)
    reader = client()
    reader.account_id()
    sandbox.fault("vk_ads", "expired_token")
    reader.account_id()
    granted = [text for token in sandbox.tokens._tokens for text in (token.access, token.refresh)]
    sandbox.fault("vk_ads", "403")
    with pytest.raises(SourceRefused) as caught:
        reader.account_id()
    assert "oauth2/token.json" in caplog.text, "the log is read at a level where requests are told"
    for secret in [CLIENT_SECRET, *granted]:
        assert secret not in caplog.text + str(caught.value)


RENEW = """
import zakaz.connections.vk_token_store
from airflow.models import Variable
zakaz.connections.vk_token_store.Variable = Variable
from zakaz.connections.vk_ads import VkAdsHook, token_variable
print(VkAdsHook().get_conn()[0].account_id())
"""


def test_processes_that_start_together_ask_for_one_token(sandbox: Sandbox) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", RENEW]
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    assert [int(process.communicate(timeout=60)[0].split()[-1]) for process in started] == [ACCOUNT_ID] * 2
    assert token_requests(sandbox) == 1


def test_a_lock_that_is_never_given_back_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zakaz.connections.vk_token_store.LOCK_SECONDS", 0.1)
    store = VariableTokenStore(key(), CLIENT_ID)
    with store.lock(), pytest.raises(SourceUnavailable, match=r"lock .*zakaz_token_vk_ads_default.*\.lock"):
        client().account_id()
