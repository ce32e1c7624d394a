"""The jobs of backups: each attempt is a row in `meta.etl_runs` like that of a stage, and its failure BACKUP_FAILED."""

import logging
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.days import MOSCOW, DayRange
from zakaz.errors import TaskTerminated
from zakaz.orchestration.airflow_dump import dump
from zakaz.pipeline.runner import REGISTRY_SECONDS
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures, recorded
from zakaz.registry.upkeep import upkeep
from zakaz.settings import settings
from zakaz.stages import BACKUP, DUMP, RESTORE_CHECK
from zakaz.stop import Stop
from zakaz.warehouse.backup import back_up, check, contents, last_backup, new_name
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# A night's jobs are not done twice, and a backup is proved once a month.
EVERY = {BACKUP: timedelta(hours=20), DUMP: timedelta(hours=20), RESTORE_CHECK: timedelta(days=28)}


def is_due(job: str) -> bool:
    """Whether this installation has such a job, and no good run of it for a while."""
    last = {one.job: one.last_good_at for one in upkeep(WarehouseHook())}
    return job in last and datetime.now(UTC) - last[job] > EVERY[job]


def run_job(job: str, attempt: Attempt, name: str = "") -> str:
    """Run a job of backups and record the attempt; the alert about a failure is up to the caller.

    :param name: that of the new backup, or of the one to check; by default named after the attempt, and the newest.
    :returns: what was done, for a person.
    :raises ZakazError: it failed; the error is recorded with the attempt.
    """
    warehouse = WarehouseHook(origin=attempt.origin)
    registry = WarehouseHook(origin=attempt.origin, within_seconds=REGISTRY_SECONDS)
    with recorded(registry, attempt, None) as figures:
        if job == BACKUP:
            done = _back_up(warehouse, name or new_name(attempt.started_at), figures)
        elif job == RESTORE_CHECK:
            done = _check(warehouse, name or last_backup(warehouse), figures)
        else:
            file = dump(attempt.started_at)
            done = f"dump of Airflow's database: {file}, {file.stat().st_size:,} bytes"
    log.info("%s", done)
    return done


def run_job_by_hand(job: str, stop: Stop, name: str = "") -> str:
    """The same without Airflow, with the alert about a failure if backups are set up here.

    :param stop: SIGTERM and Ctrl-C, which end the attempt as an error.
    """
    now = datetime.now(UTC)
    attempt = Attempt(
        dag_id="",
        dag_run_id=name or new_name(now),
        run_type="manual",
        job=job,
        try_number=1,
        log_url="",
        started_at=now,
        # A name that is taken must not take the row of the backup that has it.
        run_id=uuid4(),
    )
    try:
        with stop.in_task():
            return run_job(job, attempt, name)
    except (Exception, TaskTerminated) as error:
        if settings().backup_keep:
            registry = WarehouseHook(origin=attempt.origin, within_seconds=REGISTRY_SECONDS)
            today = now.astimezone(MOSCOW).date()
            raise_alert(registry, failure_alert(attempt, error, DayRange(today, today)))
        raise


def _back_up(warehouse: WarehouseHook, name: str, figures: RunFigures) -> str:
    figures.rows_read = contents(warehouse).rows
    size = back_up(warehouse, name)
    return f"backup {name}: {size:,} bytes. See that it can be restored: bin/zakaz restore {name} --check"


def _check(warehouse: WarehouseHook, name: str, figures: RunFigures) -> str:
    found, compared = check(warehouse, name)
    figures.rows_read = found.rows
    return (
        f"backup {name} can be restored: {found.tables} tables, {found.rows:,} rows; "
        f"{compared:,} sums of days are those of the warehouse"
    )
