"""bin/zakaz with quotes and semicolons in every argument, and with secrets in the connections that fail."""

import json

import pytest

from cli.conftest import Zakaz
from made_rows import DAY, stage_vk
from zakaz.settings import settings
from zakaz.warehouse.hook import WarehouseHook

DROP = "'; DROP TABLE zakaz.stg_vk_ads_daily; --"
DAYS = f"{DAY}{DROP}"
RANGE = ("--from", str(DAY), "--to")
ROWS = "SELECT count() FROM zakaz.stg_vk_ads_daily FINAL"


@pytest.mark.parametrize(
    "arguments",
    [
        ("healthcheck", "--date", DAYS),
        ("stage", "vk_fetch", "--date", DAYS),
        ("stage", DROP),
        ("run", "--date", DAYS),
        ("gaps", *RANGE, DAYS),
        ("gaps", "--from", DAYS, "--to", str(DAY)),
        ("backfill", *RANGE, DAYS),
        ("backfill", *RANGE, str(DAY), "--stage", DROP),
        ("backfill", *RANGE, str(DAY), "--max-active-runs", f"1{DROP}"),
        ("mute", "--job", DROP, "--until", "now", "--reason", "x"),
        ("mute", "--job", "all", "--until", f"2030-01-01 00:00{DROP}", "--reason", "x"),
        ("backup", "--name", DROP),
        ("restore", DROP),
        ("restore", DROP, "--check"),
        ("load-sales", DROP),
    ],
    ids=" ".join,
)
def test_it_is_refused_in_one_line(zakaz: Zakaz, warehouse: WarehouseHook, arguments: tuple[str, ...]) -> None:
    stage_vk(warehouse, {})
    code, out, err = zakaz(*arguments)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    assert warehouse.execute(ROWS) == [(1,)]


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
