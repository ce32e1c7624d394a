"""What stands on a sale day of an organiser in the staging, and who loaded it: QTickets or a file in its place."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from zakaz.days import DayRange
from zakaz.settings import settings
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement


class SalesSums(NamedTuple):
    """Sums of sales; money in rubles."""

    tickets_sold: int
    revenue: Decimal
    refunds_amount: Decimal

    @classmethod
    def of(cls, lines: Sequence[SalesLine]) -> "SalesSums":
        """The sums of some lines of a file."""
        return cls(
            sum(line.tickets_sold for line in lines),
            sum((line.revenue for line in lines), Decimal(0)),
            sum((line.refunds_amount for line in lines), Decimal(0)),
        )

    def __str__(self) -> str:
        return f"{self.tickets_sold} tickets for {self.revenue:.2f} rubles, {self.refunds_amount:.2f} given back"


class StandingDay(NamedTuple):
    """The sums of a Moscow day in the staging, and whether they are known to come from a file.

    :param file_name: of that file; empty if it is not known, as of lines that are no longer kept.
    """

    sums: SalesSums
    is_of_file: bool
    file_name: str


def standing_days(warehouse: WarehouseHook, source: str, days: DayRange) -> dict[date, StandingDay]:
    """What stands on the Moscow days that have rows of an organiser in the sales staging.

    :param source: qtickets, or qtickets:NAME.
    """
    params = {**days.bounds, "sales_source": source, "raw_days": settings().raw_days}
    rows = warehouse.execute(statement("sales/standing_days.sql"), params)
    return {day: StandingDay(SalesSums(*sums), bool(is_file), name) for day, *sums, is_file, name in rows}


def staged_sums(warehouse: WarehouseHook, source: str, days: DayRange) -> dict[date, SalesSums]:
    """What the staging has of one source on the Moscow days that have rows.

    :param source: qtickets, qtickets:NAME or file:NAME.
    """
    found: dict[date, dict[str, Decimal]] = {}
    for day, name, amount in warehouse.execute(statement("days/staged_sums.sql"), {**days.bounds, "source": source}):
        found.setdefault(day, {})[name] = Decimal(amount)
    return {
        day: SalesSums(int(sums["tickets_sold"]), sums["revenue"], sums["refunds_amount"])
        for day, sums in found.items()
    }
