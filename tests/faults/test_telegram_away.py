"""Telegram away or unwilling while a task fails: the row says so, and people are told once, later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import our_dags
from faults.conftest import Judge
from faults.place import Place
from made_runs import DAY, age_alerts, attempt, put_run
from our_dags import DagBag
from zakaz.alerts import alert
from zakaz.days import last_complete_day
from zakaz.pipeline import fetch

HEAD = "🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"
LATE = "⏳ Доставлено с опозданием"
pytestmark = [
    pytest.mark.usefixtures("no_token_kept"),
    pytest.mark.filterwarnings("ignore:Deprecated since version v22.2"),
]


@pytest.fixture
def fail(dags: DagBag, place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A run whose vk_fetch fails, amid days that are good."""

    def breaks(*_: Any) -> None:
        raise RuntimeError("boom")

    def failed() -> None:
        run = our_dags.run(dags.get_dag("zakaz_etl"), DAY)
        assert run.state == "failed"
        ((status, said, _),) = place.runs()
        assert (status, said) == ("error", "RuntimeError: boom")

    monkeypatch.setattr(fetch, "load_vk_ads", breaks)
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    for back in range(2):
        day = last_complete_day() - timedelta(days=back)
        put_run(place.warehouse, attempt("healthcheck", day), "ok", day=day)
    return failed


def calls(place: Place) -> list[int | None]:
    """What Telegram answered."""
    return [call["status"] for call in place.sandbox.requests()["requests"] if call["service"] == "telegram"]


def told(place: Place) -> list[str]:
    return [message["plain"] for message in place.sandbox.messages() if "Загрузка VK Рекламы" in message["plain"]]


@pytest.mark.parametrize("fault", [{"kind": "500"}, {"kind": "403"}, {"kind": "429", "seconds": 60}], ids=str)
def test_what_telegram_did_not_take_is_asked_once_and_told_later_once(
    place: Place, fail: Callable[[], None], watchdog: Callable[[], None], judge: Judge, fault: dict[str, Any]
) -> None:
    place.sandbox.fault("telegram", **fault)
    fail()
    assert place.alerts() == [("vk_fetch", "RUN_FAILED", "failed")]
    assert calls(place) == [int(fault["kind"])], "neither a refusal nor a pause beyond the budget is repeated at once"
    place.sandbox.clear_faults()
    age_alerts(place.warehouse, 5)
    for _ in range(2):
        watchdog()
    (late,) = told(place)
    assert late.startswith(LATE)
    assert HEAD in late
    assert ("vk_fetch", "RUN_FAILED", "sent") in place.alerts()
    judge(place)


def test_a_short_pause_is_waited_for(
    place: Place, fail: Callable[[], None], watchdog: Callable[[], None], judge: Judge
) -> None:
    place.sandbox.fault("telegram", "429", times=1, seconds=1)
    fail()
    assert calls(place) == [429, 200]
    age_alerts(place.warehouse, 5)
    watchdog()
    assert [message.splitlines()[0] for message in told(place)] == [HEAD]
    judge(place)


def test_html_that_telegram_can_not_read_arrives_as_text(
    place: Place, fail: Callable[[], None], watchdog: Callable[[], None], judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = alert.render
    monkeypatch.setattr(alert, "render", lambda *given, **values: f"{rendered(*given, **values)}<b>")
    fail()
    monkeypatch.undo()
    assert calls(place) == [400, 200]
    assert place.alerts() == [("vk_fetch", "RUN_FAILED", "sent")]
    assert [message.splitlines()[0] for message in told(place)] == [HEAD]
    judge(place)
