"""Settings and the environment of the wrappers."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import BaseHook
from hypothesis import given
from hypothesis import strategies as st

from zakaz.environment import project_environment, sandbox_state, state_dir
from zakaz.errors import InvalidInput
from zakaz.settings import PROJECT_DIR, TASK_LIMIT, Settings, usable_settings
from zakaz.warehouse.hook import ANSWER_GRACE_SECONDS

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


LIMITS = {
    **dict.fromkeys(("lookback_days", "sales_lookback_days", "refund_days"), 366),
    **dict.fromkeys(("catchup_days", "vk_page_limit", "vk_window_days", "http_attempts"), 1_000_000),
    **dict.fromkeys(("http_timeout_seconds", "http_pause_seconds", "warehouse_wait_seconds"), 1_000_000),
    "max_active_runs": 32,
    "raw_days": 36_500,
    "vk_batch_ids": 200,
    "vk_parallel_calls": 16,
    "query_timeout_seconds": 840,
}


OR_NONE = {"backup_keep": 1000, "disk_free_percent": 100, "fallback_stale": 1}


@pytest.mark.parametrize(("name", "limit"), OR_NONE.items(), ids=OR_NONE)
def test_what_may_be_none_is_0(monkeypatch: pytest.MonkeyPatch, name: str, limit: int) -> None:
    for text in (str(limit), "0"):
        monkeypatch.setenv(name.upper(), text)
        assert getattr(Settings.from_environment(), name) == int(text)
    for text in (str(limit + 1), "-1", "some"):
        monkeypatch.setenv(name.upper(), text)
        with pytest.raises(InvalidInput, match=f"^{name.upper()}='{text}' is not allowed: .* 0 or .*{limit} "):
            Settings.from_environment()


@pytest.mark.parametrize(("name", "limit"), LIMITS.items(), ids=LIMITS)
def test_every_number_has_its_limits(monkeypatch: pytest.MonkeyPatch, name: str, limit: int) -> None:
    for text in (str(limit), "1"):
        monkeypatch.setenv(name.upper(), text)
        assert getattr(Settings.from_environment(), name) == int(text)
    for text in (str(limit + 1), "0"):
        monkeypatch.setenv(name.upper(), text)
        with pytest.raises(InvalidInput, match=f"^{name.upper()}='{text}' is not allowed: .* at most {limit}[. ]"):
            Settings.from_environment()


def test_no_number_is_without_limits_and_a_statement_ends_before_its_task() -> None:
    assert {*LIMITS, *OR_NONE} == {name for name, field in Settings.model_fields.items() if field.annotation is not str}
    assert timedelta(seconds=LIMITS["query_timeout_seconds"] + ANSWER_GRACE_SECONDS) < TASK_LIMIT


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


UNREADABLE = {
    "a comment in cp1251": (
        "RAW_DAYS=3\n# как дела\n".encode("cp1251"),
        ".env, line 2: not UTF-8: save the file as UTF-8",
    ),
    "UTF-16": ("RAW_DAYS=3\n".encode("utf-16"), ".env, line 1: not UTF-8: save the file as UTF-8"),
    "UTF-16 without a BOM": ("RAW_DAYS=3\n".encode("utf-16-le"), ".env, line 1: not UTF-8: save the file as UTF-8"),
    "a NUL": (b"RAW_DAYS=3\n\nVERSION_TAG=\0\n", ".env, line 3: not UTF-8: save the file as UTF-8"),
    "an open quote": (b"A=1\nB='x\nC=2\nD='y'\n", ".env, line 2: neither NAME=value nor a comment: see whether its"),
    "a name with a space": (
        b"\nRAW DAYS=3\n",
        ".env, line 2: neither NAME=value nor a comment: see whether its quotes",
    ),
    **{
        f"a name with {what}": (
            f"A=1\n{name}=3 secret\n".encode(),
            ".env, line 2: neither NAME=value nor a comment: see whether its quotes are closed and its name has only",
        )
        for what, name in {
            "a zero-width space": "\u200bRAW_DAYS",
            "a Cyrillic letter": "RАW_DAYS",
            "a dash": "RAW-DAYS",
            "a digit first": "1RAW_DAYS",
        }.items()
    },
    "a folder": (None, ".env can't be read (Is a directory): it must be a file that this user may read, or not be"),
}


@pytest.mark.parametrize(("written", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_the_line_of_a_file_of_settings_that_can_not_be_read_is_named(
    tmp_path: Path, written: bytes | None, said: str
) -> None:
    (tmp_path / ".env").mkdir() if written is None else (tmp_path / ".env").write_bytes(written)
    with pytest.raises(InvalidInput, match=re.escape(f"{tmp_path}/{said}")) as raised:
        project_environment({}, tmp_path / ".env")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("door", ["zakaz run", "zakaz status", "airflow version", "airflow dags backfill"])
def test_every_door_says_so_in_one_line(tmp_path: Path, door: str) -> None:
    written, said = UNREADABLE["a comment in cp1251"]
    (tmp_path / ".env").write_bytes(written or b"")
    program, *arguments = door.split()
    done = subprocess.run(
        [PROJECT_DIR / "bin" / program, *arguments],
        env={**os.environ, "ZAKAZ_PROJECT_DIR": str(tmp_path), "ZAKAZ_VENV": sys.prefix},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert f"{tmp_path}/{said}" in done.stderr


@given(content=st.binary(max_size=40) | st.text("A='\"\n #\\${\ufeffя").map(str.encode))
def test_any_file_of_settings_is_read_or_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    try:
        environment, told = project_environment({"ZAKAZ_SANDBOX": "0"}, tmp_path / ".env"), ""
    except InvalidInput as error:
        environment, told = {}, str(error)
    assert "\n" not in told
    assert all(name.encode() and b"\0" not in (name + value).encode() for name, value in environment.items())


def test_the_mark_that_windows_puts_before_utf_8_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfRAW_DAYS=3\n")
    assert project_environment({}, tmp_path / ".env")["RAW_DAYS"] == "3"


def test_a_password_is_what_the_file_says(tmp_path: Path) -> None:
    connection = {"conn_type": "vk-ads", "login": "me", "password": "p${HOME}q$x #"}
    (tmp_path / ".env").write_text(f"AIRFLOW_CONN_VK_ADS_DEFAULT='{json.dumps(connection)}'\n")
    environment = project_environment({}, tmp_path / ".env")
    assert json.loads(environment["AIRFLOW_CONN_VK_ADS_DEFAULT"]) == connection


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"password": "very-secret", }', "is no readable JSON ("),
        ('{"password": "very-secret", "user": "me"}', "has a field 'user': allowed are conn_type, description, host"),
        ('{"password": "very-secret", "host": -1001}', "has a host that is not text in quotes"),
        ('{"password": {"very-secret": 1}}', "has a password that is not text in quotes"),
        ('{"password": "very-secret", "port": "http"}', "has a port that is not a number"),
        ('{"password": "very-secret", "port": 9000.5}', "has a port that is not a number"),
        ('{"extra": "very-secret"}', "has a extra that is not a JSON object"),
        ('{"extra": ["very-secret"]}', "has a extra that is not a JSON object"),
        ('{"password": "very-secret\\ud83c"}', r"has a password with half a character, such as \ud83c alone"),
        ('{"extra": {"a": ["very-secret\\ud83c"]}}', "has a extra with half a character"),
        (r'{"extra": "{\"a\": \"very-secret\\ud83c\"}"}', "has a extra with half a character"),
        ("[very-secret]", "is neither JSON nor a URI"),
        ("very-secret", "is neither JSON nor a URI"),
        ("vk-ads://me:very#secret@ads.vk.com", "is neither JSON nor a URI"),
        ("vk-ads://me:very/secret@ads.vk.com", "is neither JSON nor a URI"),
        ("vk-ads://me:12/very-secret@ads.vk.com", "is neither JSON nor a URI"),
        ("vk-ads://me:12#very-secret@ads.vk.com", "is neither JSON nor a URI"),
        ("vk-ads://me:very[secret@ads.vk.com", "is neither JSON nor a URI"),
        ("vk-ads://me:very-secret@ads.vk.com:port", "is neither JSON nor a URI"),
        ("vk-ads://me:very-secret@https://ads.vk.com", "is neither JSON nor a URI"),
    ],
)
def test_a_connection_that_airflow_can_not_read_is_named_without_its_secret(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"AIRFLOW_CONN_VK_ADS_DEFAULT {said}")) as raised:
        project_environment({"AIRFLOW_CONN_VK_ADS_DEFAULT": text}, dotenv=None)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"host": "h", "port": "9000", "extra": "{\\"a\\": 1}", "login": null, "schema": ""}',
        '{"port": "", "extra": null, "description": "d"}',
        "vk-ads://me:p%23w@ads.vk.com:443/schema?a=1",
        "vk-ads://https://ads.vk.com",
        "telegram://:1:x@-1001",
        "clickhouse://",
    ],
)
def test_what_we_take_for_a_connection_airflow_reads(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OF_A_TEST", text)
    project_environment({"AIRFLOW_CONN_OF_A_TEST": text}, dotenv=None)
    assert isinstance(BaseHook.get_connection("of_a_test").extra_dejson, dict)


@pytest.mark.parametrize("name", ["AIRFLOW_HOME", "AIRFLOW_CONN_TELEGRAM_DEFAULT", "ZAKAZ_STATE_DIR"])
def test_a_variable_that_is_no_utf_8_is_named(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name} is not allowed: it must be UTF-8"):
        project_environment({name: os.fsdecode(b"/tmp/\xef\xeb")}, dotenv=None)
    project_environment({"OLDPWD": os.fsdecode(b"/tmp/\xef\xeb")}, dotenv=None)


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", b"?\n"), ("ascii:strict", b"?\n"), ("", "я\n".encode())])
def test_what_a_terminal_can_not_show_is_replaced_in_every_program_of_the_project(encoding: str, shown: bytes) -> None:
    environment = project_environment({**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}, dotenv=None)
    assert subprocess.run([sys.executable, "-c", "print('я')"], env=environment, capture_output=True).stdout == shown


def test_a_choice_that_is_none_is_named() -> None:
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
