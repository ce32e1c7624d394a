"""# zakaz_backup: ночная копия

Every night at 03:30 Moscow, if this installation keeps backups (`BACKUP_KEEP`); none is scheduled otherwise.

* `backup`: the warehouse, by ClickHouse's own BACKUP, to the disk `backups` of its server: a folder, or a bucket.
* `restore_check`: once a month the newest backup is restored beside the warehouse and its sums are compared.

Airflow's own PostgreSQL is dumped an hour later, by the watchdog's container or `zakaz-backup.timer`: no task may read
it.

Each attempt is a row in `meta.etl_runs`. A failure is `BACKUP_FAILED`; none for 36 hours is `BACKUP_STALE`, by the
watchdog, whatever the reason.

**When it is red:** its last line says why. *Clear* makes another backup, under a new name. How to restore:
`docs/RUNBOOK_ETL.md`.
"""

from datetime import datetime

from airflow.sdk import DAG

from zakaz.days import MOSCOW
from zakaz.orchestration.backup_operator import BackupOperator
from zakaz.orchestration.defaults import DEFAULT_ARGS
from zakaz.settings import BACKUP_LIMIT, settings

with DAG(
    dag_id="zakaz_backup",
    dag_display_name="Zakaz: резервная копия",
    description="Каждую ночь в 03:30: копия хранилища, раз в месяц проверка восстановлением",
    doc_md=__doc__,
    # Before the morning's run, which writes. Makes up one night that was missed, the last.
    schedule="30 3 * * *" if settings().backup_keep else None,
    start_date=datetime(2025, 1, 1, tzinfo=MOSCOW),
    catchup=False,
    # More than one, so that a hanging run does not block the next one.
    max_active_runs=2,
    is_paused_upon_creation=False,
    default_args={**DEFAULT_ARGS, "execution_timeout": BACKUP_LIMIT},
    tags=["zakaz", "backup"],
) as dag:
    backup = BackupOperator(
        task_id="backup",
        task_display_name="Копия хранилища",
        doc_md="Backs up `zakaz` and `meta` to the server's disk `backups`. Red: ClickHouse, or its disk is full.",
    )
    restore_check = BackupOperator(
        task_id="restore_check",
        task_display_name="Проверка восстановлением",
        doc_md="Restores the newest backup into `restored_*`, compares the sums of its days, drops the copy. Skipped "
        "if that was done within the month. Red: the backup is worth nothing; make another and keep the old ones.",
    )
    backup >> restore_check
