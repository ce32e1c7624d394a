"""One problem, one message; what nobody was told of is told; what is well again is told once."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from made_runs import DAY, age_alerts, attempt, put_run
from outage import outage
from received import heads
from sandbox import Sandbox
from zakaz.alerts import delivery
from zakaz.alerts import sweep as sweep_module
from zakaz.alerts.alert import Kind
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.locks import SWEEP, held
from zakaz.alerts.messages import duration_ru, times_ru
from zakaz.alerts.restated import notify_of_restatements
from zakaz.alerts.sweep import sweep
from zakaz.connections.telegram import TelegramHook
from zakaz.days import DayRange
from zakaz.deadline import Deadline
from zakaz.errors import DayNotOver, HealthCheckFailed, SourceUnavailable, WarehouseUnavailable
from zakaz.registry.restatements import Restatement
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import new_version

ONE_DAY = DayRange(DAY, DAY)
Fail = Callable[..., str]
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]


@pytest.fixture
def fail(warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Let a job fail on a day, so many minutes ago; the alert's delivery state."""

    def failed(days_ago: int = 0, *, job: str = "vk_fetch", minutes_ago: float = 0, error: Any = None) -> str:
        day = DAY - timedelta(days=days_ago)
        made = attempt(job, day)
        then = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        put_run(warehouse, made, "error", minutes_ago=minutes_ago, day=day, err_msg="down")
        with monkeypatch.context() as patch:
            ago = round(minutes_ago * 60e6)
            patch.setattr(delivery, "new_version", lambda above=0: max(new_version() - ago, above + 1))
            return raise_alert(
                warehouse, failure_alert(made, error or SourceUnavailable("VK Ads is down"), DayRange(day, day), then)
            )

    return failed


def warn(warehouse: WarehouseHook, days_ago: int) -> None:
    """Let vk_fetch warn of a day."""
    day = DAY - timedelta(days=days_ago)
    change = Restatement(day, "spend", Decimal(1), Decimal(2))
    notify_of_restatements(warehouse, attempt(day=day), DayRange(day, day), [change], 1)


def deliveries(warehouse: WarehouseHook) -> dict[str, int]:
    return dict(warehouse.execute("SELECT delivery, count() FROM meta.etl_alerts FINAL GROUP BY delivery"))


def test_a_hundred_failures_are_one_message_and_one_sum(warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail) -> None:
    with warehouse.session():
        for number in range(100):
            fail(number, minutes_ago=50 - number * 0.3)
        assert deliveries(warehouse) == {"sent": 1, "repeat": 99}
        sweep(warehouse)
        sweep(warehouse)
        assert deliveries(warehouse) == {"sent": 1, "summed": 99}
    assert heads(sandbox) == [
        "🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026",
        "🔴 Загрузка VK Рекламы: та же ошибка ещё 99 раз, 13 августа – 19 ноября 2026",
    ]
    assert "VK Ads is down" in sandbox.messages()[1]["plain"]


def test_a_sum_waits_until_its_job_is_not_muted(warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail) -> None:
    for number in range(2):
        fail(number, minutes_ago=30)
    mute_vk(warehouse, 30)
    sweep(warehouse)
    assert len(heads(sandbox)) == 1
    mute_vk(warehouse, -1)
    sweep(warehouse)
    assert "ещё 1 раз" in heads(sandbox)[1]


def test_a_sum_waits_until_it_is_quiet(warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail) -> None:
    for number, minutes in enumerate((9, 8, 2)):
        fail(number, minutes_ago=minutes)
    sweep(warehouse)
    assert len(heads(sandbox)) == 1


def test_what_goes_on_is_summed_after_an_hour_at_the_latest(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail
) -> None:
    told = [fail(number, minutes_ago=minutes) for number, minutes in enumerate((100, 61, 39, 1))]
    assert told == ["sent", "repeat", "sent", "repeat"]
    sweep(warehouse)
    assert "та же ошибка ещё 2 раза" in heads(sandbox)[2]
    fail(4)
    sweep(warehouse)
    assert len(heads(sandbox)) == 3, "the next hour has begun"


def test_after_an_hour_it_is_told_again_with_its_count(sandbox: Sandbox, fail: Fail) -> None:
    assert [fail(0, minutes_ago=95), fail(1, minutes_ago=60), fail(2, minutes_ago=5)] == ["sent", "repeat", "sent"]
    assert "Уже 3-й раз, с " in sandbox.messages()[1]["plain"]


def test_other_jobs_and_codes_are_other_problems(fail: Fail) -> None:
    assert fail() == "sent"
    assert fail(job="build_dm_vk") == "sent"
    assert fail(job="healthcheck", error=HealthCheckFailed("no rows", "ZERO_ROWS")) == "sent"
    assert fail(job="healthcheck", error=HealthCheckFailed("jump", "ANOMALY")) == "sent"
    assert fail() == "", "the same attempt once more"


def test_recovered_is_told_once_with_its_duration(warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail) -> None:
    fail(0, minutes_ago=80)
    fail(1, minutes_ago=79)
    sweep(warehouse)
    put_run(warehouse, attempt(try_number=2), "ok")
    sweep(warehouse)
    assert len(heads(sandbox)) == 2, "only one of the two days is good again"
    yesterday = DAY - timedelta(days=1)
    put_run(warehouse, attempt(day=yesterday, try_number=2), "ok", day=yesterday)
    sweep(warehouse)
    sweep(warehouse)
    assert heads(sandbox)[2:] == ["🟢 Загрузка VK Рекламы: снова в порядке, 19 ноября – 20 ноября 2026"]
    assert "Сбой RUN_FAILED длился 1 ч 20 мин" in sandbox.messages()[2]["plain"]
    assert warehouse.execute("SELECT code, recovered_at IS NULL, times FROM meta.v_incidents") == [("RUN_FAILED", 0, 2)]
    # Broken anew is a new problem, not a repeat; and so is its end.
    assert fail(5) == "sent"
    put_run(warehouse, attempt(day=DAY - timedelta(days=5), try_number=2), "ok", day=DAY - timedelta(days=5))
    sweep(warehouse)
    assert heads(sandbox)[4:] == ["🟢 Загрузка VK Рекламы: снова в порядке, 15 ноября 2026"]
    assert fail(6) == "sent", "however soon after it was well"


def test_a_recovery_of_another_code_makes_nothing_new(warehouse: WarehouseHook, fail: Fail) -> None:
    errors = (SourceUnavailable("VK Ads is down"), HealthCheckFailed("no rows", "ZERO_ROWS"))
    assert [fail(number, minutes_ago=20, error=error) for number, error in enumerate(errors)] == ["sent", "sent"]
    put_run(warehouse, attempt(day=DAY, try_number=2), "ok")
    sweep(warehouse)
    assert warehouse.execute("SELECT code FROM meta.v_incidents WHERE recovered_at IS NULL") == [("ZERO_ROWS",)]
    assert fail(2, error=errors[1]) == "repeat"


@pytest.mark.parametrize("has_callback", [True, False], ids=["callback", "none"])
def test_a_day_that_is_not_over_is_told_and_opens_no_incident(
    warehouse: WarehouseHook, sandbox: Sandbox, has_callback: bool
) -> None:
    """Nothing is missing, and no good run could close it before that day is over."""
    made = attempt(day=date(2099, 1, 5), run_type="manual")
    days = DayRange(date(2099, 1, 5), date(2099, 1, 5))
    with pytest.raises(DayNotOver) as refused:
        days.require_over()
    put_run(warehouse, made, "error", minutes_ago=25, day=days.first, err_msg=str(refused.value))
    if has_callback:
        raise_alert(warehouse, failure_alert(made, refused.value, days))
    sweep(warehouse)
    (message,) = [told["plain"] for told in sandbox.messages()]
    assert message.startswith("🟡 Загрузка VK Рекламы: ошибка за 5 января 2099")
    assert "Что с отчётами: без изменений" in message
    assert warehouse.execute("SELECT severity FROM meta.etl_alerts FINAL") == [("warning",)]
    assert warehouse.execute("SELECT job FROM meta.v_incidents") == []


def test_an_older_good_run_heals_nothing(warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail) -> None:
    put_run(warehouse, attempt(try_number=2), "ok", minutes_ago=30)
    fail(minutes_ago=20)
    other = DAY - timedelta(days=3)
    put_run(warehouse, attempt(day=other, try_number=2), "ok", day=other)
    sweep(warehouse)
    assert len(heads(sandbox)) == 1


@pytest.mark.parametrize("kind", ["500", "403", "disconnect"])
def test_what_telegram_did_not_take_comes_later_once(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail, kind: str
) -> None:
    sandbox.fault("telegram", kind)
    assert fail(0, minutes_ago=15) == "failed"
    assert fail(1, minutes_ago=14) == "repeat", "not one message a failure when Telegram comes back"
    sweep(warehouse)
    assert deliveries(warehouse) == {"failed": 1, "repeat": 1}
    sandbox.clear_faults()
    # A failed delivery of this moment may be somebody else's next try.
    assert heads(sandbox) == []
    age_alerts(warehouse, 5)
    sweep(warehouse)
    sweep(warehouse)
    late, summed = heads(sandbox)
    assert late.startswith("⏳ Доставлено с опозданием")
    assert "VK Ads is down" in sandbox.messages()[0]["plain"]
    assert "ещё 1 раз" in summed
    assert deliveries(warehouse) == {"sent": 1, "summed": 1}


def test_the_same_failure_may_be_told_again_until_telegram_takes_it(sandbox: Sandbox, fail: Fail) -> None:
    sandbox.fault("telegram", "500")
    assert [fail(), fail()] == ["failed", "failed"]
    sandbox.clear_faults()
    assert [fail(), fail()] == ["sent", ""]


def mute_vk(warehouse: WarehouseHook, minutes: float) -> None:
    """Mute vk_fetch for so many minutes from now on; until then if they are negative."""
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    warehouse.insert("meta.mutes", ("job", "until", "reason", "_ver"), [("vk_fetch", until, "work", new_version())])


def test_what_is_muted_is_recorded_and_told_when_the_window_ends(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail
) -> None:
    mute = partial(mute_vk, warehouse)
    mute(30)
    assert fail(minutes_ago=10) == "muted"
    assert fail(job="build_dm_vk") == "sent"
    sweep(warehouse)
    assert len(heads(sandbox)) == 1
    mute(-1)
    sweep(warehouse)
    assert heads(sandbox)[1].startswith("⏳")
    mute(30)
    assert fail(3) == "muted"
    put_run(warehouse, attempt(try_number=2), "ok")
    far = DAY - timedelta(days=3)
    put_run(warehouse, attempt(day=far, try_number=2), "ok", day=far)
    sweep(warehouse)
    mute(-1)
    sweep(warehouse)
    assert len(heads(sandbox)) == 2, "what began and healed in silence needs no words"
    assert fail(7) == "sent", "a mute that ended silences nothing"


def test_what_is_still_wrong_after_a_long_mute_is_told_once_and_summed(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail
) -> None:
    """Three days; of them the warnings are told too, and what has healed is not."""
    healed = DAY - timedelta(days=9)
    mute_vk(warehouse, 30)
    assert fail(9, minutes_ago=10) == "muted"
    put_run(warehouse, attempt(day=healed, try_number=2), "ok", day=healed)
    sweep(warehouse)
    age_alerts(warehouse, 4 * 1440)
    for number, days_ago in enumerate((3, 2, 1)):
        assert fail(number, minutes_ago=days_ago * 1440) == "muted"
        warn(warehouse, number)
    age_alerts(warehouse, 10)
    sweep(warehouse)
    assert heads(sandbox) == []
    mute_vk(warehouse, -5)
    for _ in range(2):
        sweep(warehouse)
    late_failure, late_warning, *sums = [message["plain"] for message in sandbox.messages()]
    assert "ошибка за 20 ноября 2026" in late_failure
    assert "источник изменил старые дни, 20 ноября 2026" in late_warning
    assert [said.splitlines()[0] for said in sums] == [
        "🟡 Загрузка VK Рекламы: такое же предупреждение ещё 2 раза, 18 ноября – 19 ноября 2026",
        "🔴 Загрузка VK Рекламы: та же ошибка ещё 2 раза, 18 ноября – 19 ноября 2026",
    ]


def test_an_open_incident_that_telegram_did_not_take_is_told_however_late(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail
) -> None:
    sandbox.fault("telegram", "500")
    assert fail(minutes_ago=3 * 1440) == "failed"
    warn(warehouse, 0)
    other = failure_alert(attempt(try_number=2), "a warning of the same code", ONE_DAY)
    raise_alert(warehouse, replace(other, severity="warning"))
    age_alerts(warehouse, 3 * 1440)
    sandbox.clear_faults()
    sweep(warehouse)
    (late,) = sandbox.messages()
    assert "ошибка за 20 ноября 2026" in late["plain"]


def test_two_at_once_send_nothing_twice(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several healthchecks of a backfill end together: whoever comes meanwhile, on this machine or on another."""
    sandbox.fault("telegram", "500", times=1)
    assert [fail(0, minutes_ago=30), fail(1, minutes_ago=29)] == ["failed", "repeat"]
    age_alerts(warehouse, 5)
    with held(warehouse, SWEEP, 0):
        sweep(warehouse)
    assert heads(sandbox) == []
    meanwhile: list[Any] = []

    def send(html: str, kind: Kind, **given: Any) -> str:
        meanwhile.extend(warehouse.execute(statement("alerts/undelivered.sql")))
        meanwhile.extend(row for row in warehouse.execute(statement("alerts/repeats.sql")) if "ещё" in html)
        return delivery.send(html, kind, **given)

    monkeypatch.setattr(sweep_module, "send", send)
    sweep(warehouse)
    assert meanwhile == []
    assert len(heads(sandbox)) == 2
    assert deliveries(warehouse) == {"sent": 1, "summed": 1}


def test_a_sum_that_was_not_taken_is_told_later_even_by_another_process(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        fail(number, minutes_ago=30 - number)
    sandbox.fault("telegram", "500", times=1)
    sweep(warehouse)
    assert deliveries(warehouse) == {"sent": 1, "repeat": 2}
    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, "send", lambda *_, **__: sys.exit("killed while it sent"))
        with pytest.raises(SystemExit):
            sweep(warehouse)
    assert deliveries(warehouse) == {"sent": 1, "pending": 2}
    age_alerts(warehouse, 5)
    sweep(warehouse)
    _, late, summed = heads(sandbox)
    assert (late[0], "ещё 1 раз" in summed) == ("⏳", True)


def test_the_sum_of_restated_days_says_what_changed_and_what_was_done(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    for number in range(3):
        warn(warehouse, number)
    age_alerts(warehouse, 15)
    sweep(warehouse)
    _, summed = [message["plain"] for message in sandbox.messages()]
    assert "Последний: 2026-11-18 spend 1.00 → 2.00" in summed
    assert "Что делать: отчёты уже пересчитаны; если так бывает часто" in summed


def test_without_the_registry_the_outbox_decides_on_repeats(
    warehouse: WarehouseHook, sandbox: Sandbox, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    with outage():
        for number in range(3):
            day = DAY - timedelta(days=number)
            raise_alert(warehouse, failure_alert(attempt(day=day), "down", DayRange(day, day)))
        assert len(heads(sandbox)) == 1
        day = DAY - timedelta(days=3)
        later = datetime.now(UTC) + timedelta(minutes=61)
        raise_alert(warehouse, failure_alert(attempt(day=day), "down", DayRange(day, day), later))
    assert len(heads(sandbox)) == 2
    sweep(warehouse)
    assert deliveries(warehouse) == {"sent": 2, "repeat": 2}, "kept on disk, written when it is back"


def test_a_message_leaves_time_to_record_that_it_was_sent(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = []
    monkeypatch.setattr(TelegramHook, "send_message", lambda _, __, deadline, **___: left.append(deadline.left()))
    raise_alert(warehouse, failure_alert(attempt(), "down", ONE_DAY), deadline=Deadline(60))
    assert 50 < left[0] < 57


def test_two_problems_of_one_attempt_are_two_alerts() -> None:
    by_code = (failure_alert(attempt(), HealthCheckFailed("x", code), ONE_DAY) for code in ("ZERO_ROWS", "ANOMALY"))
    assert len({alert.alert_id for alert in by_code}) == 2


@pytest.mark.parametrize("fault", ["", "500"], ids=["sent", "failed"])
def test_without_the_registry_the_same_alert_is_no_repeat_of_itself(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """bin/zakaz watchdog raises the same one from its timer for as long as ClickHouse is away."""
    first, other = (failure_alert(attempt(day=day), "down", DayRange(day, day)) for day in (DAY, DAY + timedelta(1)))
    if fault:
        sandbox.fault("telegram", fault, times=1)
    with outage():
        told = [
            raise_alert(warehouse, replace(first, ts=first.ts + timedelta(minutes=30 * number))) for number in range(4)
        ]
        assert told == (["failed", "sent", "", ""] if fault else ["sent", "", "", ""])
        assert [raise_alert(warehouse, other), raise_alert(warehouse, other)] == ["repeat", ""]
    assert len(heads(sandbox)) == 1
    sweep(warehouse)
    assert deliveries(warehouse) == {"sent": 1, "repeat": 1}


def test_a_registry_that_is_away_is_not_asked_step_by_step(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, unused_port: int
) -> None:
    """Each step has its own tries, and a server is first connected to in the first."""
    nowhere = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": unused_port}
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(nowhere))
    with pytest.raises(WarehouseUnavailable):
        sweep(WarehouseHook(within_seconds=1))
    assert "this part of the sweep failed" not in caplog.text


def test_durations_as_people_say_them() -> None:
    assert [duration_ru(timedelta(minutes=minutes)) for minutes in (0, 5, 60, 80, 1440 * 2 + 185)] == [
        "1 мин",
        "5 мин",
        "1 ч",
        "1 ч 20 мин",
        "2 д 3 ч",
    ]


def test_counts_as_people_say_them() -> None:
    said = [times_ru(number) for number in (1, 2, 5, 12, 22, 99)]
    assert said == ["1 раз", "2 раза", "5 раз", "12 раз", "22 раза", "99 раз"]
