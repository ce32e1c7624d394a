"""# zakaz_watchdog: тишина тоже тревога

Every half an hour: what no callback tells of.

* An attempt that is said to run and has no process any more ends as `error`, and is told of.
* A failure that nobody was told of (a killed process, "mark failed" in the UI) is told; so is what Telegram did not
  take before. Repeats are summed up; what is well again is told once (`RECOVERED`).
* **No good run for yesterday by 07:30 Moscow: `STALE`**, once, with what is known: no run, running, failed, paused,
  stuck. It recovers by itself.
* At 09:00 Moscow the digest: spend, revenue, tickets, ROAS, open incidents. When it does not come, something is wrong.

It can't tell of Airflow's own death: `bin/zakaz watchdog`, called by a timer outside, does the same from the run
registry, and asks Airflow's database if it answers.

**When it is red:** ClickHouse could not be read, or a setting is wrong. Its last line says why; the next one in
half an hour tries again.
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
    # More than one: a watchdog that hangs must not be the last one.
    max_active_runs=2,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    tags=["zakaz", "watchdog"],
) as dag:
    WatchdogOperator(
        task_id="watchdog",
        retries=0,  # the next one comes in half an hour, and a trouble must not wait for it
        task_display_name="Сторож",
        doc_md="Follows up what callbacks missed and tells of missing days. Red: ClickHouse could not be read.",
    )
