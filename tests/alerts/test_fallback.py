"""FALLBACK_URL: what is critical and Telegram does not take arrives on a second channel, once, and without secrets."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from loud_logs import all_told
from made_runs import DAY, age_alerts, attempt, put_run
from outage import outage
from received import heads
from sandbox import Sandbox
from zakaz.alerts.alert import Kind
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.restated import notify_of_restatements
from zakaz.alerts.schedule import Schedule
from zakaz.alerts.send import send
from zakaz.alerts.sweep import sweep
from zakaz.alerts.watch import watch
from zakaz.connections.fallback import send_by_fallback
from zakaz.days import MOSCOW, DayRange
from zakaz.deadline import Deadline
from zakaz.errors import InvalidInput, MessageUndelivered, SourceUnavailable
from zakaz.registry.restatements import Restatement
from zakaz.secrets import masked
from zakaz.warehouse.hook import WarehouseHook

PASSWORD = "correct-horse-battery"
ONE_DAY = DayRange(DAY, DAY)
Settings = Callable[..., None]
pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("no_token_kept")]


class Mailbox(ThreadingHTTPServer):
    """A service that takes what Apprise sends as JSON."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[dict[str, str]] = []
        self.status = 200
        self.go_on = Event()
        self.go_on.set()

    @property
    def url(self) -> str:
        return f"json://duty:{PASSWORD}@127.0.0.1:{self.server_port}/inbox"


class _Handler(BaseHTTPRequestHandler):
    server: Mailbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.go_on.wait(30)
        if self.server.status == 200:
            self.server.messages.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """It says nothing."""


@pytest.fixture
def mailbox(set_settings: Settings) -> Iterator[Mailbox]:
    with Mailbox() as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        set_settings(FALLBACK_URL=server.url)
        yield server
        server.go_on.set()
        server.shutdown()


def fail(warehouse: WarehouseHook, deadline: Deadline | None = None) -> str:
    put_run(warehouse, attempt(), "error", day=DAY, minutes_ago=5, err_msg="VK Ads is down")
    return raise_alert(
        warehouse, failure_alert(attempt(), SourceUnavailable("VK Ads is down"), ONE_DAY), deadline=deadline
    )


def deliveries(warehouse: WarehouseHook) -> list[tuple[str, str]]:
    return warehouse.execute("SELECT code, delivery FROM meta.etl_alerts FINAL ORDER BY ts")


def test_what_telegram_does_not_take_arrives_once_with_the_reason(
    warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox
) -> None:
    sandbox.fault("telegram", "403")
    assert fail(warehouse) == "fallback"
    (message,) = mailbox.messages
    assert message["title"] == "🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"
    assert message["message"].startswith("Причина: ")
    assert "VK Ads is down" in message["message"]
    assert "Telegram его не принял: Telegram does not let this bot write to this chat" in message["message"]
    assert "<b>" not in message["message"]
    # Told is told: neither the same one again, nor another of its kind, nor the sweep once Telegram is back.
    assert fail(warehouse) == ""
    other = failure_alert(attempt(try_number=2), SourceUnavailable("VK Ads is down"), ONE_DAY)
    assert raise_alert(warehouse, other) == "repeat"
    sandbox.clear_faults()
    age_alerts(warehouse, 5)
    sweep(warehouse)
    assert (len(mailbox.messages), heads(sandbox)) == (1, [])
    # It opened an incident, whose end is told where its beginning was, and where all the rest is.
    put_run(warehouse, attempt(try_number=2), "ok", day=DAY)
    for _ in range(2):
        sweep(warehouse)
    told = "🟢 Загрузка VK Рекламы: снова в порядке, 20 ноября 2026"
    assert (heads(sandbox), [one["title"] for one in mailbox.messages[1:]]) == ([told], [told])
    assert "Telegram его не принял" not in mailbox.messages[1]["message"]
    assert deliveries(warehouse)[-1] == ("RECOVERED", "both")


def test_telegram_comes_first(warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox) -> None:
    assert fail(warehouse) == "sent"
    put_run(warehouse, attempt(try_number=2), "ok", day=DAY)
    sweep(warehouse)
    assert (len(heads(sandbox)), mailbox.messages) == (2, []), "neither the problem nor its end"


def test_a_late_day_goes_both_ways_at_once_where_that_is_set(
    warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox, set_settings: Settings
) -> None:
    today = datetime.now(MOSCOW).date()
    set_settings(FALLBACK_STALE=1, CATCHUP_DAYS=1)
    at = datetime.combine(today, time(7, 45), MOSCOW)
    put_run(warehouse, attempt("healthcheck"), "ok", day=today - timedelta(days=2))
    for _ in range(2):
        watch(warehouse, Schedule(), at)
    assert [one for one in deliveries(warehouse) if one[0] == "STALE"] == [("STALE", "both")]
    put_run(warehouse, attempt("healthcheck", try_number=2), "ok", day=today - timedelta(days=1))
    sweep(warehouse)
    assert [message["title"][:1] for message in mailbox.messages] == ["🔴", "🟢"]
    assert heads(sandbox) == [message["title"] for message in mailbox.messages]


def test_a_late_day_is_told_once_where_the_second_channel_is_away(
    warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox, set_settings: Settings
) -> None:
    mailbox.status = 503
    set_settings(FALLBACK_STALE=1)
    assert send("<b>x</b>", Kind("critical", "zakaz_etl", "STALE")) == "sent"
    assert send("<b>x</b>", Kind("warning", "airflow", "STALE")) == "sent"
    sandbox.fault("telegram", "403")
    assert send("<b>x</b>", Kind("critical", "zakaz_etl", "STALE")) == "failed"


def test_the_url_may_be_the_password_of_a_connection(
    warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox, set_settings: Settings
) -> None:
    connection = json.dumps({"conn_type": "generic", "password": mailbox.url})
    set_settings(FALLBACK_URL="airflow://second", AIRFLOW_CONN_SECOND=connection)
    sandbox.fault("telegram", "403")
    assert (fail(warehouse), len(mailbox.messages)) == ("fallback", 1)
    assert masked(f"535 {PASSWORD} at second") == "535 *** at second"


def test_a_connection_that_has_no_url_is_named(metadata: None, set_settings: Settings) -> None:
    set_settings(AIRFLOW_CONN_EMPTY=json.dumps({"conn_type": "generic"}))
    for name, said in (("empty", "put the URL of Apprise into the password"), ("absent", "there is no connection")):
        with pytest.raises(InvalidInput, match=f"^FALLBACK_URL=airflow://{name}: {said}"):
            send_by_fallback(f"airflow://{name}", "text")


def test_a_warning_waits_for_telegram(warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox) -> None:
    sandbox.fault("telegram", "403")
    notify_of_restatements(warehouse, attempt(), ONE_DAY, [Restatement(DAY, "spend", 1, 2)], 1)
    assert (deliveries(warehouse), mailbox.messages) == ([("RESTATED", "failed")], [])


def test_it_is_enough_without_telegram(
    warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TELEGRAM_DEFAULT")
    mailbox.status = 503
    assert fail(warehouse) == "failed"
    mailbox.status = 200
    age_alerts(warehouse, 5)
    sweep(warehouse)
    (message,) = mailbox.messages
    assert message["title"].startswith("⏳ Доставлено с опозданием")
    assert "there is no connection telegram_default" in message["message"]
    assert deliveries(warehouse) == [("RUN_FAILED", "fallback")]


def test_clickhouse_may_be_away_as_well(warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox) -> None:
    sandbox.fault("telegram", "500")
    alert = failure_alert(attempt(), SourceUnavailable("VK Ads is down"), ONE_DAY)
    with outage():
        assert raise_alert(warehouse, alert) == "fallback"
        again = failure_alert(attempt(try_number=2), SourceUnavailable("VK Ads is down"), ONE_DAY)
        assert raise_alert(warehouse, again) == "repeat"
    assert len(mailbox.messages) == 1


def test_each_channel_has_its_time_and_a_callback_is_held_up_by_neither(
    warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox
) -> None:
    sandbox.fault("telegram", "timeout")
    for is_up, told in ((False, "failed"), (True, "fallback")):
        (mailbox.go_on.set if is_up else mailbox.go_on.clear)()
        deadline = Deadline(8)
        assert fail(warehouse, deadline) == told
        assert deadline.left() > 0


def test_the_sum_of_repeats_goes_the_same_way(warehouse: WarehouseHook, sandbox: Sandbox, mailbox: Mailbox) -> None:
    sandbox.fault("telegram", "403")
    fail(warehouse)
    raise_alert(warehouse, failure_alert(attempt(try_number=2), SourceUnavailable("VK Ads is down"), ONE_DAY))
    warehouse.execute(
        "INSERT INTO meta.etl_alerts SELECT * REPLACE (ts - INTERVAL 20 MINUTE AS ts, _ver + 1 AS _ver) "
        "FROM meta.etl_alerts FINAL"
    )
    for _ in range(2):
        sweep(warehouse)
    assert [message["title"] for message in mailbox.messages[1:]] == [
        "🔴 Загрузка VK Рекламы: та же ошибка ещё 1 раз, 20 ноября 2026"
    ]


def test_no_secret_is_told(
    warehouse: WarehouseHook,
    sandbox: Sandbox,
    mailbox: Mailbox,
    set_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    all_told(caplog, monkeypatch)
    caplog.set_level(logging.INFO, logger="urllib3")
    sandbox.fault("telegram", "403")
    mailbox.status = 401
    assert fail(warehouse) == "failed"
    for url in (f"nosuch://{PASSWORD}/{PASSWORD}", f"json://duty:{PASSWORD}@nowhere.invalid/{PASSWORD}"):
        set_settings(FALLBACK_URL=url)
        age_alerts(warehouse, 5)
        sweep(warehouse)
    assert caplog.text.count("the second channel did not deliver the message") == 3
    assert PASSWORD not in caplog.text
    assert masked(f"535 {PASSWORD} at nowhere.invalid") == "535 *** at nowhere.invalid"


def test_a_url_that_is_none_of_apprises_is_named_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match=r"^FALLBACK_URL can't be used: .* such as mailtos://") as refused:
        send_by_fallback(f"nosuch://duty:{PASSWORD}@host", "text")
    assert PASSWORD not in str(refused.value)


def test_a_service_that_refuses_is_named(mailbox: Mailbox) -> None:
    mailbox.status = 401
    with pytest.raises(MessageUndelivered, match=r"^FALLBACK_URL did not take the message: .*401"):
        send_by_fallback(mailbox.url, "head\ntext")
