"""The versions of rows, in microseconds since 1970: of the rows with one key, the highest wins."""

import logging
import time

from zakaz.days import DayRange
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
DAY_MICROSECONDS = 86_400_000_000


def next_version(warehouse: WarehouseHook, days: DayRange) -> int:
    """A version for rows about Moscow days, by the warehouse's own clock: above all that stands for them in any table.

    :raises ZakazError: as every call of the hook.
    """
    ((version, now),) = warehouse.execute(statement("days/next_version.sql"), days.bounds)
    if version > now + DAY_MICROSECONDS:
        log.warning(
            "%s: there are rows that a clock %d days ahead has written. What is written now goes above them, so that "
            "they hide nothing. Correct the clock; how to remove them: docs/RUNBOOK_ETL.md#часы-спешили",
            days,
            (version - now) // DAY_MICROSECONDS,
        )
    return int(version)


def new_version(above: int = 0) -> int:
    """A version by this machine's clock, for rows that no other machine writes, and that the outbox may keep.

    :param above: the version of the row that it replaces; the clock may have been set back since.
    """
    return max(time.time_ns() // 1000, above + 1)
