"""bin/zakaz alerts, mute, notify-test and watchdog: answers, exit codes, and who is told."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cli.conftest import Zakaz
from made_runs import DAY, attempt, put_run
from sandbox import BOT_TOKEN, Sandbox
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.sweep import sweep
from zakaz.cli.commands import watchdog
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.usefixtures("no_token_kept")


@pytest.fixture
def no_warehouse(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    nowhere = {
        "conn_type": "clickhouse",
        "host": "127.0.0.1",
        "port": unused_port,
        "extra": {"http_port": unused_port},
    }
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(nowhere))
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)


def fail(warehouse: WarehouseHook, days_ago: int = 0) -> str:
    day = DAY - timedelta(days=days_ago)
    put_run(warehouse, attempt(day=day), "error", day=day, err_msg="VK Ads is down")
    return raise_alert(warehouse, failure_alert(attempt(day=day), "VK Ads is down", DayRange(day, day)))


def in_moscow(minutes: int) -> str:
    return f"{datetime.now(MOSCOW) + timedelta(minutes=minutes):%Y-%m-%d %H:%M}"


def test_alerts_shows_the_open_incidents_and_what_is_muted(
    zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    assert zakaz("alerts") == (0, "No open incidents\n", "")
    fail(warehouse)
    until = in_moscow(60)
    zakaz("mute", "--job", "build_dm_vk", "--until", until, "--reason", "the mart is rebuilt")
    code, out, err = zakaz("alerts")
    assert (code, err) == (2, "")
    incidents, muted = out.split("Muted\n")
    assert incidents.startswith("Open incidents\n")
    for part in ("vk_fetch", "RUN_FAILED", "VK Ads is down"):
        assert part in incidents
    for part in ("build_dm_vk", "the mart is rebuilt"):
        assert part in muted
    put_run(warehouse, attempt(try_number=2), "ok")
    sweep(warehouse)
    code, out, _ = zakaz("alerts")
    assert (code, out.splitlines()[-1]) == (0, "No open incidents")


def test_a_mute_silences_until_it_ends(zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    until = in_moscow(60)
    assert zakaz("mute", "--job", "vk_fetch", "--until", until, "--reason", "VK moves") == (
        0,
        f"vk_fetch: muted until {until} MSK\n",
        "",
    )
    assert fail(warehouse) == "muted"
    assert zakaz("mute", "--job", "vk_fetch", "--until", "now", "--reason", "done") == (
        0,
        "vk_fetch: not muted any more\n",
        "",
    )
    assert fail(warehouse, days_ago=1) == "sent"
    zakaz("mute", "--job", "all", "--until", until, "--reason", "a move of everything")
    assert fail(warehouse, days_ago=2) == "muted"
    ((who, is_lasting),) = warehouse.execute("SELECT who, until > now() FROM meta.mutes FINAL WHERE job = 'all'")
    assert (who.count("@"), is_lasting) == (1, 1)
    muted = zakaz("alerts")[1].partition("Muted\n")[2]
    assert ("a move of everything" in muted, "done" in muted) == (True, False)


def test_bytes_that_are_no_text_are_taken_and_shown(migrated: WarehouseHook) -> None:
    """From a terminal without an encoding, which tells Python nothing of what was typed."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONPATH": os.pathsep.join(sys.path)}
    told = []
    for arguments in (["mute", "--job", "all", "--until", "2099-01-01", "--reason", b"\xef\xeb"], ["alerts"]):
        command = [sys.executable, "-m", "zakaz.cli", *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True)
        told += [ended.stdout.decode(), ended.stderr.decode()]
    assert told[:2] == ["all: muted until 2099-01-01 00:00 MSK\n", ""]
    assert ("\ufffd\ufffd" in told[2], told[3]) == (True, "")


def test_a_long_text_is_cut_between_characters(zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    raise_alert(warehouse, failure_alert(attempt(), f".{'ё' * 400}", DayRange(DAY, DAY)))
    code, out, err = zakaz("alerts")
    assert (code, f".{'ё' * 119} │" in out, err) == (2, True, "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--job": "vk"}, "'vk' is not one of 'vk_fetch', "),
        ({"--until": "tomorrow"}, "--until 'tomorrow' is no Moscow time: write it as 'YYYY-MM-DD HH:MM', or now"),
        ({"--until": "2026-11-01 10:00"}, "--until '2026-11-01 10:00' is over: give a Moscow time in the future"),
        ({"--reason": " "}, "--reason '' is empty"),
    ],
    ids=["job", "no time", "over", "no reason"],
)
def test_a_mute_that_makes_no_sense_changes_nothing(
    zakaz: Zakaz, warehouse: WarehouseHook, changed: dict[str, str], said: str
) -> None:
    options = {"--job": "vk_fetch", "--until": in_moscow(60), "--reason": "work", **changed}
    code, out, err = zakaz("mute", *(part for option in options.items() for part in option))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert warehouse.execute("SELECT count() FROM meta.mutes") == [(0,)]


def test_notify_test_says_whether_telegram_took_it(
    zakaz: Zakaz, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert zakaz("notify-test") == (0, "Telegram took the message: see whether it has arrived\n", "")
    (message,) = sandbox.messages()
    assert message["plain"].startswith("✅ Проверка связи: Zakaz ETL")
    sandbox.fault("telegram", "403")
    code, out, err = zakaz("notify-test")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("zakaz: Telegram does not let this bot write to this chat")
    monkeypatch.delenv("AIRFLOW_CONN_TELEGRAM_DEFAULT")
    code, out, err = zakaz("notify-test")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "there is no connection telegram_default: set AIRFLOW_CONN_TELEGRAM_DEFAULT" in err
    assert BOT_TOKEN not in err


def test_notify_test_tries_the_second_channel_too(
    zakaz: Zakaz, sandbox: Sandbox, set_settings: Callable[..., None], unused_port: int
) -> None:
    set_settings(FALLBACK_URL=f"json://duty:secret-word@127.0.0.1:{unused_port}")
    code, out, err = zakaz("notify-test")
    assert (code, out, err.count("\n")) == (1, "Telegram took the message: see whether it has arrived\n", 1)
    assert err.startswith("zakaz: FALLBACK_URL did not take the message: ")
    sandbox.fault("telegram", "403")
    code, out, err = zakaz("notify-test")
    assert (code, out, err.count("\n")) == (1, "", 2)
    assert "secret-word" not in err


def test_the_watchdog_is_quiet_about_good_days_and_names_the_others(
    zakaz: Zakaz, warehouse: WarehouseHook, sandbox: Sandbox, metadata: None
) -> None:
    days = [yesterday() - timedelta(days=back) for back in range(9)]
    for day in days:
        if day != days[3]:
            put_run(warehouse, attempt("healthcheck", day), "ok", day=day)
    code, out, err = zakaz("watchdog")
    assert (code, out, err) == (2, f"{days[3]}: no good run: no attempt\n", "")
    (stale,) = [told["plain"] for told in sandbox.messages() if "Нет данных" in told["plain"]]
    assert "Планировщик Airflow не подаёт признаков жизни" in stale
    put_run(warehouse, attempt("healthcheck", days[3]), "ok", day=days[3])
    assert zakaz("watchdog") == (0, "OK\n", "")
    assert "снова в порядке" in sandbox.messages()[-1]["plain"]


@pytest.mark.usefixtures("no_warehouse")
def test_without_the_registry_telegram_is_told_once(zakaz: Zakaz, sandbox: Sandbox) -> None:
    for _ in range(2):
        code, out, err = zakaz("watchdog")
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "ClickHouse at 127.0.0.1 can't be reached" in err
    (message,) = sandbox.messages()
    assert "ClickHouse at 127.0.0.1 can't be reached" in message["plain"]
    for command in (["alerts"], ["mute", "--job", "all", "--until", in_moscow(9), "--reason", "work"]):
        code, out, err = zakaz(*command)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert err.startswith("zakaz: ClickHouse at 127.0.0.1 can't be reached")


@pytest.mark.timeout(60)
def test_a_warehouse_that_says_nothing_is_told_in_time(
    warehouse: WarehouseHook, zakaz: Zakaz, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = (PROJECT_DIR / "infra/systemd/zakaz-watchdog.service").read_text(encoding="utf-8")
    assert 60 * int(re.findall(r"TimeoutStartSec=(\d+)min", unit)[0]) > watchdog.WATCH_SECONDS + 60
    monkeypatch.setattr(watchdog, "WATCH_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": port, "extra": {"http_port": port}}
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(server))
        code, _, _ = zakaz("watchdog")
    assert code == 1
    (message,) = sandbox.messages()
    assert "ClickHouse at 127.0.0.1" in message["plain"]


def test_a_wrong_setting_is_told_too(
    warehouse: WarehouseHook, zakaz: Zakaz, sandbox: Sandbox, wrong_setting: str
) -> None:
    for told in ("sent", "notified before"):
        code, _, err = zakaz("watchdog")
        assert (code, err) == (1, f"zakaz watchdog: could not check (Telegram: {told}): {wrong_setting}\n")
    (message,) = sandbox.messages()
    assert wrong_setting in message["plain"]
