"""# zakaz_etl: вчерашние расходы и продажи

Every morning at 05:35 Moscow: yesterday's VK Ads spend and ticket sales into ClickHouse, checked and recorded.

`fetch` → `build_dm_vk` → `build_dm_sales` → `healthcheck`

| Task | Reads | Writes |
| --- | --- | --- |
| `vk_fetch` | VK Ads over HTTP | `zakaz.raw_vk_ads`, `zakaz.stg_vk_ads_daily` |
| `qtickets_fetch` | QTickets over HTTP | `zakaz.raw_qtickets_tickets`, `…_shows`, `zakaz.stg_qtickets_sales` |
| `build_dm_vk` | `zakaz.stg_vk_ads_daily` | `zakaz.dm_vk_ads_daily` |
| `build_dm_sales` | `zakaz.stg_qtickets_sales` | `zakaz.dm_sales_daily` |
| `healthcheck` | the stagings and marts | `meta.quality_results` |

**The day** is a Moscow calendar day, and the logical date is its midnight. A scheduled run re-reads the last
`LOOKBACK_DAYS` days, of sales `SALES_LOOKBACK_DAYS` (sources restate what they said, refunds come late); a backfill and
a run started by hand work on their own day only. Without the connection `qtickets_default` its task is skipped, and the
sales are those of `bin/zakaz load-sales`.

**By hand:** *Trigger DAG* without a date does the last day that is over, with a date that day.
`bin/airflow dags backfill -s 2026-11-01 -e 2026-11-05 zakaz_etl` does five days. The conf `{"stage": "build_dm_vk"}`
asks for one task alone, `{"lookback": true}` for the days that a scheduled run re-reads. Running a day again changes no
figure unless the source changed. After a backfill the scheduler goes on from the latest day that ran: days missed
before that day are made up by a backfill too, not by the scheduler.

**When it is red:** open the failed task's log, mend what its last line names, press *Clear* on the task. The button
*Статус дня* on each task, and *Zakaz → Статус* in the menu, show what else is missing. Each attempt stands in
`meta.etl_runs`, each alert in `meta.etl_alerts`.
"""

from datetime import datetime, time

from airflow.sdk import DAG

from zakaz.days import MOSCOW
from zakaz.orchestration.chain import etl_chain
from zakaz.orchestration.defaults import DEFAULT_ARGS
from zakaz.orchestration.timetable import MoscowDayTimetable
from zakaz.settings import settings
from zakaz.warehouse.sql import SQL_DIR

with DAG(
    dag_id="zakaz_etl",
    dag_display_name="Zakaz: расходы и продажи за день",
    description="Расходы VK Рекламы и продажи билетов за московский день в ClickHouse",
    doc_md=__doc__,
    schedule=MoscowDayTimetable(run_at=time(5, 35), catchup_days=settings().catchup_days),
    start_date=datetime(2025, 1, 1, tzinfo=MOSCOW),
    catchup=False,  # the timetable makes up missed days itself, up to CATCHUP_DAYS
    # More than one: a run that hangs must not stop the daily one.
    max_active_runs=settings().max_active_runs,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    template_searchpath=[str(SQL_DIR)],
    tags=["zakaz", "vk-ads", "sales", "daily"],
) as dag:
    etl_chain(stage="{{ (dag_run.conf or {}).get('stage', 'all') }}")
