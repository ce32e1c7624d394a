"""Loads a sales export into the sales staging: land its lines, read them back, then rebuild their days.

An export of another seller (Yandex Afisha, Kassir …) is a source of its own, whose sales stand beside QTickets'. One
without a seller's name is in QTickets' place: it has all that QTickets sold on its days.
"""

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
from zakaz.pipeline.sales_days import SalesSums, StandingDay, staged_sums, standing_days
from zakaz.settings import settings
from zakaz.sources.qtickets import SOURCE
from zakaz.sources.sales_file import SHOWN_PROBLEMS
from zakaz.sources.sales_line import COLUMNS, SalesLine
from zakaz.warehouse.cities import build_sale_cities
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

RAW_TABLE = "zakaz.raw_sales"
Sums = Mapping[date, SalesSums]


class SalesLoad(NamedTuple):
    """The result of a load.

    :param rows_read: lines of the file.
    :param rows_written: live rows that the load wrote into the staging.
    :param replaced: the Moscow days whose rows this file had not loaded, with what stood on them.
    """

    rows_read: int
    rows_written: int
    replaced: Sums


def load_sales(
    warehouse: WarehouseHook,
    lines: Sequence[SalesLine],
    *,
    seller: str = "",
    file_name: str = "",
    replace: bool = False,
) -> SalesLoad:
    """Replace every sale day that occurs in the lines, as a whole; idempotent.

    :param lines: at least one, unique by the key of the staging.
    :param seller: whose sales they are; only that seller's are replaced. QTickets' if it is empty.
    :param file_name: of the export, without its folder.
    :param replace: also days of QTickets with rows that another file loaded, or none.
    :raises InvalidInput: there are such days, and `replace` is not set; nothing is changed.
    :raises WarehouseUnavailable: also if other lines or sums can be read back than were written.
    """
    load_id, loaded_at = uuid4(), datetime.now(UTC)
    source = f"file:{seller}" if seller else SOURCE
    by_day: defaultdict[date, list[SalesLine]] = defaultdict(list)
    for line in lines:
        by_day[line.report_date].append(line)
    sums = {day: SalesSums.of(by_day[day]) for day in sorted(by_day)}
    days = DayRange(min(sums), max(sums))
    with warehouse.session():
        standing = {} if seller else standing_days(warehouse, SOURCE, days)
        others = {day: standing[day] for day in sums if day in standing and not _is_of(file_name, standing[day])}
        if others and not replace:
            raise InvalidInput(_refusal(others, sums))
        warehouse.insert(
            RAW_TABLE,
            ("load_id", "line_no", "loaded_at", *COLUMNS, "source", "file_name"),
            [
                (load_id, number, loaded_at, *(getattr(line, column) for column in COLUMNS), source, file_name)
                for number, line in enumerate(lines, start=1)
            ],
        )
        _require_landed(warehouse, load_id, lines)
        sql = statement("sales/stg_from_file.sql")
        written = rebuild(warehouse, STG_SALES, sql, days, load_id=load_id, sales_source=source)
        _require_staged(warehouse, source, days, sums)
        build_sale_cities(warehouse)
    return SalesLoad(len(lines), written, {day: standing.sums for day, standing in others.items()})


def _is_of(file_name: str, standing: StandingDay) -> bool:
    """Whether a file of this name loaded a day, or one whose name is not known."""
    return standing.is_of_file and standing.file_name in ("", file_name)


def last_read_again(days: DayRange) -> date | None:
    """The Moscow morning of the last scheduled run that reads one of these sale days from QTickets.

    :returns: None if none will: QTickets is not set up, or the days are past the look-back window.
    """
    morning = days.last + timedelta(days=settings().sales_lookback_days)
    return morning if morning > last_complete_day() and QTicketsHook().is_set_up() else None


def _refusal(others: Mapping[date, StandingDay], sums: Sums) -> str:
    shown = [
        f"{day}: there are {_told(others[day])}; the file has {sums[day]}" for day in list(others)[:SHOWN_PROBLEMS]
    ]
    more = [f"... and {len(others) - SHOWN_PROBLEMS} more"] if len(others) > SHOWN_PROBLEMS else []
    return "\n".join(
        [
            "nothing was loaded: a load replaces whole days, and these hold sales that this file did not load:",
            *shown,
            *more,
            "if the file is another seller's, whose sales add up with QTickets', name the seller: --source NAME. If it "
            "has all of QTickets' sales of these days, add --replace. Otherwise take these days out of it",
        ]
    )


def _told(standing: StandingDay) -> str:
    return f"{standing.sums}, from {standing.file_name or 'QTickets'}"


def _require_landed(warehouse: WarehouseHook, load_id: UUID, lines: Sequence[SalesLine]) -> None:
    ((count, *sums),) = warehouse.execute(statement("sales/landed_lines.sql"), {"load_id": load_id})
    sent = f"{len(lines)} lines, {SalesSums.of(lines)},"
    require_same(f"{RAW_TABLE}, load_id {load_id}", sent, f"{count} lines, {SalesSums(*sums)},")


def _require_staged(warehouse: WarehouseHook, source: str, days: DayRange, sums: Sums) -> None:
    staged = staged_sums(warehouse, source, days)
    for day, expected in sums.items():
        found = staged.get(day)
        if found != expected:
            raise WarehouseUnavailable(
                f"{STG_SALES.table}, {day}: the file has {expected}, and after the load there are {found or 'none'}. "
                "Something else wrote this day meanwhile, or a replica lags. Load the file again"
            )
