"""bin/zakaz with quotes and semicolons in every argument, and with secrets in the connections that fail."""

import json
import os
import subprocess
import sys

import pytest

from cli.conftest import Zakaz
from made_rows import DAY, stage_vk
from zakaz.settings import PROJECT_DIR, settings
from zakaz.warehouse.hook import WarehouseHook

DROP = "'; DROP TABLE zakaz.stg_vk_ads_daily; --"
# Bytes that are no UTF-8, as Python has them in arguments; a line break; a number that int() refuses; digits of others.
VALUES = {
    "a statement": DROP,
    "bytes": "\udcef\udceb",
    "nothing": "",
    "lines": "a\nb",
    "long": "9" * 5000,
    "digits": "２",
}
RANGE = ("--from", str(DAY), "--to")
ROWS = "SELECT count() FROM zakaz.stg_vk_ads_daily FINAL"


@pytest.mark.parametrize(
    "arguments",
    [
        ("healthcheck", "--date", f"{DAY}…"),
        ("stage", "vk_fetch", "--date", f"{DAY}…"),
        ("stage", "…"),
        ("run", "--date", f"{DAY}…"),
        ("gaps", *RANGE, f"{DAY}…"),
        ("gaps", "--from", f"{DAY}…", "--to", str(DAY)),
        ("backfill", *RANGE, f"{DAY}…"),
        ("backfill", *RANGE, str(DAY), "--stage", "…"),
        ("backfill", *RANGE, str(DAY), "--max-active-runs", "0…"),
        ("mute", "--job", "…", "--until", "now", "--reason", "x"),
        ("mute", "--job", "all", "--until", "2099-01-01 00:0…", "--reason", "x"),
        ("backup", "--name", "…"),
        ("restore", "…"),
        ("restore", "…", "--check"),
        ("load-sales", "…"),
        ("sql", "SELECT '…'; SELECT 1"),
        ("sql", "SELECT 1", "--format", "…"),
        ("sandbox", "start", "--port", "-…"),
        ("…",),
    ],
    ids=" ".join,
)
def test_it_is_refused_in_one_line(zakaz: Zakaz, warehouse: WarehouseHook, arguments: tuple[str, ...]) -> None:
    stage_vk(warehouse, {})
    for value in VALUES:
        code, out, err = zakaz(*(argument.replace("…", value or " ") for argument in arguments))
        assert (code, out, err.count("\n")) == (1, "", 1), (value[:50], out, err)
        assert "Traceback" not in err
    assert warehouse.execute(ROWS) == [(1,)]


# A command that prints a text, without a warehouse.
PRINTS = "from zakaz.cli.__main__ import *; import click; leave(run('zakaz', lambda: click.Command('', callback={})))"


@pytest.mark.parametrize(
    ("callback", "redirected", "environment", "told"),
    [
        ("lambda: print('ф')", "", {"PYTHONIOENCODING": "ascii", "LANG": "C"}, (0, b"?\n", b"")),
        ("lambda: print('ф')", ">/dev/full", {}, (1, b"", b"zakaz: OSError: [Errno 28] No space left on device\n")),
        ("lambda: print(open(os.devnull).fileno() > 2, file=sys.stderr)", "<&- >&-", {}, (0, b"", b"True\n")),
    ],
    ids=["ascii", "full", "closed"],
)
def test_a_terminal_of_any_kind_is_survived(
    callback: str, redirected: str, environment: dict[str, str], told: tuple[int, bytes, bytes]
) -> None:
    plain = {name: text for name, text in os.environ.items() if not name.startswith(("LC_", "PYTHONIO", "PYTHONUNB"))}
    ours = {"PYTHONPATH": str(PROJECT_DIR / "plugins")}
    done = subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" {redirected}', sys.executable, PRINTS.format(callback)],
        env={**plain, **ours, **environment},
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == told


def test_a_text_is_kept_as_it_was_typed(zakaz: Zakaz, warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {})
    assert zakaz("mute", "--job", "all", "--until", "2099-01-01", "--reason", DROP)[0] == 0
    assert warehouse.execute("SELECT reason FROM meta.mutes FINAL") == [(DROP,)]
    assert DROP in zakaz("alerts")[1]
    assert warehouse.execute(ROWS) == [(1,)]


@pytest.mark.parametrize("command", ["sql", "healthcheck", "status", "alerts", "migrate", "watchdog", "notify-test"])
def test_a_connection_that_fails_is_told_without_its_secrets(
    zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch, unused_port: int, command: str
) -> None:
    secrets = ["pass-word-0123", "ping-secret-0123", "8123:bot-token-0123", "proxy-pass-0123"]
    proxy = f"http://user:{secrets[3]}@127.0.0.1:{unused_port}"
    given = {
        "CLICKHOUSE": {"host": "127.0.0.1", "port": unused_port, "login": "me", "password": secrets[0]},
        "TELEGRAM": {"host": "-1", "password": secrets[2], "extra": {"proxy": proxy}},
    }
    for name, connection in given.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps({"conn_type": "http", **connection}))
    monkeypatch.setenv("PING_URL", f"https://ping.example/{secrets[1]}")
    settings.cache_clear()
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    code, out, err = zakaz(command, *(["SELECT 1"] if command == "sql" else []))
    settings.cache_clear()
    assert code == 1
    assert err
    assert [secret for secret in secrets if secret in out + err] == []


def test_a_proxy_that_would_break_the_client_of_clickhouse_is_named(
    zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    connection = {"conn_type": "clickhouse", "host": "::2", "extra": {"http_port": unused_port}}
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("HTTP_PROXY", "http://user:zqzq#xkxk@proxy:3128")
    code, out, err = zakaz("sql", "SELECT 1")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("zakaz: HTTP_PROXY must be the URL of a proxy")
    assert "zqzq" not in err
    assert "xkxk" not in err
