"""What an alert is made of, and what of it is told and recorded."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from made_runs import attempt
from zakaz.alerts.alert import Alert
from zakaz.alerts.failure import failure_alert
from zakaz.days import DayRange
from zakaz.errors import DayNotOver, HealthCheckFailed, SourceUnavailable

AT = datetime(2026, 11, 21, 2, 35, tzinfo=UTC)
DAYS = DayRange(date(2026, 11, 14), date(2026, 11, 20))
SECRET = "bot-t0ken-of-the-test"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    telegram = {"conn_type": "telegram", "host": "-1001", "password": SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM_DEFAULT", json.dumps(telegram))


@pytest.mark.parametrize(
    ("error", "severity", "code", "line"),
    [
        (SourceUnavailable(f"VK Ads: no answer to {SECRET}"), "critical", "RUN_FAILED", "VK Ads: no answer to ***"),
        (HealthCheckFailed("no rows", "ZERO_ROWS"), "critical", "ZERO_ROWS", "no rows"),
        (DayNotOver("too early"), "warning", "RUN_FAILED", "too early"),
        (KeyError("figure"), "critical", "RUN_FAILED", "KeyError: 'figure'"),
        ("killed", "critical", "RUN_FAILED", "killed"),
    ],
)
def test_an_alert_of_a_failure_says_who_failed_when_on_which_days_and_why(
    error: BaseException | str, severity: str, code: str, line: str
) -> None:
    failed = attempt(try_number=2)
    assert failure_alert(failed, error, DAYS, AT) == Alert(
        severity=severity,
        job="vk_fetch",
        code=code,
        template="run_failed.html",
        context={
            "dag_id": "zakaz_etl",
            "dag_run_id": "backfill__2026-11-20",
            "run_type": "backfill",
            "run_id": failed.run_id,
            "try_number": 2,
            "from_date": DAYS.first,
            "to_date": DAYS.last,
            "error": line,
            "error_type": type(error).__name__,
            "log_url": failed.log_url,
        },
        subject=failed.run_id,
        days=DAYS,
        ts=AT,
    )


def test_a_scheduled_run_that_fails_names_all_its_days_and_leaves_its_own_to_be_made_good() -> None:
    alert = failure_alert(attempt(run_type="scheduled"), "killed", DAYS)
    assert (alert.context["from_date"], alert.context["to_date"]) == (DAYS.first, DAYS.last)
    assert alert.days == DayRange(DAYS.last, DAYS.last)
    assert abs(datetime.now(UTC) - alert.ts).total_seconds() < 60, "now, if nobody says when"


def alert_of(**context: Any) -> Alert:
    facts = {"error_type": "", "error": SECRET, "try_number": 1, "dag_run_id": "stage__1", "log_url": "", **context}
    return Alert(
        severity="critical",
        job="vk_fetch",
        code="RUN_FAILED",
        template="run_failed.html",
        context=facts,
        subject=UUID(int=7),
        days=DAYS,
        ts=AT,
    )


def test_a_message_has_the_facts_of_its_alert_and_no_secret() -> None:
    html = alert_of().html()
    assert html.startswith("🔴 <b>Загрузка VK Рекламы: ошибка за 14 ноября – 20 ноября 2026</b>")
    assert "<code>***</code>" in html
    assert "<b>Когда:</b> 21.11 05:35 МСК" in html
    assert "bin/zakaz stage vk_fetch --date 2026-11-20" in html
    assert html.endswith("Запуск <code>stage__1</code>")


def test_a_message_says_how_often_it_happened_and_of_which_days_where_those_are_others() -> None:
    alert = alert_of(from_date=date(2026, 11, 18), to_date=date(2026, 11, 19))
    html = alert.html(times=3, since=datetime(2026, 11, 20, 21, tzinfo=UTC))
    assert "ошибка за 18 ноября – 19 ноября 2026" in html
    assert "<b>Уже 3-й раз</b>, с 21.11 00:00 МСК" in html


def test_a_row_has_the_facts_as_json_and_the_message_as_text_without_secrets() -> None:
    alert = alert_of(run_id=UUID(int=8), by=f"«Ё» {SECRET}")
    row = alert.row("sent", "<b>1 &lt; 2</b>", 5)
    assert json.loads(row["context_json"]) == {
        "error_type": "",
        "error": "***",
        "try_number": 1,
        "dag_run_id": "stage__1",
        "log_url": "",
        "run_id": "00000000-0000-0000-0000-000000000008",
        "by": "«Ё» ***",
    }
    assert "«Ё»" in row.pop("context_json"), "a person reads it as well"
    assert row == {
        "ts": AT,
        "severity": "critical",
        "job": "vk_fetch",
        "code": "RUN_FAILED",
        "message": "1 < 2\n\nИнструкция: docs/RUNBOOK_ETL.md#run_failed",
        "alert_id": alert.alert_id,
        "dag_run_id": "stage__1",
        "delivery": "sent",
        "from_date": DAYS.first,
        "to_date": DAYS.last,
        "_ver": 5,
    }
    assert replace(alert, context={}).row("sent", "", 1)["dag_run_id"] == ""


def test_the_same_subject_and_code_are_the_same_alert() -> None:
    again = replace(alert_of(), ts=datetime.now(UTC), severity="warning")
    assert again.alert_id == alert_of().alert_id
    others = [replace(alert_of(), code="ZERO_ROWS"), replace(alert_of(), subject=uuid4())]
    assert alert_of().alert_id not in {other.alert_id for other in others}
