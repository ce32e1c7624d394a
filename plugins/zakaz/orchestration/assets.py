"""The tables of the warehouse as Airflow's assets: what the task of each stage reads and writes.

Airflow draws the lineage from them, and DAGs of others can be scheduled on a finished mart (docs/ASSETS.md). What every
task writes about itself, as its attempt in `meta.etl_runs`, is no asset; nor are the findings of a fetch, so that an
event of `meta.quality_results` means a green check.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.sdk import Asset

from zakaz.days import DayRange

if TYPE_CHECKING:  # the registry needs the warehouse, which parsing a DAG does not
    from zakaz.registry.runs import RunFigures

# Where the warehouse stands differs from one installation to the next, so it is named by its connection.
WAREHOUSE = "clickhouse://clickhouse_default"


class Tables(NamedTuple):
    """The tables of a stage, by full name.

    :param writes: the one whose rows the stage counts comes first.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]


VK_STAGING, SALES_STAGING = "zakaz.stg_vk_ads_daily", "zakaz.stg_qtickets_sales"
VK_MART, SALES_MART = "zakaz.dm_vk_ads_daily", "zakaz.dm_sales_daily"
ALIASES, REGIONS, TOTALS = "zakaz.dim_city_alias", "zakaz.dim_vk_region", "meta.source_totals"
SHOWS, SALE_CITIES = "zakaz.dim_show", "zakaz.dim_sale_city"
TABLES: Mapping[str, Tables] = {
    "vk_fetch": Tables(reads=(), writes=(VK_STAGING, "zakaz.raw_vk_ads", "zakaz.dim_vk_account", REGIONS, TOTALS)),
    "qtickets_fetch": Tables(
        reads=(ALIASES,),
        writes=(
            SALES_STAGING,
            "zakaz.raw_qtickets_tickets",
            "zakaz.raw_qtickets_shows",
            SHOWS,
            SALE_CITIES,
            TOTALS,
        ),
    ),
    "build_dm_vk": Tables(
        reads=(VK_STAGING, SALES_STAGING, SHOWS, ALIASES, REGIONS),
        writes=(VK_MART, SALE_CITIES, "zakaz.dim_vk_object", "zakaz.dim_vk_tags"),
    ),
    "build_dm_sales": Tables(reads=(SALES_STAGING, ALIASES), writes=(SALES_MART,)),
    "healthcheck": Tables(
        reads=(VK_STAGING, VK_MART, SALES_STAGING, SALES_MART, TOTALS), writes=("meta.quality_results",)
    ),
}


def asset(table: str) -> Asset:
    """A table of the warehouse as an asset.

    :param table: full name, as `zakaz.dm_vk_ads_daily`.
    """
    return Asset(name=table, uri=f"{WAREHOUSE}/{table.replace('.', '/')}")


def lineage(stage: str) -> dict[str, Any]:
    """The assets of a stage, as the arguments of its operator."""
    reads, writes = TABLES[stage]
    return {"inlets": [asset(table) for table in reads], "outlets": [asset(table) for table in writes]}


def describe(outlet_events: Any, stage: str, days: DayRange, figures: "RunFigures") -> None:
    """Say in the event of each table that a stage has written which Moscow days it wrote.

    :param outlet_events: of the task's context.
    :param figures: what was counted, for the event of the first table.
    """
    of_days = {"from_date": days.first.isoformat(), "to_date": days.last.isoformat()}
    counted = {
        "rows_read": figures.rows_read,
        "rows_written": figures.rows_written,
        "sums": {name: str(amount) for name, amount in figures.sums.items()},
    }
    for number, table in enumerate(TABLES[stage].writes):
        outlet_events[asset(table)].extra = of_days if number else {**of_days, **counted}
