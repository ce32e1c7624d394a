"""A failed task becomes a row and a message, whatever else is broken at that moment."""

import fcntl
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from loud_logs import all_told
from outage import outage
from sandbox import BOT_TOKEN, CLIENT_SECRET, Sandbox
from zakaz import errors
from zakaz.alerts import delivery
from zakaz.alerts.alert import Kind
from zakaz.alerts.messages import days_ru, moscow_ru
from zakaz.days import DayRange
from zakaz.deadline import Deadline
from zakaz.errors import HealthCheckFailed, PermanentError, SourceUnavailable, TransientError, WrongSetting, ZakazError
from zakaz.orchestration import callbacks
from zakaz.orchestration.attempts import attempt_of
from zakaz.orchestration.callbacks import alert_on_failure
from zakaz.orchestration.watchdog_operator import WatchdogOperator
from zakaz.registry import outbox
from zakaz.settings import INCLUDE_DIR, settings
from zakaz.warehouse.hook import WarehouseHook

LOG_URL = "http://127.0.0.1:8080/log?dag_id=zakaz_daily&task_id=vk_fetch&try=2"
pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.same_statements,
    pytest.mark.usefixtures("no_token_kept"),
    pytest.mark.filterwarnings("ignore:Deprecated since version v22.2"),
]


def failed(exception: Any = None, *, run_type: str = "manual", job: str = "vk_fetch") -> dict[str, Any]:
    """The context that Airflow gives to a callback, in what is read of it."""
    context: dict[str, Any] = {
        "task_instance": SimpleNamespace(
            dag_id="zakaz_daily",
            run_id=f"{run_type}__2026-11-20",
            task_id=job,
            map_index=-1,
            try_number=2,
            log_url=LOG_URL,
            start_date=datetime(2026, 11, 21, 5, 15, tzinfo=UTC),
        ),
        "dag_run": SimpleNamespace(run_type=run_type, conf=None),
        "data_interval_start": datetime(2026, 11, 19, 21, tzinfo=UTC),
    }
    return context if exception is None else {**context, "exception": exception}


def alerts(warehouse: WarehouseHook) -> list[dict[str, Any]]:
    columns = ("ts", "severity", "job", "code", "message", "context_json", "alert_id", "dag_run_id", "delivery")
    rows = warehouse.execute(f"SELECT {', '.join(columns)} FROM meta.etl_alerts FINAL ORDER BY ts")
    return [dict(zip(columns, row, strict=True)) for row in rows]


@contextmanager
def warehouse_at(**connection: Any) -> Iterator[None]:
    """Another warehouse in place of the one under test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps({"conn_type": "clickhouse", **connection}))
        yield


def test_a_failure_is_told_and_recorded(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    context = failed(SourceUnavailable("VK Ads: GET http://ads.vk.com: HTTP 503: <b>busy</b> & co"))
    alert_on_failure(context)
    (message,) = sandbox.messages()
    assert message["parse_mode"] == "HTML"
    lines = message["plain"].splitlines()
    assert lines[0] == "🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"
    assert "Причина: источник не отвечает или отвечает ошибкой, повторные попытки не помогли" in lines
    assert "VK Ads: GET http://ads.vk.com: HTTP 503: <b>busy</b> & co" in lines
    assert f"Когда: {moscow_ru(alerts(warehouse)[0]['ts'])} МСК" in lines
    assert "Задача vk_fetch, код RUN_FAILED, попытка 2" in lines
    assert "Запуск manual__2026-11-20" in lines
    assert lines[-2:] == [f"Журнал: {LOG_URL}", "Инструкция: docs/RUNBOOK_ETL.md#run_failed"]

    (row,) = alerts(warehouse)
    attempt = attempt_of(context)
    assert (row["severity"], row["job"], row["code"]) == ("critical", "vk_fetch", "RUN_FAILED")
    assert (row["delivery"], row["dag_run_id"]) == ("sent", "manual__2026-11-20")
    assert row["message"] == message["plain"]
    assert isinstance(row["alert_id"], UUID)
    assert json.loads(row["context_json"]) == {
        "dag_id": "zakaz_daily",
        "dag_run_id": "manual__2026-11-20",
        "run_type": "manual",
        "run_id": str(attempt.run_id),
        "try_number": 2,
        "from_date": "2026-11-20",
        "to_date": "2026-11-20",
        "error": "VK Ads: GET http://ads.vk.com: HTTP 503: <b>busy</b> & co",
        "error_type": "SourceUnavailable",
        "log_url": LOG_URL,
    }


def test_the_way_on_is_buttons_where_telegram_takes_them(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Callable[..., None]
) -> None:
    set_settings(RUNBOOK_URL="https://wiki.example/runbook", AIRFLOW__API__BASE_URL="https://airflow.example/")
    context = failed("killed")
    context["task_instance"].log_url = "https://airflow.example/dags/zakaz_etl/runs/manual__1/tasks/vk_fetch"
    alert_on_failure(context)
    (message,) = sandbox.messages()
    assert message["buttons"] == [
        ["Журнал", context["task_instance"].log_url],
        ["Статус дня", "https://airflow.example/zakaz/status?day=2026-11-20"],
        ["Инструкция", "https://wiki.example/runbook#run_failed"],
    ]
    assert "https://" not in message["plain"]
    assert alerts(warehouse)[0]["message"] == message["plain"] + "\n\n" + "\n".join(
        f"{label}: {url}" for label, url in message["buttons"]
    )


def test_a_second_telling_of_the_same_failure_is_the_same_alert(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    for _ in range(2):
        alert_on_failure(failed("killed"))
    assert len(alerts(warehouse)) == 1


def test_a_scheduled_run_names_all_its_days(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    alert_on_failure(failed("killed", run_type="scheduled"))
    assert f"ошибка за {21 - settings().lookback_days} ноября – 20 ноября 2026" in sandbox.messages()[0]["plain"]
    assert days_ru(DayRange(date(2026, 12, 30), date(2027, 1, 2))) == "30 декабря 2026 – 2 января 2027"


@pytest.mark.parametrize(
    ("exception", "code", "said", "error_type"),
    [
        (HealthCheckFailed("zero_rows_vk: no rows", "ZERO_ROWS"), "ZERO_ROWS", "zero_rows_vk: no rows", None),
        ("Task heartbeat timed out", "RUN_FAILED", "Task heartbeat timed out", "str"),
        (None, "RUN_FAILED", "the task ended without an exception", "str"),
        (KeyError("figure"), "RUN_FAILED", "KeyError: 'figure'", None),
        (SystemExit(), "RUN_FAILED", "SystemExit", None),
    ],
    ids=["check", "text", "missing", "unforeseen", "no-exception-class"],
)
def test_whatever_ended_the_task_has_its_code_and_line(
    warehouse: WarehouseHook, sandbox: Sandbox, exception: Any, code: str, said: str, error_type: str | None
) -> None:
    alert_on_failure(failed(exception, job="healthcheck"))
    (row,), (message,) = alerts(warehouse), sandbox.messages()
    told = json.loads(row["context_json"])
    assert (row["code"], told["error"]) == (code, said)
    assert told["error_type"] == (error_type or type(exception).__name__)
    assert said in message["plain"].splitlines()
    assert f"код {code}" in message["plain"]


def test_every_error_has_its_cause_in_russian() -> None:
    causes = json.loads((INCLUDE_DIR / "messages" / "causes.json").read_text(encoding="utf-8"))
    families = {ZakazError, PermanentError, TransientError}
    named = {
        error.__name__
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, ZakazError) and error not in families
    }
    # The message errors end no task: an alert that can't be delivered is recorded. Those of a backfill are told on the
    # command line and in the grid. A stage that is not set up is skipped.
    silent = {
        "MessageRefused",
        "MessageUndelivered",
        "DaysAreBusy",
        "BackfillIncomplete",
        "SourceNotSetUp",
        "TelegramNotSetUp",
    }
    assert set(causes) == named - silent | {
        "",
        "AirflowTaskTimeout",
        "StageTimedOut",
        "TaskTerminated",
    }


def test_without_clickhouse_the_message_goes_out_and_the_row_follows(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    with outage():
        alert_on_failure(failed(SourceUnavailable("VK Ads is away")))
    assert len(sandbox.messages()) == 1
    assert alerts(warehouse) == []
    alert_on_failure(failed("killed", job="build_dm_vk"))
    assert [(row["job"], row["delivery"]) for row in alerts(warehouse)] == [
        ("vk_fetch", "sent"),
        ("build_dm_vk", "sent"),
    ]
    assert "VK Ads is away" in alerts(warehouse)[0]["message"]


@pytest.mark.parametrize("broken", ["no-connection", "unforeseen"])
def test_a_registry_that_breaks_in_another_way_silences_nobody(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("disk")

    if broken == "no-connection":
        monkeypatch.delenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT")
    else:
        monkeypatch.setattr(outbox, "write", breaks)
    alert_on_failure(failed("killed"))
    assert len(sandbox.messages()) == 1


@pytest.mark.parametrize("kind", ["403", "500", "disconnect"])
def test_without_telegram_the_row_says_so(warehouse: WarehouseHook, sandbox: Sandbox, kind: str) -> None:
    sandbox.fault("telegram", kind)
    alert_on_failure(failed("killed"))
    assert [row["delivery"] for row in alerts(warehouse)] == ["failed"]


def test_an_unforeseen_error_of_telegram_is_a_failed_delivery(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError(f"no way for {BOT_TOKEN}")

    monkeypatch.setattr("zakaz.connections.telegram.TelegramHook.send_message", breaks)
    alert_on_failure(failed("killed"))
    assert [row["delivery"] for row in alerts(warehouse)] == ["failed"]


def test_without_a_telegram_connection_there_is_the_row_alone(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_TELEGRAM_DEFAULT")
    alert_on_failure(failed("killed"))
    assert [row["delivery"] for row in alerts(warehouse)] == ["no_connection"]
    told = "Telegram did not notify anybody: RUN_FAILED of vk_fetch: there is no connection telegram_default"
    assert told in caplog.text


def test_a_wrong_setting_silences_nobody(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, wrong_setting: str
) -> None:
    """The DAG files are import errors by then, and the watchdog's task is the one that can tell."""
    monkeypatch.setenv("PING_URL", "hc-ping.com/ping-secret")
    with pytest.raises(WrongSetting) as wrong:
        WatchdogOperator(task_id="watchdog").execute(failed())
    alert_on_failure(failed(wrong.value, job="watchdog"))
    alert_on_failure(failed("no answer of hc-ping.com/ping-secret", job="vk_fetch"))
    of_setting, of_ping = [message["plain"] for message in sandbox.messages()]
    assert wrong_setting in of_setting
    assert "Причина: неверная настройка: пока она такая, файлы DAG не читаются" in of_setting
    assert "Что с отчётами: новых дней в них не будет" in of_setting
    assert "no answer of ***" in of_ping
    assert [row["delivery"] for row in alerts(warehouse)] == ["sent", "sent"]


def test_a_context_that_cannot_be_read_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    alert_on_failure({})
    assert "the alert for this failure could not be raised" in caplog.text


@pytest.mark.parametrize("delivered", [True, False], ids=["sent", "failed"])
def test_no_secret_leaves_with_an_alert(
    warehouse: WarehouseHook,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    delivered: bool,
) -> None:
    from zakaz.connections.vk_ads import VkAdsHook

    VkAdsHook().get_conn()[0].account_id()
    (kept,) = sandbox.tokens._tokens
    secrets = [CLIENT_SECRET, BOT_TOKEN, kept.access, kept.refresh]
    all_told(caplog, monkeypatch)
    if not delivered:
        sandbox.fault("telegram", "403")
    alert_on_failure(failed(ValueError("boom " + " ".join(secrets))))
    (row,) = alerts(warehouse)
    assert row["delivery"] == ("sent" if delivered else "failed")
    told = caplog.text + row["message"] + row["context_json"] + json.dumps(sandbox.messages())
    for secret in secrets:
        assert secret not in told
    assert "ValueError: boom *** *** *** ***" in row["message"]


def test_a_secret_at_the_cut_of_a_long_line_is_masked_whole(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    alert_on_failure(failed("x" * 490 + CLIENT_SECRET))
    assert CLIENT_SECRET[:5] not in alerts(warehouse)[0]["message"] + sandbox.messages()[0]["plain"]


@pytest.mark.parametrize("long", ["y" * 100_000, "<&'\">" * 20_000], ids=["text", "all-to-escape"])
def test_an_endless_error_is_cut_and_the_link_stays(warehouse: WarehouseHook, sandbox: Sandbox, long: str) -> None:
    alert_on_failure(failed(long))
    (message,) = sandbox.messages()
    assert message["parse_mode"] == "HTML"
    assert "…" in message["plain"]
    assert f"\n\nЖурнал: {LOG_URL}\n" in message["plain"]


def test_a_task_is_held_for_less_than_15_seconds(
    warehouse: WarehouseHook, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The warehouse is another process's, and Telegram first asks for a pause, then says nothing."""
    sandbox.fault("telegram", "429", times=1, seconds=2)
    sandbox.fault("telegram", "timeout", seconds=30)
    with (
        (tmp_path / "warehouse.lock").open("w") as lock,
        warehouse_at(extra={"embedded_path": str(tmp_path / "warehouse")}),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(callbacks, "CALLBACK_SECONDS", 7)  # so that a busy machine has time for the rest
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = time.monotonic()
        alert_on_failure(failed("killed"))
        held = time.monotonic() - started
        kept = list(outbox.kept(WarehouseHook(), "meta.etl_alerts"))
    assert callbacks.CALLBACK_SECONDS + callbacks.STATEMENT_SECONDS < 15
    assert held < 15
    assert caplog.text.count("kept on disk") == 2
    assert [row["delivery"] for row in kept] == ["pending", "failed"]


def test_the_message_has_no_more_time_than_is_left_of_the_deadline(
    warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def send(_html: str, _kind: Kind, deadline: Deadline | None, **_: Any) -> str:
        given.append(deadline.left() if deadline else math.inf)
        return "sent"

    monkeypatch.setattr(delivery, "send", send)
    alert_on_failure(failed("killed"))
    (seconds,) = given
    assert seconds <= callbacks.CALLBACK_SECONDS - delivery.RECORD_SECONDS


def test_a_slow_look_up_of_a_name_holds_no_task(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time-out of a socket ends one; this one lasts until the callback has returned."""
    over = threading.Event()
    with warehouse_at(host="clickhouse.invalid"), monkeypatch.context() as patch:
        patch.setattr(callbacks, "CALLBACK_SECONDS", 6)
        patch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
        alert_on_failure(failed("killed"))
        over.set()
        kept = list(outbox.kept(WarehouseHook(), "meta.etl_alerts"))
    assert [row["delivery"] for row in kept] == ["pending", "failed"]
