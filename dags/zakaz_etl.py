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
`LOOKBACK_DAYS` days, for sales `SALES_LOOKBACK_DAYS` (sources restate past days); backfills and manual runs process
only their own day. In each of them a refund counts on its own day, up to `REFUND_DAYS` after the sale. Without the
connection `qtickets_default` its task is skipped, and sales come from `bin/zakaz load-sales`.

**By hand:** *Trigger DAG* without a date runs the last complete day, with a date that day.
`bin/airflow dags backfill -s 2026-11-01 -e 2026-11-05 zakaz_etl` runs five days. The conf `{"stage": "build_dm_vk"}`
requests a single task, `{"lookback": true}` the days that a scheduled run re-reads. Rerunning a day changes no figure
unless the source changed. After a backfill the scheduler continues from the latest day that ran: run a backfill for
days missed before it too, since the scheduler won't. `bin/zakaz gaps` lists all days that are missing.

**When it is red:** open the failed task's log, fix what its last line names, press *Clear* on the task. The button
*Статус дня* on each task, and *Zakaz → Статус* in the menu, show what else is missing. Each attempt is recorded in
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
    catchup=False,  # the timetable itself runs missed days, up to CATCHUP_DAYS
    # More than one, so that a hanging run does not block the daily one.
    max_active_runs=settings().max_active_runs,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    template_searchpath=[str(SQL_DIR)],
    tags=["zakaz", "vk-ads", "sales", "daily"],
) as dag:
    etl_chain(stage="{{ (dag_run.conf or {}).get('stage', 'all') }}")
