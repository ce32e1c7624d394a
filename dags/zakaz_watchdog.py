"""# zakaz_watchdog: тишина тоже тревога

Every half hour: what callbacks miss.

* A dead attempt, recorded as running without a process, is closed as `error`, with an alert.
* A failure without an alert (a killed process, "mark failed" in the UI) gets one, and undelivered messages are sent
  again. Repeats are summed up; a recovery is reported once (`RECOVERED`).
* **No good run for yesterday by 07:30 Moscow: `STALE`**, once, with the reason if known: no run, running, failed,
  paused, stuck. It recovers by itself.
* Days that are older than the scheduler makes up, however old: `HOLES`, once, with the command that loads them.
* No good backup for 36 hours where there should be one: `BACKUP_STALE`. A disk of ClickHouse that fills up: `DISK_LOW`.
* At 09:00 Moscow the digest: spend, revenue, tickets, open incidents, and a picture of four weeks. If
  it does not arrive, something is wrong.

It can't report that Airflow itself is down: `bin/zakaz watchdog`, called by an external timer, does the same from the
run registry, and from Airflow's database if it answers.

**When it is red:** ClickHouse could not be read, or a setting is invalid. Its last line says why; the next run, in half
an hour, tries again.
"""

from datetime import datetime

from airflow.sdk import DAG

from zakaz.days import MOSCOW
from zakaz.orchestration.defaults import DEFAULT_ARGS
from zakaz.orchestration.watchdog_operator import WatchdogOperator

with DAG(
    dag_id="zakaz_watchdog",
    dag_display_name="Zakaz: сторож",
    description="Каждые полчаса: потерянные запуски, пропущенные дни, недоставленные сообщения, сводка в 09:00",
    doc_md=__doc__,
    schedule="*/30 * * * *",
    start_date=datetime(2025, 1, 1, tzinfo=MOSCOW),
    catchup=False,
    # More than one, so that a hanging watchdog does not block the next one.
    max_active_runs=2,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["zakaz", "watchdog"],
) as dag:
    WatchdogOperator(
        task_id="watchdog",
        retries=0,  # its alert must not wait for retries, and the next run is in half an hour
        task_display_name="Сторож",
        doc_md="Sweeps for what callbacks missed and alerts on missing days. Red: ClickHouse could not be read.",
    )
