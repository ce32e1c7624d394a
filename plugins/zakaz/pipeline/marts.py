"""Rebuilding tables: one INSERT … SELECT that writes fresh rows and tombstones, and a count of what it wrote."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from zakaz.days import DayRange
from zakaz.errors import WarehouseRefused
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.hook import WarehouseHook, new_version
from zakaz.warehouse.sql import statement

# Of machines that keep their time over the network.
CLOCKS_DIFFER_MICROSECONDS = 10_000_000


@dataclass(frozen=True)
class Target:
    """A table that is rebuilt by days.

    :param table: full name.
    :param day_column: the column of its business day.
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
    :param days: Moscow days it covers.
    :returns: rows that this build wrote and that are there, counted in the table.
    :raises WarehouseRefused: ClickHouse refused it, or what it wrote is hidden by rows of a clock that is ahead.
    :raises WarehouseUnavailable: it can't be reached.
    """
    version = new_version()
    database, table = target.table.split(".")
    where = {**days.bounds, "database": database, "table": table, "day_column": target.day_column}
    with warehouse.session():
        warehouse.execute(sql, {**days.bounds, **params, "ver": version})
        ((written, highest),) = warehouse.execute(statement("days/rows_of_version.sql"), {**where, "ver": version})
    if highest > new_version() + CLOCKS_DIFFER_MICROSECONDS:
        raise WarehouseRefused(
            f"{target.table}, {days}: rows stand there from {datetime.fromtimestamp(highest / 1e6, UTC):%F %T} UTC, "
            "which is still to come, and hide what is built before it: a clock is wrong, of this machine or of the one "
            "that wrote them. Set it, and run this again after that time"
        )
    return int(written)


def count_live(warehouse: WarehouseHook, target: Target, days: DayRange) -> int:
    """The rows of a table that stand for the days."""
    database, table = target.table.split(".")
    where = {"database": database, "table": table, "day_column": target.day_column}
    ((count,),) = warehouse.execute(statement("days/live_rows.sql"), {**days.bounds, **where})
    return int(count)


def build_dm_vk(warehouse: WarehouseHook, days: DayRange, _attempt: Attempt, figures: RunFigures) -> None:
    """Rebuild `zakaz.dm_vk_ads_daily` from its staging."""
    _build(warehouse, STG_VK_ADS, DM_VK_ADS, "vk_ads/dm_vk_ads_daily.sql", days, figures)


def build_dm_sales(warehouse: WarehouseHook, days: DayRange, _attempt: Attempt, figures: RunFigures) -> None:
    """Rebuild `zakaz.dm_sales_daily` from its staging."""
    _build(warehouse, STG_SALES, DM_SALES, "sales/dm_sales_daily.sql", days, figures)


def _build(
    warehouse: WarehouseHook, source: Target, mart: Target, sql: str, days: DayRange, figures: RunFigures
) -> None:
    with warehouse.session():
        figures.rows_read = count_live(warehouse, source, days)
        figures.rows_written = rebuild(warehouse, mart, statement(sql), days)
