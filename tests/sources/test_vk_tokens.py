"""Five tokens per client, for ever: asked for once, renewed in place, replaced only when VK says so."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, Sandbox
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable
from zakaz.sources.http import JsonApi
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_tokens import SPARE_SECONDS, ClientCredentials, Token


class Memory:
    """A store that lasts as long as a test."""

    def __init__(self, token: Token | None = None) -> None:
        self.token = token
        self._lock = threading.Lock()

    def lock(self) -> threading.Lock:
        return self._lock

    def load(self) -> Token | None:
        return self.token

    def save(self, token: Token) -> None:
        self.token = token


def client_of(url: str, store: Memory) -> VkAdsClient:
    api = JsonApi("VK Ads", url, refuse=refused, timeout_seconds=2, sleep=lambda _: None)
    return VkAdsClient(api, ClientCredentials(api, CLIENT_ID, CLIENT_SECRET, store))


def token_requests(sandbox: Sandbox) -> int:
    return sum("oauth2/token" in call["path"] for call in sandbox.requests()["requests"])


def slots_taken(sandbox: Sandbox) -> int:
    """Of the five; a refresh takes none."""
    return len(sandbox.tokens._tokens)


def test_a_token_is_asked_for_once(sandbox: Sandbox) -> None:
    store = Memory()
    for _ in range(3):
        client = client_of(sandbox.url, store)
        assert client.account_id() == ACCOUNT_ID
        list(client.lists())
    assert token_requests(sandbox) == 1


def test_a_token_that_ends_soon_is_renewed_in_its_place(sandbox: Sandbox) -> None:
    store = Memory()
    client_of(sandbox.url, store).account_id()
    assert store.token is not None
    first = store.token
    assert first.expires_at == pytest.approx(time.time() + 86_400, abs=60)
    store.token = Token(first.access_token, first.refresh_token, time.time() + SPARE_SECONDS - 1)
    assert client_of(sandbox.url, store).account_id() == ACCOUNT_ID
    assert (token_requests(sandbox), slots_taken(sandbox)) == (2, 1)
    assert store.token.access_token != first.access_token
    assert store.token.refresh_token == first.refresh_token
    assert store.token.expires_at > time.time() + SPARE_SECONDS


@pytest.mark.parametrize(("code", "slots"), [("expired_token", 1), ("invalid_token", 2), ("revoked_token", 2)], ids=str)
def test_a_rejected_token_is_replaced_once(sandbox: Sandbox, code: str, slots: int) -> None:
    store = Memory()
    client = client_of(sandbox.url, store)
    client.account_id()
    sandbox.fault("vk_ads", code)
    assert client.account_id() == ACCOUNT_ID
    assert client_of(sandbox.url, store).account_id() == ACCOUNT_ID
    assert (token_requests(sandbox), slots_taken(sandbox)) == (2, slots)


@pytest.mark.parametrize("code", ["expired_token", "invalid_token"])
def test_a_token_that_stays_rejected_ends_the_call(sandbox: Sandbox, code: str) -> None:
    client = client_of(sandbox.url, Memory())
    client.account_id()
    sandbox.fault("vk_ads", code, times=100)
    with pytest.raises(SourceRefused) as caught:
        client.account_id()
    assert caught.value.code == code
    assert token_requests(sandbox) == 2


def test_a_refresh_that_is_refused_leads_to_a_new_token(sandbox: Sandbox) -> None:
    store = Memory(Token("gone", "gone too", time.time() - 1))
    assert client_of(sandbox.url, store).account_id() == ACCOUNT_ID
    assert (token_requests(sandbox), slots_taken(sandbox)) == (2, 1)


def test_what_another_process_replaced_already_is_taken_from_the_store(sandbox: Sandbox) -> None:
    store = Memory()
    client_of(sandbox.url, store).account_id()
    assert store.token is not None
    api = JsonApi("VK Ads", sandbox.url, refuse=refused)
    tokens = ClientCredentials(api, CLIENT_ID, CLIENT_SECRET, store)
    assert tokens.replace("rejected", refresh=True) == store.token.access_token
    assert token_requests(sandbox) == 1


@pytest.mark.parametrize("code", ["expired_token", "invalid_token"])
def test_many_that_are_rejected_at_once_renew_it_once(sandbox: Sandbox, code: str) -> None:
    store = Memory()
    clients = [client_of(sandbox.url, store) for _ in range(8)]
    assert [client.account_id() for client in clients] == [ACCOUNT_ID] * 8
    sandbox.tokens.spoil(clients[0]._tokens.current(), code)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda client: client.account_id(), clients)) == [ACCOUNT_ID] * 8
    assert token_requests(sandbox) == 2


def test_the_sixth_token_is_refused_with_what_to_do(sandbox: Sandbox) -> None:
    for _ in range(5):
        client_of(sandbox.url, Memory()).account_id()
    with pytest.raises(SourceRefused, match=r"already has five\. Delete .* then run the day again") as caught:
        client_of(sandbox.url, Memory()).account_id()
    assert caught.value.code == "token_limit_exceeded"
    assert "\n" not in str(caught.value)
    assert token_requests(sandbox) == 6


def test_lost_answers_do_not_use_all_tokens_up(sandbox: Sandbox) -> None:
    sandbox.fault("vk_ads", "cut_json", path="oauth2")
    with pytest.raises(SourceUnavailable):
        client_of(sandbox.url, Memory()).account_id()
    assert slots_taken(sandbox) == 3
    sandbox.clear_faults()
    assert client_of(sandbox.url, Memory()).account_id() == ACCOUNT_ID


@pytest.mark.parametrize("body", [{}, [], {"access_token": "abc"}, {"access_token": "abc", "expires_in": "soon"}])
def test_an_answer_without_a_token_is_no_token(scripted: Any, body: Any) -> None:
    store = Memory()
    scripted.says(body)
    with pytest.raises(SourceUnavailable, match=r"POST .*oauth2/token\.json: a reply without") as caught:
        client_of(scripted.url, store).account_id()
    assert store.token is None
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("given", ["s3cret\n", "s3crеt", "s3\ud83c", " s3cret", "", None, ["s3cret"], 53], ids=ascii)
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(scripted: Any, given: Any) -> None:
    store = Memory()
    scripted.says(json.dumps({"access_token": given, "expires_in": 86400}).encode())
    with pytest.raises(SourceInconsistent, match=r"^VK Ads: the access_token that .* is not one word of") as caught:
        client_of(scripted.url, store).account_id()
    assert (store.token, len(scripted.asked)) == (None, 1), "each further try may cost one of the five"
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize("renewed", ["s3crеt", "", None, ["s3cret"], 53], ids=ascii)
def test_a_refresh_token_that_is_none_leaves_the_one_before(scripted: Any, renewed: Any) -> None:
    store = Memory(Token("old", "stays", time.time()))
    scripted.says({"access_token": "abc", "refresh_token": renewed, "expires_in": 86400}).says({"id": 7})
    client_of(scripted.url, store).account_id()
    assert store.token is not None
    assert (store.token.access_token, store.token.refresh_token) == ("abc", "stays")


@pytest.mark.parametrize("lifetime", ["86400", 86400, 86400.0], ids=["text", "integer", "number"])
def test_a_lifetime_is_read_however_it_is_written(scripted: Any, lifetime: Any) -> None:
    store = Memory(Token("old", "stays", time.time()))
    scripted.says({"access_token": "abc", "expires_in": lifetime}).says({"id": 7})
    assert client_of(scripted.url, store).account_id() == 7
    assert store.token is not None
    assert (store.token.access_token, store.token.refresh_token) == ("abc", "stays")
    assert store.token.expires_at == pytest.approx(time.time() + 86_400, abs=60)


def test_a_wrong_secret_is_not_tried_twice_nor_shown(sandbox: Sandbox) -> None:
    api = JsonApi("VK Ads", sandbox.url, refuse=refused)
    tokens = ClientCredentials(api, CLIENT_ID, "wrong-secret", Memory())
    with pytest.raises(SourceRefused, match="HTTP 401 invalid_client") as caught:
        tokens.current()
    assert "wrong-secret" not in str(caught.value)
    assert token_requests(sandbox) == 1


def test_a_token_with_two_values_is_none(scripted: Any) -> None:
    scripted.says(b'{"access_token": "SECRET-1", "access_token": "SECRET-2", "expires_in": "86400"}')
    with pytest.raises(SourceInconsistent, match=r"access_token .* \(not shown\)") as caught:
        client_of(scripted.url, Memory()).account_id()
    assert "SECRET" not in str(caught.value)
