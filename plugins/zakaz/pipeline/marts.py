"""Rebuilds stagings and marts: one INSERT … SELECT that writes fresh rows and tombstones, and a count of its rows."""

from dataclasses import dataclass
from typing import Any

from zakaz.days import DayRange
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.cities import build_sale_cities
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.known_ads import build_known_ads
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import next_version


@dataclass(frozen=True)
class Target:
    """A table that is rebuilt by day.

    :param table: full name.
    :param day_column: the column with the Moscow day.
    """

    table: str
    day_column: str


STG_VK_ADS = Target("zakaz.stg_vk_ads_daily", "stat_date")
STG_SALES = Target("zakaz.stg_qtickets_sales", "report_date")
DM_VK_ADS = Target("zakaz.dm_vk_ads_daily", "stat_date")
DM_SALES = Target("zakaz.dm_sales_daily", "sale_date")


def rebuild(warehouse: WarehouseHook, target: Target, sql: str, days: DayRange, **params: Any) -> int:
    """Rebuild days of a table.

    :param sql: the INSERT … SELECT; it binds `ver`, `from_date`, `to_date` and `params`.
    :param days: the Moscow days that it replaces.
    :returns: live rows that this build wrote, counted in the table.
    """
    database, table = target.table.split(".")
    where = {**days.bounds, "database": database, "table": table, "day_column": target.day_column}
    with warehouse.session():
        version = next_version(warehouse, days)
        warehouse.execute(sql, {**days.bounds, **params, "ver": version})
        ((written,),) = warehouse.execute(statement("days/rows_of_version.sql"), {**where, "ver": version})
    return int(written)


def count_live(warehouse: WarehouseHook, target: Target, days: DayRange) -> int:
    """The number of a table's live rows for the days."""
    database, table = target.table.split(".")
    where = {"database": database, "table": table, "day_column": target.day_column}
    ((count,),) = warehouse.execute(statement("days/live_rows.sql"), {**days.bounds, **where})
    return int(count)


def build_dm_vk(warehouse: WarehouseHook, days: DayRange, _attempt: Attempt, figures: RunFigures) -> None:
    """Rebuild `zakaz.dm_vk_ads_daily` from its staging, and what is known of the ads: their names and tags."""
    with warehouse.session():
        build_sale_cities(warehouse)  # an alias may have been added since the sales were loaded
        _build(warehouse, STG_VK_ADS, DM_VK_ADS, "vk_ads/dm_vk_ads_daily.sql", days, figures)
        build_known_ads(warehouse, days)


def build_dm_sales(warehouse: WarehouseHook, days: DayRange, _attempt: Attempt, figures: RunFigures) -> None:
    """Rebuild `zakaz.dm_sales_daily` from its staging."""
    _build(warehouse, STG_SALES, DM_SALES, "sales/dm_sales_daily.sql", days, figures)


def _build(
    warehouse: WarehouseHook, source: Target, mart: Target, sql: str, days: DayRange, figures: RunFigures
) -> None:
    with warehouse.session():
        figures.rows_read = count_live(warehouse, source, days)
        figures.rows_written = rebuild(warehouse, mart, statement(sql), days)
        figures.sums = dict(warehouse.execute(statement("days/mart_sums.sql"), {**days.bounds, "table": mart.table}))
