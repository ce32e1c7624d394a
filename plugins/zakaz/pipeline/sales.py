"""Loads a sales export into the sales staging: land its lines, then rebuild their days."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from zakaz.days import DayRange
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.marts import STG_SALES, rebuild
from zakaz.sources.sales_file import COLUMNS, SalesLine
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

RAW_TABLE = "zakaz.raw_sales"


def load_sales(warehouse: WarehouseHook, lines: Sequence[SalesLine]) -> LoadResult:
    """Replace every sale day that occurs in the lines, as a whole; idempotent.

    :param lines: at least one, unique by the key of the staging.
    """
    load_id, loaded_at = uuid4(), datetime.now(UTC)
    days = DayRange(min(line.report_date for line in lines), max(line.report_date for line in lines))
    with warehouse.session():
        warehouse.insert(
            RAW_TABLE,
            ("load_id", "line_no", "loaded_at", *COLUMNS),
            [
                (load_id, number, loaded_at, *(getattr(line, column) for column in COLUMNS))
                for number, line in enumerate(lines, start=1)
            ],
        )
        written = rebuild(warehouse, STG_SALES, statement("sales/stg_from_file.sql"), days, load_id=load_id)
    return LoadResult(len(lines), written)
