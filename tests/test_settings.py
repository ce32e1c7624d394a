"""Settings and the environment of the wrappers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zakaz.environment import project_environment, sandbox_state, state_dir
from zakaz.errors import InvalidInput
from zakaz.settings import PROJECT_DIR, Settings, usable_settings

EXAMPLE = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")


def test_the_example_names_every_setting_with_its_default() -> None:
    shown = dict(re.findall(r"^#([A-Z_]+)=(\S*)$", EXAMPLE, re.MULTILINE))
    for name, field in Settings.model_fields.items():
        assert type(field.default)(shown[name.upper()]) == field.default, name


@pytest.mark.parametrize(
    "url",
    [
        *(
            "hc-ping.com/secret-uuid",
            "https:///secret",
            "https://user:pa#secret@host/x",
            "https://user:pa/secret@host/x",
        ),
        *(
            "https://user:pa@secret@host/",
            "https://user:p[secret@host/",
            "https://host:port/secret",
            "http://host/ secret",
        ),
    ],
)
def test_a_ping_url_that_is_none_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PING_URL", url)
    with pytest.raises(InvalidInput, match="PING_URL is not allowed: it must begin with https://") as refused:
        Settings.from_environment()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["a week", "-1", "0", "1.5", "inf", "367"])
def test_a_bad_number_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LOOKBACK_DAYS", text)
    with pytest.raises(
        InvalidInput, match=rf"LOOKBACK_DAYS='{text}' is not allowed: .*whole number above 0, at most 366 \(default 7"
    ):
        Settings.from_environment()


@pytest.mark.parametrize(
    "url", ["https://hc-ping.com/uuid?rid=1", "http://user:pa%23ss@host:8080/x#y", "http://[::1]:8000/", "http://host"]
)
def test_a_ping_url_may_have_a_user_and_a_port(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PING_URL", url)
    assert Settings.from_environment().ping_url == url


def test_who_tells_of_a_wrong_setting_has_the_default_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("LOOKBACK_DAYS", "7d"), ("RAW_DAYS", "30"), ("PING_URL", "hc-ping.com/secret-uuid")):
        monkeypatch.setenv(name, text)
    usable = usable_settings()
    assert (usable.lookback_days, usable.raw_days, usable.ping_url) == (7, 30, "hc-ping.com/secret-uuid")


def connections(given: dict[str, str]) -> dict[str, dict[str, object]]:
    environment = project_environment(given, dotenv=None)
    return {name: json.loads(value) for name, value in environment.items() if name.startswith("AIRFLOW_CONN_")}


def test_without_credentials_the_sandbox_stands_in(tmp_path: Path) -> None:
    found = connections({"AIRFLOW_HOME": str(tmp_path)})
    assert set(found) == {f"AIRFLOW_CONN_{name}_DEFAULT" for name in ("CLICKHOUSE", "VK_ADS", "QTICKETS", "TELEGRAM")}
    assert str(found["AIRFLOW_CONN_VK_ADS_DEFAULT"]["host"]).startswith("http://127.0.0.1:")
    assert "sandbox" in json.dumps(found["AIRFLOW_CONN_CLICKHOUSE_DEFAULT"])


def test_made_up_figures_never_meet_real_ones(tmp_path: Path) -> None:
    real = json.dumps({"conn_type": "vk-ads", "login": "me", "password": "secret"})
    found = connections({"AIRFLOW_HOME": str(tmp_path), "AIRFLOW_CONN_VK_ADS_DEFAULT": real})
    assert "sandbox" not in json.dumps(found)
    assert "AIRFLOW_CONN_TELEGRAM_DEFAULT" not in found


def test_connections_kept_in_airflow_are_not_hidden(tmp_path: Path) -> None:
    assert connections({"AIRFLOW_HOME": str(tmp_path), "ZAKAZ_SANDBOX": "0"}) == {}


def test_the_shell_wins_over_the_file_and_the_file_over_our_defaults(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("LOOKBACK_DAYS=3\nRAW_DAYS=10\nAIRFLOW__CORE__LOAD_EXAMPLES=True\nCATCHUP_DAYS=\n")
    environment = project_environment({"RAW_DAYS": "20"}, tmp_path / ".env")
    assert (environment["LOOKBACK_DAYS"], environment["RAW_DAYS"]) == ("3", "20")
    assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "True"
    assert "CATCHUP_DAYS" not in environment


@pytest.mark.parametrize("wrapper", ["airflow", "zakaz"])
def test_the_wrappers_say_what_to_do_on_a_fresh_clone(tmp_path: Path, wrapper: str) -> None:
    result = subprocess.run(
        [PROJECT_DIR / "bin" / wrapper, "version"],
        cwd=tmp_path,
        env={**os.environ, "ZAKAZ_VENV": str(tmp_path / "nothing")},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "run 'make run'" in result.stderr


def test_the_wrapper_s_python_is_enough() -> None:
    """bin/airflow must not need Airflow to find out where Airflow is."""
    code = "import sys, zakaz.environment; sys.exit(any(name.startswith('airflow') for name in sys.modules))"
    subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(PROJECT_DIR / "plugins")}, check=True
    )


def test_a_password_is_what_the_file_says(tmp_path: Path) -> None:
    connection = {"conn_type": "vk-ads", "login": "me", "password": "p${HOME}q$x #"}
    (tmp_path / ".env").write_text(f"AIRFLOW_CONN_VK_ADS_DEFAULT='{json.dumps(connection)}'\n")
    environment = project_environment({}, tmp_path / ".env")
    assert json.loads(environment["AIRFLOW_CONN_VK_ADS_DEFAULT"]) == connection


def test_a_broken_connection_is_named_without_its_secret() -> None:
    with pytest.raises(InvalidInput, match="AIRFLOW_CONN_VK_ADS_DEFAULT is no readable JSON") as raised:
        project_environment({"AIRFLOW_CONN_VK_ADS_DEFAULT": '{"password": "very-secret", }'}, dotenv=None)
    assert "very-secret" not in str(raised.value)
    with pytest.raises(InvalidInput, match="ZAKAZ_SANDBOX='yes' is not allowed"):
        project_environment({"ZAKAZ_SANDBOX": "yes"}, dotenv=None)


def test_a_relative_home_is_the_project_s_and_state_has_one_place() -> None:
    environment = project_environment({"AIRFLOW_HOME": "elsewhere"}, dotenv=None)
    assert environment["AIRFLOW_HOME"] == str(PROJECT_DIR / "elsewhere")
    assert state_dir(environment) == PROJECT_DIR / "elsewhere" / "zakaz"
    assert state_dir({**environment, "ZAKAZ_STATE_DIR": "/var/lib/zakaz"}) == Path("/var/lib/zakaz/zakaz")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 1', '{"url": "x", "pid": null}'])
def test_a_damaged_note_of_the_sandbox_is_no_note(tmp_path: Path, text: str) -> None:
    file = tmp_path / "zakaz" / "sandbox" / "state.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert sandbox_state({"AIRFLOW_HOME": str(tmp_path)}) == {}
