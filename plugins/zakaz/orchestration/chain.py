"""The chain of tasks that loads Moscow days into the marts, shared by the daily DAG and the pieces of a backfill."""

from typing import Any

from airflow.sdk import TaskGroup

from zakaz.orchestration.stage_operator import StageOperator
from zakaz.stages import ALL_STAGES


def etl_chain(days: Any = "", stage: str = ALL_STAGES) -> None:
    """Add the tasks of zakaz.stages, with their dependencies, to the current DAG or task group.

    :param days: a range as `DayRange.iso`, or what Airflow resolves to one; by default the run's own days.
    :param stage: a single stage, or all; may be a template.
    """
    # The grid labels a piece with its days instead of a number.
    which: dict[str, Any] = {"days": days, "stage": stage, "map_index_template": "{{ task.days }}"}
    # Run each stage for one piece at a time: in parallel they would only wait for the source and for the lock of the
    # embedded warehouse.
    which["max_active_tis_per_dagrun"] = 1
    with TaskGroup("fetch", prefix_group_id=False, tooltip="Загрузка из источников") as fetch:
        StageOperator(
            task_id="vk_fetch",
            task_display_name="VK Реклама: загрузка",
            pool="vk_ads",
            doc_md="Reads VK Ads and rebuilds `zakaz.stg_vk_ads_daily`. Red: the source or the connection "
            "`vk_ads_default`; the old rows stay.",
            **which,
        )
        StageOperator(
            task_id="qtickets_fetch",
            task_display_name="QTickets: загрузка",
            doc_md="Reads QTickets and rebuilds `zakaz.stg_qtickets_sales`. Red: the source or the connection "
            "`qtickets_default`; the old rows stay. Skipped: there is no such connection.",
            **which,
        )
    # The chain continues after skipped tasks: sources that are not set up, and stages that were not requested.
    goes_on: dict[str, Any] = {**which, "trigger_rule": "none_failed"}
    build_dm_vk = StageOperator(
        task_id="build_dm_vk",
        task_display_name="Витрина расходов",
        doc_md="Rebuilds `zakaz.dm_vk_ads_daily` by city and campaign. Red: ClickHouse; Clear once it answers.",
        **goes_on,
    )
    build_dm_sales = StageOperator(
        task_id="build_dm_sales",
        task_display_name="Витрина продаж",
        doc_md="Rebuilds `zakaz.dm_sales_daily` by city and event. Red: ClickHouse; Clear once it answers.",
        **goes_on,
    )
    healthcheck = StageOperator(
        task_id="healthcheck",
        task_display_name="Проверка данных",
        doc_md="Runs `include/sql/checks` on every day the run rebuilt. Red: its last line names day, check, "
        "expected and found; what was found is in `meta.quality_results`. Thresholds: `include/thresholds.toml`.",
        **goes_on,
    )
    fetch >> build_dm_vk >> build_dm_sales >> healthcheck
