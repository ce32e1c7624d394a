"""What stands on a sale day in the staging, and who loaded it: QTickets and files replace each other's days."""

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
    """The sums of a Moscow day in the staging, and whether they are known to come from a file."""

    sums: SalesSums
    is_of_file: bool


def standing_days(warehouse: WarehouseHook, days: DayRange) -> dict[date, StandingDay]:
    """What stands on the Moscow days that have rows in the sales staging."""
    rows = warehouse.execute(statement("sales/standing_days.sql"), {**days.bounds, "raw_days": settings().raw_days})
    return {day: StandingDay(SalesSums(*sums), bool(is_of_file)) for day, *sums, is_of_file in rows}
