"""Backups and disks: who is told, once and with what to do, and who is left alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from made_runs import DAY, age_alerts, attempt, put_good_days, put_run
from received import heads
from sandbox import Sandbox
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.schedule import Schedule
from zakaz.alerts.sweep import sweep
from zakaz.alerts.watch import watch
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.errors import WarehouseRefused
from zakaz.registry.attempt import Attempt
from zakaz.registry.lost import close_lost_attempts
from zakaz.registry.runs import recorded
from zakaz.registry.upkeep import upkeep
from zakaz.stages import BACKUP_JOBS
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

ALIVE = Schedule(is_known=True, is_scheduler_alive=True)
Set = Callable[..., None]
pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements, pytest.mark.usefixtures("no_token_kept")]


def made(job: str, number: int = 1) -> Attempt:
    return Attempt(dag_id="", dag_run_id=f"night {number}", run_type="manual", job=job, try_number=1, log_url="")


def put(warehouse: WarehouseHook, job: str, status: str, hours_ago: float, err_msg: str = "", number: int = 1) -> None:
    """An attempt that works on no day; a good day so that nobody is told of that one."""
    then = datetime.now(UTC) - timedelta(hours=hours_ago)
    one = made(job, number)
    row = {
        "job": job,
        "run_id": one.run_id,
        "started_at": then,
        "finished_at": None if status == "running" else then,
        "status": status,
        "err_msg": err_msg,
        "host": "elsewhere",
        "dag_run_id": one.dag_run_id,
        "try_number": 1,
        "_ver": int(then.timestamp() * 1e6) + number,
    }
    warehouse.insert("meta.etl_runs", list(row), [list(row.values())])


def settled(warehouse: WarehouseHook, days: int = 60) -> None:
    """An installation that has run for a while, every day of it good."""
    put_good_days(warehouse, [DayRange(yesterday() - timedelta(days=1), yesterday())])
    long_ago = replace(attempt("vk_fetch"), dag_run_id="the first")
    put_run(warehouse, long_ago, "ok", minutes_ago=days * 1440, day=yesterday())


def told(sandbox: Sandbox) -> list[str]:
    """First lines, but for the digest."""
    return [head for head in heads(sandbox) if "Всё в порядке" not in head and "Есть на что" not in head]


def look(warehouse: WarehouseHook, times: int = 1) -> None:
    for _ in range(times):
        watch(warehouse, ALIVE)


def lights(warehouse: WarehouseHook, now: datetime | None = None) -> dict[str, str]:
    return {one.job: one.light for one in upkeep(warehouse, now) if one.job != "disk"}


def test_no_good_backup_for_36_hours_is_told_once_and_recovers(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set
) -> None:
    set_settings(BACKUP_KEEP=14)
    settled(warehouse, days=20)
    put(warehouse, "backup", "ok", 35)
    look(warehouse)
    assert told(sandbox) == []
    assert lights(warehouse) == {"backup": "green", "restore_check": "green"}
    now = datetime.now(UTC) + timedelta(hours=1.1)
    assert lights(warehouse, now)["backup"] == "red"

    warehouse.execute("TRUNCATE TABLE meta.etl_runs")
    settled(warehouse, days=20)
    put(warehouse, "backup", "ok", 37)
    put(warehouse, "backup", "error", 13, "no room", number=2)
    put(warehouse, "vk_fetch", "ok", 1)  # no other job counts
    sandbox.reset()
    look(warehouse, times=2)
    stale = [message["plain"] for message in sandbox.messages() if "слишком давно" in message["plain"]]
    assert len(stale) == 1
    assert stale[0].startswith("🔴 Резервная копия: слишком давно нет удачной\n\nПоследняя удачная ")
    assert "no room" in stale[0]
    assert "сделать: bin/zakaz backup\n" in stale[0]
    assert "#backup_stale" in stale[0]
    ((light, reason),) = warehouse.execute("SELECT light, reason FROM bi.v_etl_status WHERE job = 'zakaz_etl'")
    assert (light, "BACKUP_STALE" in reason) == ("yellow", True)

    put(warehouse, "backup", "ok", 0, number=3)
    sandbox.reset()
    look(warehouse, times=2)
    assert [one for one in told(sandbox) if one.startswith("🟢")] == ["🟢 Резервная копия: снова в порядке"] * len(
        {code for (code,) in warehouse.execute("SELECT code FROM meta.etl_alerts FINAL WHERE severity = 'critical'")}
    )
    assert "Есть новая удачная, делать ничего не нужно." in sandbox.messages()[0]["plain"]
    assert lights(warehouse)["backup"] == "green"


def test_a_backup_that_no_restore_has_proved_for_a_month_is_told(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set
) -> None:
    set_settings(BACKUP_KEEP=14, DUMP_DIR="/somewhere")
    settled(warehouse)
    for job in ("backup", "airflow_dump"):
        put(warehouse, job, "ok", 1)
    put(warehouse, "restore_check", "ok", 24 * 36.9)
    look(warehouse)
    assert told(sandbox) == []
    warehouse.execute("TRUNCATE TABLE meta.etl_runs")
    settled(warehouse)
    for job in ("backup", "airflow_dump"):
        put(warehouse, job, "ok", 1)
    put(warehouse, "restore_check", "ok", 24 * 37.1)
    look(warehouse)
    assert told(sandbox) == ["🔴 Проверка резервной копии: слишком давно нет удачной"]


def test_where_no_backup_is_set_up_nobody_is_alarmed(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """A laptop, the sandbox; also one where somebody tried."""
    settled(warehouse)
    put(warehouse, "backup", "error", 30, "no disk")
    look(warehouse)
    assert told(sandbox) == []
    (line,) = [one for one in upkeep(warehouse) if one.job != "disk"]
    assert (line.light, line.reason) == ("", "не настроена: BACKUP_KEEP")
    assert warehouse.execute("SELECT light FROM bi.v_etl_status WHERE job = 'zakaz_etl'") == [("green",)]


@pytest.mark.own_statements
def test_a_new_installation_has_until_its_first_night(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set
) -> None:
    set_settings(BACKUP_KEEP=14, DUMP_DIR="/somewhere")
    settled(warehouse, days=1)
    look(warehouse)
    assert told(sandbox) == []
    assert set(lights(warehouse).values()) == {"green"}
    assert set(lights(warehouse, datetime.now(UTC) + timedelta(hours=13)).values()) == {"green", "red"}


@pytest.mark.parametrize("job", BACKUP_JOBS)
def test_a_failed_backup_that_nobody_told_of_is_told_by_the_sweep(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set, job: str
) -> None:
    """Its process was killed."""
    set_settings(BACKUP_KEEP=14)
    put(warehouse, job, "error", 1, "the disk is full <b>")
    for _ in range(2):
        sweep(warehouse)
    (message,) = [message["plain"] for message in sandbox.messages()]
    assert ": ошибка\n" in message
    assert "the disk is full <b>" in message
    assert "код BACKUP_FAILED" in message
    assert "за " not in message.splitlines()[0], "it works on no day"
    assert warehouse.execute("SELECT severity, job, code FROM meta.etl_alerts FINAL") == [
        ("critical", job, "BACKUP_FAILED")
    ]
    put(warehouse, job, "ok", 0, number=2)
    sweep(warehouse)
    assert heads(sandbox)[-1].startswith("🟢 ")
    assert warehouse.execute("SELECT count() FROM meta.v_incidents WHERE recovered_at IS NULL") == [(0,)]


def test_a_failure_that_was_made_good_the_same_night_is_not_told(
    warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set
) -> None:
    set_settings(BACKUP_KEEP=14)
    put(warehouse, "backup", "error", 1)
    put(warehouse, "backup", "ok", 0.9, number=2)
    sweep(warehouse)
    assert heads(sandbox) == []


def test_an_older_good_backup_heals_nothing(warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set) -> None:
    set_settings(BACKUP_KEEP=14)
    put(warehouse, "backup", "error", 3)
    put(warehouse, "backup", "ok", 2, number=2)
    put(warehouse, "backup", "error", 1, number=3)
    for number, hours in ((1, 3), (3, 1)):
        then = datetime.now(UTC) - timedelta(hours=hours)
        alert = failure_alert(made("backup", number), WarehouseRefused("no room"), DayRange(DAY, DAY), then)
        raise_alert(warehouse, alert)
    sweep(warehouse)
    assert not [head for head in heads(sandbox) if head.startswith("🟢")]
    put(warehouse, "backup", "ok", 0, number=4)
    sweep(warehouse)
    assert [head for head in heads(sandbox) if head.startswith("🟢")] == ["🟢 Резервная копия: снова в порядке"]


def test_repeats_are_summed_up_with_what_to_do(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    for number in (1, 2):
        days = DayRange(DAY, DAY)
        raise_alert(warehouse, failure_alert(made("backup", number), WarehouseRefused("no room"), days))
    age_alerts(warehouse, 15)
    sweep(warehouse)
    summed = sandbox.messages()[-1]["plain"]
    assert "та же ошибка ещё 1 раз" in summed
    assert "повторить: bin/zakaz backup" in summed
    assert "backfill" not in summed


def test_a_backup_may_take_two_hours(warehouse: WarehouseHook) -> None:
    for job, hours in (("backup", 2), ("restore_check", 2.2), ("vk_fetch", 0.5)):
        put(warehouse, job, "running", hours)
    close_lost_attempts(warehouse)
    found = dict(warehouse.execute("SELECT job, status FROM meta.etl_runs FINAL"))
    assert found == {"backup": "running", "restore_check": "error", "vk_fetch": "error"}


@pytest.mark.own_statements
def test_a_backup_makes_no_day_good_or_bad_and_is_no_try_of_the_load(warehouse: WarehouseHook) -> None:
    settled(warehouse)
    before = warehouse.execute("SELECT * FROM bi.v_etl_days ORDER BY ALL")
    status = "SELECT light, reason, attempts_24h, last_status FROM bi.v_etl_status ORDER BY position"
    stood = warehouse.execute(status)
    with pytest.raises(WarehouseRefused), recorded(warehouse, made("backup"), None):
        raise WarehouseRefused("no room")
    with recorded(warehouse, made("backup", 2), None):
        pass
    assert warehouse.execute("SELECT count() FROM meta.etl_runs FINAL WHERE job = 'backup'") == [(2,)]
    assert warehouse.execute("SELECT * FROM bi.v_etl_days ORDER BY ALL") == before
    assert warehouse.execute(status) == stood


def test_a_disk_that_fills_up_is_told_once_a_day(warehouse: WarehouseHook, sandbox: Sandbox, set_settings: Set) -> None:
    settled(warehouse)
    set_settings(DISK_FREE_PERCENT=100)  # no disk is as empty as that
    look(warehouse, times=2)
    found = [message["plain"] for message in sandbox.messages() if "место" in message["plain"]]
    assert len(found) == 1
    assert found[0].startswith("🟡 Кончается место на диске ClickHouse\n\n• Диск default (")
    assert "#disk_low" in found[0]
    assert warehouse.execute("SELECT severity, job, code FROM meta.etl_alerts FINAL WHERE code != 'DIGEST'") == [
        ("warning", "disk", "DISK_LOW")
    ]
    age_alerts(warehouse, 24 * 60)
    watch(warehouse, ALIVE, datetime.now(UTC) + timedelta(days=1))
    assert len([one for one in told(sandbox) if "место" in one]) == 2
    set_settings(DISK_FREE_PERCENT=0)
    sandbox.reset()
    watch(warehouse, ALIVE, datetime.now(UTC) + timedelta(days=2))
    assert not [one for one in told(sandbox) if "место" in one]


@pytest.mark.parametrize(("free", "light"), [(14, "red"), (15, "green"), (0, "red")])
def test_15_percent_is_the_border_and_a_bucket_has_none(warehouse: WarehouseHook, free: int, light: str) -> None:
    disks = (
        f"(SELECT 'a' AS name, '/a/' AS path, {free} AS free_space, 100 AS total_space, false AS is_remote "
        "UNION ALL SELECT 'b', 's3', 0, 1, true UNION ALL SELECT 'c', '/c/', 0, 0, false)"
    )
    text = statement("runs/disks.sql").replace("system.disks", disks)
    ((job, subject, found, reason, path, _),) = warehouse.execute(text, {"disk_free_percent": 15})
    assert (job, subject, found, path) == ("disk", "Диск a", light, "/a/")
    assert reason == f"свободно {free} %: {free}.00 B из 100.00 B"


def test_the_disk_of_an_embedded_warehouse_is_that_of_its_folder(warehouse: WarehouseHook) -> None:
    if not warehouse.is_embedded:
        pytest.skip("it is a server")
    connection = warehouse.get_connection("clickhouse_default")
    (disk,) = [one for one in upkeep(warehouse) if one.job == "disk"]
    assert disk.detail == f"{json.loads(connection.extra)['embedded_path']}/"


@pytest.mark.own_statements
def test_a_server_that_hides_its_disks_stops_no_watchman(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the users.d of an earlier release."""
    settled(warehouse)
    refused = "SELECT throwIf(1, 'no right', 497::Int16) SETTINGS allow_custom_error_code_in_throwif = 1"
    asked = {"runs/disks.sql": refused}
    monkeypatch.setattr("zakaz.registry.upkeep.statement", lambda name: asked.get(name) or statement(name))
    look(warehouse)
    assert told(sandbox) == []
    assert [(one.light, one.reason) for one in upkeep(warehouse) if one.job == "disk"] == [
        ("", "не видны: у пользователя нет права SELECT на system.disks")
    ]


@pytest.mark.own_statements
def test_a_machine_whose_clock_was_ahead_is_named(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    put(warehouse, "vk_fetch", "error", hours_ago=-0.5)
    assert "clock" not in lights(warehouse)
    put(warehouse, "vk_fetch", "error", hours_ago=-100, number=2)
    (named,) = [one for one in upkeep(warehouse) if one.job == "clock"]
    until = (datetime.now(UTC) + timedelta(hours=100)).astimezone(MOSCOW)
    assert (named.subject, named.light) == ("Часы elsewhere", "yellow")
    assert named.reason.startswith(f"спешили: попыток с временем из будущего 1, до {until:%d.%m.%Y %H:}")
    look(warehouse)
    assert not [head for head in told(sandbox) if "копи" in head], "it is no backup that is late"
