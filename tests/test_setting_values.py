"""What a process takes its settings and its name from, and the whole of what is said of a wrong one."""

import getpass
import hashlib
import socket
from pathlib import Path

import pytest

from zakaz import __version__
from zakaz.errors import WrongSetting
from zakaz.settings import Settings, file_name, is_sandbox, state_dir, this_user, usable_settings, version_tag


@pytest.fixture(autouse=True)
def only_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite has some settings of its own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_a_setting_is_the_variable_of_its_name_in_capitals_and_an_empty_one_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOOKBACK_DAYS", " 3 ")
    monkeypatch.setenv("RAW_DAYS", " ")
    monkeypatch.setenv("refund_days", "5")
    monkeypatch.setenv("PING_URL", "https://hc-ping.com/uuid")
    changed = {"lookback_days": 3, "ping_url": "https://hc-ping.com/uuid"}
    assert Settings.from_environment() == usable_settings() == Settings().model_copy(update=changed)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("VK_BATCH_IDS", "201", "='201' is not allowed: it must be a whole number above 0, at most 200 (default 200)"),
        (
            "HTTP_PAUSE_SECONDS",
            "x",
            "='x' is not allowed: it must be a number above 0, at most 1000000 (default 2.0)",
        ),
        (
            "PING_URL",
            "hc-ping.com/secret",
            " is not allowed: it must begin with https:// or http:// and name a host; before its @, write %23 %2F %3F "
            "for # / ?",
        ),
        (
            "FALLBACK_URL",
            "duty@example.com secret",
            " is not allowed: it must be a URL of Apprise, such as mailtos://user:password@yandex.ru?to=duty@example.com",
        ),
        (
            "CLICKHOUSE_CLUSTER",
            "a'b",
            '="a\'b" is not allowed: it must have letters, digits, _, - and . only',
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_value_what_is_allowed_and_the_default(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(WrongSetting) as refused:
        Settings.from_environment()
    assert str(refused.value) == f"{name}{said}"
    # Of texts, an alert masks what was given.
    kept = {name.lower(): text} if name in ("PING_URL", "FALLBACK_URL", "CLICKHOUSE_CLUSTER") else {}
    assert usable_settings() == Settings().model_copy(update=kept)


def test_a_file_name_is_readable_and_another_one_for_each_address() -> None:
    def own(address: str, readable: str) -> None:
        assert file_name(address) == f"{readable}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"

    own("ch.example.com:9000", "ch.example.com-9000")
    own("/srv/Склад № 1/", "srv-Склад-1")
    own("X/x", "X-x")
    own("X:\\.x.-", "X-.x")
    own("a" + "b" * 60, "b" * 60)
    assert file_name("\ud83c").startswith("-")


def test_what_a_process_is_told_of_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not is_sandbox()
    monkeypatch.setenv("ZAKAZ_SANDBOX", "1")
    assert is_sandbox()
    assert version_tag() == __version__
    monkeypatch.setenv("VERSION_TAG", "v7")
    assert version_tag() == "v7"
    monkeypatch.setenv("ZAKAZ_STATE_DIR", str(tmp_path))
    assert state_dir() == tmp_path / "zakaz"
    assert this_user() == f"{getpass.getuser()}@{socket.gethostname()}"
