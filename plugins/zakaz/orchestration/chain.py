"""The chain of tasks that brings Moscow days into the marts, the same for a day and for a piece of a longer range."""

from typing import Any

from airflow.sdk import TaskGroup

from zakaz.orchestration.build_mart import BuildMartOperator
from zakaz.orchestration.healthcheck import HealthcheckOperator
from zakaz.orchestration.qtickets_fetch import QTicketsFetchOperator
from zakaz.orchestration.vk_fetch import VkFetchOperator
from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, STG_SALES, STG_VK_ADS
from zakaz.settings import settings
from zakaz.stages import ALL_STAGES


def etl_chain(days: Any = "", stage: str = ALL_STAGES) -> None:
    """Put the tasks of zakaz.stages into the current DAG or task group, wired.

    :param days: a range to work on, as `DayRange.iso`, or what Airflow resolves to one; by default the run's own days.
    :param stage: the one task that is wanted, or all; may be a template.
    """
    # The grid shows a piece under its days instead of a number.
    which: dict[str, Any] = {"days": days, "stage": stage, "map_index_template": "{{ task.days }}"}
    # Of a dozen pieces, a source is asked and a table built for one at a time: side by side they would only wait for
    # each other, and the embedded warehouse would be opened by one process after the other.
    which["max_active_tis_per_dagrun"] = 1
    with TaskGroup("fetch", prefix_group_id=False, tooltip="Загрузка из источников") as fetch:
        VkFetchOperator(
            task_id="vk_fetch",
            task_display_name="VK Реклама: загрузка",
            pool="vk_ads",
            doc_md="Reads VK Ads and rebuilds `zakaz.stg_vk_ads_daily`. Red: the source or the connection "
            "`vk_ads_default`; the old rows stay.",
            **which,
        )
        QTicketsFetchOperator(
            task_id="qtickets_fetch",
            task_display_name="QTickets: загрузка",
            lookback_days=settings().sales_lookback_days,
            doc_md="Reads QTickets and rebuilds `zakaz.stg_qtickets_sales`. Red: the source or the connection "
            "`qtickets_default`; the old rows stay. Skipped: there is no such connection.",
            **which,
        )
    # A source that is not set up is skipped, and so are the stages that nobody asked for: the chain goes on.
    goes_on: dict[str, Any] = {**which, "trigger_rule": "none_failed"}
    build_dm_vk = BuildMartOperator(
        task_id="build_dm_vk",
        task_display_name="Витрина расходов",
        sql="vk_ads/dm_vk_ads_daily.sql",
        source=STG_VK_ADS,
        target=DM_VK_ADS,
        doc_md="Rebuilds `zakaz.dm_vk_ads_daily` by city and campaign. Red: ClickHouse; Clear once it answers.",
        **goes_on,
    )
    build_dm_sales = BuildMartOperator(
        task_id="build_dm_sales",
        task_display_name="Витрина продаж",
        lookback_days=settings().sales_lookback_days,
        sql="sales/dm_sales_daily.sql",
        source=STG_SALES,
        target=DM_SALES,
        doc_md="Rebuilds `zakaz.dm_sales_daily` by city and event. Red: ClickHouse; Clear once it answers.",
        **goes_on,
    )
    healthcheck = HealthcheckOperator(
        task_id="healthcheck",
        task_display_name="Проверка данных",
        groups={"vk_ads": settings().lookback_days, "sales": settings().sales_lookback_days},
        doc_md="Runs `include/sql/checks` on every day the run rebuilt. Red: its last line names day, check, "
        "expected and found; what was found is in `meta.quality_results`. Thresholds: `include/thresholds.toml`.",
        **goes_on,
    )
    fetch >> build_dm_vk >> build_dm_sales >> healthcheck
