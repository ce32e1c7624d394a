"""The dead man's switch: silence raises an alarm. Run by Airflow, and from outside in case Airflow itself is down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid5

from zakaz.alerts.alert import STALE, Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.digest import DIGEST_AT, send_digest
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.holes import notify_of_holes
from zakaz.alerts.messages import days_ru, job_ru, moscow_ru
from zakaz.alerts.schedule import Schedule, StuckRun
from zakaz.alerts.sweep import sweep
from zakaz.alerts.upkeep import notify_of_upkeep
from zakaz.days import MOSCOW, DayRange, last_complete_day
from zakaz.registry.attempt import NAMESPACE
from zakaz.registry.missing import MissingDay, missing_days
from zakaz.settings import settings
from zakaz.stages import DAG_ID
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

MARKED = "the task was marked as failed by hand, or never got a process: nothing else is known about it"


def watch(warehouse: WarehouseHook, schedule: Schedule, now: datetime | None = None) -> list[MissingDay]:
    """Sweep, raise alerts for late days, holes, stuck runs, backups and disks, and send the morning digest.

    :param schedule: the state of the DAG, as far as Airflow could be asked.
    :param now: UTC instant, now by default.
    :returns: the expected days without a good run, newest first.
    :raises WarehouseUnavailable, WarehouseRefused: the registry can't be read, so nothing is known.
    :raises WrongSetting: a setting can't be used, so nothing is loaded.
    """
    here = (now or datetime.now(UTC)).astimezone(MOSCOW)
    settings()  # fail on a bad setting first: the sweep would close the incident about it
    with warehouse.session():
        sweep(warehouse, [attempt.run_id for attempt, _ in schedule.failed_attempts])
        _alert_on_failed(warehouse, schedule)
        for stuck in schedule.stuck_runs:
            raise_alert(warehouse, _stuck_alert(stuck))
        missing = missing_days(warehouse, here)
        for day in missing:
            if day.is_late:
                raise_alert(warehouse, _stale_alert(day, schedule))
        notify_of_holes(warehouse, missing)
        notify_of_upkeep(warehouse, here)
        if here.time() >= DIGEST_AT:
            send_digest(warehouse, last_complete_day(here))
    return missing


def _alert_on_failed(warehouse: WarehouseHook, schedule: Schedule) -> None:
    """Tasks that failed in Airflow and are not in the registry: they never had a process of their own."""
    if not schedule.failed_attempts:
        return
    known = {run_id for (run_id,) in warehouse.execute(statement("runs/known_attempts.sql"))}
    for attempt, days in schedule.failed_attempts:
        if str(attempt.run_id) not in known:
            raise_alert(warehouse, failure_alert(attempt, MARKED, days))


def _stuck_alert(stuck: StuckRun) -> Alert:
    return Alert(
        severity="warning",
        job="airflow",
        code=STALE,
        template="stuck_run.html",
        context={
            "dag_id": stuck.dag_id,
            "dag_run_id": stuck.dag_run_id,
            "run_type": stuck.run_type,
            "state": stuck.state,
            "stuck_since": stuck.since,
            "error": f"{stuck.dag_run_id}: {stuck.state} since {moscow_ru(stuck.since)} MSK, and no task is running",
        },
        subject=uuid5(NAMESPACE, f"stuck {stuck.dag_id} {stuck.dag_run_id}"),
        days=stuck.day,
    )


def _stale_alert(missing: MissingDay, schedule: Schedule) -> Alert:
    cause, advice = _explained(missing, schedule)
    return Alert(
        severity="critical",
        job=DAG_ID,
        code=STALE,
        template="stale.html",
        context={
            "day": missing.day,
            "last_job": missing.last_job,
            "last_status": missing.last_status,
            "last_error": missing.last_error,
            "error": missing.last_error or cause,
            "cause": cause,
            "advice": advice,
            "facts": _facts(schedule),
        },
        subject=uuid5(NAMESPACE, f"missing {missing.day}"),
        days=DayRange(missing.day, missing.day),
    )


def _explained(missing: MissingDay, schedule: Schedule) -> tuple[str, str]:
    """The cause, and what to do about it."""
    again = f"запустить день: bin/zakaz backfill --from {missing.day} --to {missing.day}"
    if schedule.is_paused:
        return "DAG на паузе: его никто не запускает", f"снять {DAG_ID} с паузы в интерфейсе Airflow, затем {again}"
    if missing.last_status == "error":
        cause = f"последняя попытка закончилась ошибкой: {job_ru(missing.last_job)}"
        return cause, "устранить причину и нажать Clear на этой задаче"
    if missing.last_status == "running":
        since = moscow_ru(missing.last_started_at)
        return f"запуск ещё идёт, задача {missing.last_job} с {since} МСК", "посмотреть в её журнале, на чём она стоит"
    if missing.last_status == "ok":
        return (
            f"запуск не дошёл до проверки: последняя задача {missing.last_job} прошла, дальше ничего не было",
            f"посмотреть запуск в интерфейсе Airflow; если он стоит, {again}",
        )
    if schedule.is_known and schedule.is_scheduler_alive:
        return "запуска за этот день не было", again
    if not (schedule.is_known or schedule.is_from_outside):
        return "запуска за этот день не было", f"проверить в интерфейсе Airflow, не на паузе ли {DAG_ID}, затем {again}"
    cause = "запуска за этот день не было: похоже, планировщик Airflow не работает"
    return cause, f"запустить планировщик, затем {again}"


def _facts(schedule: Schedule) -> Sequence[str]:
    facts = [
        f"Завис запуск за {days_ru(stuck.day)} ({stuck.dag_run_id}): «{stuck.state}» с {moscow_ru(stuck.since)} МСК"
        for stuck in schedule.stuck_runs
    ]
    if schedule.is_known and not schedule.is_scheduler_alive:
        facts.append("Планировщик Airflow не подаёт признаков жизни")
    if schedule.is_from_outside and not schedule.is_known:
        facts.append("Проверено снаружи, без Airflow: по журналу запусков в ClickHouse")
    return facts
