"""The dead man's switch: a day that is missing is told of once, with what is known, and recovers by itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from made_rows import build_sales, build_vk, stage_sales, stage_vk
from made_runs import age_alerts, attempt, put_run
from sandbox import Sandbox
from zakaz.alerts import digest
from zakaz.alerts.digest import send_digest
from zakaz.alerts.messages import change, rubles
from zakaz.alerts.picture import draw
from zakaz.alerts.schedule import Schedule, StuckRun
from zakaz.alerts.sweep import sweep
from zakaz.alerts.watch import watch
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.registry.alive import alive
from zakaz.warehouse.hook import WarehouseHook

ALIVE = Schedule(is_known=True, is_scheduler_alive=True)
OUTSIDE = Schedule(is_from_outside=True)
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]
Heads = Callable[[], list[str]]


def at(hour: int, minute: int = 0, day: date | None = None) -> datetime:
    day = day or yesterday() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=MOSCOW)


def good(warehouse: WarehouseHook, day: date, minutes_ago: float = 0) -> None:
    put_run(warehouse, attempt("healthcheck", day), "ok", day=day, minutes_ago=minutes_ago)


def stale(sandbox: Sandbox) -> list[str]:
    return [message["plain"] for message in sandbox.messages() if "Нет данных" in message["plain"]]


def test_yesterday_is_due_at_half_past_seven_and_told_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, yesterday() - timedelta(days=1))
    assert watch(warehouse, ALIVE, at(7, 29)) == []
    assert sandbox.messages() == []
    for minute in (30, 45):
        assert [missing.day for missing in watch(warehouse, ALIVE, at(7, minute))] == [yesterday()]
    (message,) = stale(sandbox)
    assert "запуска за этот день не было" in message
    assert f"bin/zakaz backfill --from {yesterday()} --to {yesterday()}\n" in message
    assert warehouse.execute("SELECT severity, job, code, delivery FROM meta.etl_alerts FINAL") == [
        ("critical", "zakaz_etl", "STALE", "sent")
    ]


def test_it_recovers_by_itself(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    watch(warehouse, ALIVE, at(7, 30))
    good(warehouse, yesterday())
    assert watch(warehouse, ALIVE, at(8, 0)) == []
    assert watch(warehouse, ALIVE, at(8, 30)) == []
    _, recovered = sandbox.messages()
    assert recovered["plain"].startswith("🟢 Ежедневная загрузка: снова в порядке")


def test_an_old_day_done_today_makes_yesterday_no_better(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, yesterday() - timedelta(days=1))
    good(warehouse, yesterday() - timedelta(days=200))
    assert yesterday() in [missing.day for missing in watch(warehouse, ALIVE, at(7, 30))]


def test_days_that_were_never_run_are_late_as_far_as_they_are_made_up(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    for days_ago in (40, 4, 1, 0):
        good(warehouse, yesterday() - timedelta(days=days_ago))
    late = [yesterday() - day.day for day in watch(warehouse, ALIVE, at(7, 30)) if day.is_late]
    assert [age.days for age in late] == [2, 3, 5, 6]
    assert len(stale(sandbox)) == 1, "one message; the rest is summed up"


def test_a_scheduled_healthcheck_vouches_for_the_days_that_all_tasks_read(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    good(warehouse, yesterday() - timedelta(days=40))
    for job, days_back in (("vk_fetch", 2), ("build_dm_sales", 29), ("healthcheck", 29)):
        made = attempt(job, yesterday(), "scheduled")
        put_run(warehouse, made, "ok", day=yesterday(), days_back=days_back)
    assert [(yesterday() - day.day).days for day in watch(warehouse, ALIVE, at(7, 30))] == list(range(3, 40))


STUCK = StuckRun("zakaz_etl", "backfill__2026-11-01", "backfill", "running", datetime(2026, 11, 2, tzinfo=UTC),
                 DayRange(date(2026, 11, 1), date(2026, 11, 1)))  # fmt: skip


@pytest.mark.parametrize(
    ("status", "schedule", "said"),
    [
        ("", Schedule(is_known=True, is_paused=True, is_scheduler_alive=True), "DAG на паузе"),
        ("", Schedule(is_known=True), "похоже, планировщик Airflow не работает"),
        ("", Schedule(is_known=True, is_from_outside=True), "Планировщик Airflow не подаёт признаков жизни"),
        ("", OUTSIDE, "похоже, планировщик Airflow не работает"),
        ("", OUTSIDE, "Проверено снаружи, без Airflow"),
        ("error", ALIVE, "последняя попытка закончилась ошибкой: Загрузка VK Рекламы"),
        ("running", ALIVE, "запуск ещё идёт, задача vk_fetch с "),
        ("ok", ALIVE, "запуск не дошёл до проверки"),
        (
            "",
            Schedule(is_known=True, is_scheduler_alive=True, stuck_runs=[STUCK]),
            "Завис запуск за 1 ноября 2026 (backfill__2026-11-01)",
        ),
    ],
    ids=[
        "paused",
        "scheduler dead",
        "scheduler dead, outside",
        "outside",
        "outside, by what",
        "failed",
        "running",
        "not checked",
        "stuck run",
    ],
)
def test_what_is_known_is_told(
    warehouse: WarehouseHook, sandbox: Sandbox, status: str, schedule: Schedule, said: str
) -> None:
    made = attempt("vk_fetch", yesterday())
    if status:
        put_run(warehouse, made, status, day=yesterday(), minutes_ago=5)
    with alive(made.run_id):
        watch(warehouse, schedule, at(7, 30))
    assert said in stale(sandbox)[0]


def test_a_task_that_may_not_ask_airflow_blames_no_scheduler(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """The scheduler has just begun it."""
    watch(warehouse, Schedule(), at(7, 30))
    (message,) = stale(sandbox)
    assert "Причина: запуска за этот день не было\n" in message
    assert "не на паузе ли zakaz_etl, затем запустить день: bin/zakaz backfill" in message
    assert "снаружи" not in message
    assert "ланировщик" not in message


def test_a_stuck_run_is_told_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, yesterday())
    stuck = Schedule(is_known=True, is_scheduler_alive=True, stuck_runs=[STUCK])
    for _ in range(2):
        watch(warehouse, stuck, at(8))
    (message,) = sandbox.messages()
    assert message["plain"].startswith(
        "🟡 Запуск за 1 ноября 2026 завис\n\nЗапуск бэкфила backfill__2026-11-01 в состоянии"
    )


def test_the_sum_of_stuck_runs_names_the_last_and_says_what_to_do(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, yesterday())
    runs = [replace(STUCK, dag_run_id=f"backfill__2026-11-0{day}") for day in (1, 2, 3)]
    watch(warehouse, Schedule(is_known=True, is_scheduler_alive=True, stuck_runs=runs), at(8))
    age_alerts(warehouse, 15)
    sweep(warehouse)
    _, summed = [message["plain"] for message in sandbox.messages()]
    assert summed.startswith("🟡 Запуски Airflow: такое же предупреждение ещё 2 раза")
    assert "backfill__2026-11-03: running since 02.11 03:00 MSK" in summed
    assert "Что делать: в интерфейсе Airflow открыть зависшие запуски" in summed


@pytest.mark.own_statements
def test_a_task_that_never_had_a_process_is_told(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, yesterday())
    day = DayRange(yesterday(), yesterday())
    marked = Schedule(is_known=True, is_scheduler_alive=True, failed_attempts=[(attempt("vk_fetch", yesterday()), day)])
    for _ in range(2):
        watch(warehouse, marked, at(8))
    (message,) = sandbox.messages()
    assert "marked as failed by hand" in message["plain"]


def figures(warehouse: WarehouseHook) -> None:
    for day, spend, revenue in ((yesterday(), "1000", "4600.40"), (yesterday() - timedelta(days=7), "800", "5100")):
        stage_vk(warehouse, {"stat_date": day, "spend": Decimal(spend)})
        sales = {"revenue": Decimal(revenue), "refunds_amount": Decimal(100), "tickets_sold": 3}
        stage_sales(warehouse, {"report_date": day, **sales})
        build_vk(warehouse, DayRange(day, day))
        build_sales(warehouse, DayRange(day, day))


@pytest.mark.own_statements
def test_the_digest_comes_once_at_nine_with_its_figures(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    figures(warehouse)
    good(warehouse, yesterday())
    watch(warehouse, ALIVE, at(8, 59))
    assert sandbox.messages() == []
    for hour in (9, 10):
        watch(warehouse, ALIVE, at(hour))
    (message,) = sandbox.messages()
    lines = message["plain"].splitlines()
    assert lines[0].startswith("🟢 Всё в порядке: ")
    assert "Расход VK: 1 000 ₽ (+25 %)" in lines
    assert "Выручка: 4 500 ₽ (−10 %)" in lines
    assert "Билеты: 3 (+0 %)" in lines
    assert "На рубль VK: 4,50 всей выручки, 0,00 с метками VK" in lines
    assert "Открытых сбоев нет." in lines


def test_the_digest_is_the_caption_of_four_weeks_of_figures(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example")
    figures(warehouse)
    drawn: list[Any] = []
    monkeypatch.setattr(digest, "draw", lambda *given: drawn.extend(given) or draw(*given))
    for _ in range(2):
        send_digest(warehouse, yesterday())
    points, days = drawn
    assert days == DayRange(yesterday() - timedelta(days=27), yesterday())
    last = {point.metric: point for point in points if point.day == str(yesterday())}
    assert {metric: point.amount for metric, point in last.items()} == {
        "spend": 1000, "net_revenue": 4500.4, "roas": 4.5,
    }  # fmt: skip
    assert [point.amount for point in points if point.metric == "spend"] == [*[None] * 20, 800, *[None] * 6, 1000]
    (message,) = sandbox.messages()
    assert Path(message["photo"]).read_bytes()[16:24] == (1080).to_bytes(4) + (1260).to_bytes(4)
    assert "Расход VK: 1 000 ₽ (+25 %)" in message["plain"]
    assert message["buttons"] == [["Статус дня", f"https://airflow.example/zakaz/status?day={yesterday()}"]]


@pytest.mark.parametrize("fault", ["no_photos", "no_drawing", "no_figures"])
def test_the_digest_comes_without_its_picture_as_well(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault != "no_figures":
        figures(warehouse)
    if fault == "no_photos":
        sandbox.fault("telegram", fault)
    if fault == "no_drawing":
        monkeypatch.setattr(digest, "draw", None)
    send_digest(warehouse, yesterday())
    (message,) = sandbox.messages()
    assert (message["photo"], "Есть на что посмотреть" in message["plain"]) == (None, True)


def test_the_digest_of_a_bad_morning_names_the_incidents(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    watch(warehouse, ALIVE, at(9))
    _, told = sandbox.messages()
    assert told["plain"].startswith("🔴 Есть на что посмотреть")
    assert "• zakaz_etl, STALE: с " in told["plain"]
    assert "На рубль VK: — всей выручки, — с метками VK" in told["plain"]


def test_figures_as_people_read_them() -> None:
    assert rubles(Decimal("1234567.50")) == "1 234 568 ₽"
    assert [change(Decimal(now), Decimal(before)) for now, before in ((1, 0), (50, 100), (101, 100))] == [
        "—",
        "−50 %",
        "+1 %",
    ]


def test_no_secret_leaves_from_outside_either(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = json.dumps({"conn_type": "clickhouse", "password": "ch-secret", "extra": {"embedded_path": "/x"}})
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFAULT", secret)
    put_run(warehouse, attempt("vk_fetch", yesterday()), "error", day=yesterday(), minutes_ago=5, err_msg="x ch-secret")
    watch(warehouse, OUTSIDE, at(7, 30))
    told: list[Any] = [*sandbox.messages(), *warehouse.execute("SELECT message FROM meta.etl_alerts")]
    assert told
    assert "ch-secret" not in str(told)
