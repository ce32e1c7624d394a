"""What the HTTP client does for every source alike."""

from decimal import Decimal
from typing import Any

import pytest

from loud_logs import all_told
from sandbox import CLIENT_ID, CLIENT_SECRET, Sandbox
from zakaz.errors import SourceUnavailable
from zakaz.sources.http import JsonApi
from zakaz.sources.vk_ads import refused

FORM = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def api_of(url: str, pauses: list[float] | None = None, attempts: int = 3) -> JsonApi:
    sleep = ([] if pauses is None else pauses).append
    return JsonApi("VK Ads", url, refuse=refused, timeout_seconds=0.5, attempts=attempts, pause_seconds=2, sleep=sleep)


def test_pauses_double_up_to_a_minute(scripted: Any) -> None:
    scripted.says({}, 503)
    pauses: list[float] = []
    with pytest.raises(SourceUnavailable):
        api_of(scripted.url, pauses, attempts=9).call("GET", "/x.json")
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_closed_port_is_named(unused_port: int) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        api_of(f"http://127.0.0.1:{unused_port}").call("GET", "/x.json", params={"id": "1"})
    assert str(caught.value).startswith(f"VK Ads: GET http://127.0.0.1:{unused_port}/x.json: can't connect")
    assert "Connection refused" in str(caught.value)
    assert " at 0x" not in str(caught.value)


def test_numbers_stay_exact_and_text_readable(scripted: Any) -> None:
    scripted.says('{"spent": 0.10, "name": "Орёл"}'.encode())
    answer = api_of(scripted.url).call("GET", "/x.json")
    assert answer.body == {"spent": Decimal("0.10"), "name": "Орёл"}
    assert answer.content.decode() == '{"spent": 0.10, "name": "Орёл"}'


@pytest.mark.parametrize("kind", ["cut_json", "html", "500", "disconnect", "timeout"])
def test_what_a_form_carries_or_brings_back_is_never_shown(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    all_told(caplog, monkeypatch)
    sandbox.fault("vk_ads", kind, seconds=0.7)
    with pytest.raises(SourceUnavailable) as caught:
        api_of(sandbox.url, attempts=1).call("POST", "/api/v2/oauth2/token.json", form=FORM)
    given = [token.access for token in sandbox.tokens._tokens]
    assert len(given) == (kind == "cut_json")
    for secret in [CLIENT_SECRET, *given]:
        assert secret[:20] not in str(caught.value) + caplog.text


@pytest.mark.parametrize("secret", ["s3cret\n", "s3crеt"], ids=ascii)
def test_a_header_that_can_not_be_sent_is_not_shown(scripted: Any, secret: str) -> None:
    with pytest.raises(SourceUnavailable, match=r"\((InvalidHeader|UnicodeEncodeError)\)") as caught:
        api_of(scripted.url).call("GET", "/x", headers={"Authorization": f"Bearer {secret}"})
    assert "s3c" not in str(caught.value)
