"""Loads a sales export into the sales staging: land its lines, read them back, then rebuild their days."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import InvalidInput, WarehouseUnavailable
from zakaz.pipeline.landed import require_same
from zakaz.pipeline.marts import STG_SALES, rebuild
from zakaz.pipeline.sales_days import SalesSums, standing_days
from zakaz.settings import settings
from zakaz.sources.sales_file import SHOWN_PROBLEMS
from zakaz.sources.sales_line import COLUMNS, SalesLine
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

RAW_TABLE = "zakaz.raw_sales"
Sums = Mapping[date, SalesSums]


class SalesLoad(NamedTuple):
    """The result of a load.

    :param rows_read: lines of the file.
    :param rows_written: live rows that the load wrote into the staging.
    :param replaced: the Moscow days whose rows no file had loaded, with what stood on them.
    """

    rows_read: int
    rows_written: int
    replaced: Sums


def load_sales(warehouse: WarehouseHook, lines: Sequence[SalesLine], *, replace: bool = False) -> SalesLoad:
    """Replace every sale day that occurs in the lines, as a whole; idempotent.

    :param lines: at least one, unique by the key of the staging.
    :param replace: also days with rows that no file loaded.
    :raises InvalidInput: there are such days, and `replace` is not set; nothing is changed.
    :raises WarehouseUnavailable: also if other lines or sums can be read back than were written.
    """
    load_id, loaded_at = uuid4(), datetime.now(UTC)
    by_day: defaultdict[date, list[SalesLine]] = defaultdict(list)
    for line in lines:
        by_day[line.report_date].append(line)
    sums = {day: SalesSums.of(by_day[day]) for day in sorted(by_day)}
    days = DayRange(min(sums), max(sums))
    with warehouse.session():
        standing = standing_days(warehouse, days)
        others = {day: standing[day].sums for day in sums if day in standing and not standing[day].is_of_file}
        if others and not replace:
            raise InvalidInput(_refusal(others, sums))
        warehouse.insert(
            RAW_TABLE,
            ("load_id", "line_no", "loaded_at", *COLUMNS),
            [
                (load_id, number, loaded_at, *(getattr(line, column) for column in COLUMNS))
                for number, line in enumerate(lines, start=1)
            ],
        )
        _require_landed(warehouse, load_id, lines)
        written = rebuild(warehouse, STG_SALES, statement("sales/stg_from_file.sql"), days, load_id=load_id)
        _require_staged(warehouse, days, sums)
    return SalesLoad(len(lines), written, others)


def last_read_again(days: DayRange) -> date | None:
    """The Moscow morning of the last scheduled run that reads one of these sale days from QTickets.

    :returns: None if none will: QTickets is not set up, or the days are past the look-back window.
    """
    morning = days.last + timedelta(days=settings().sales_lookback_days)
    return morning if morning > last_complete_day() and QTicketsHook().is_set_up() else None


def _refusal(others: Sums, sums: Sums) -> str:
    shown = [f"{day}: there are {others[day]}; the file has {sums[day]}" for day in list(others)[:SHOWN_PROBLEMS]]
    more = [f"... and {len(others) - SHOWN_PROBLEMS} more"] if len(others) > SHOWN_PROBLEMS else []
    return "\n".join(
        [
            "nothing was loaded: a load replaces whole days, and these hold sales that no file loaded, like QTickets':",
            *shown,
            *more,
            "take these days out of the file; or, if it has all of their sales, QTickets' too, add --replace",
        ]
    )


def _require_landed(warehouse: WarehouseHook, load_id: UUID, lines: Sequence[SalesLine]) -> None:
    ((count, *sums),) = warehouse.execute(statement("sales/landed_lines.sql"), {"load_id": load_id})
    sent = f"{len(lines)} lines, {SalesSums.of(lines)},"
    require_same(f"{RAW_TABLE}, load_id {load_id}", sent, f"{count} lines, {SalesSums(*sums)},")


def _require_staged(warehouse: WarehouseHook, days: DayRange, sums: Sums) -> None:
    standing = standing_days(warehouse, days)
    for day, expected in sums.items():
        found = standing[day].sums if day in standing else None
        if found != expected:
            raise WarehouseUnavailable(
                f"{STG_SALES.table}, {day}: the file has {expected}, and after the load there are {found or 'none'}. "
                "Something else wrote this day meanwhile, or a replica lags. Load the file again"
            )
