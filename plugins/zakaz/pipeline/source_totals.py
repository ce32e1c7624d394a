"""`meta.source_totals`: a source's own total of each day."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from zakaz.days import DayRange
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import next_version

TABLE = "meta.source_totals"
FIGURES, CONFIRMED_ZERO, SUSPECT_ZERO = "FIGURES", "CONFIRMED_ZERO", "SUSPECT_ZERO"


@dataclass(frozen=True, kw_only=True)
class SourceTotal:
    """A source's own total of a Moscow day.

    :param state: FIGURES, CONFIRMED_ZERO (the source confirmed that there is nothing) or SUSPECT_ZERO (its answers
        contradict each other).
    :param amount: rubles: spend net of VAT, or revenue.
    :param tickets: sold; None if the source doesn't say. :param refunds: the same, rubles.
    :param fetched_at: UTC instant.
    """

    day: date
    source: str
    account_id: int
    state: str
    impressions: int
    clicks: int
    amount: Decimal
    fetch_id: UUID
    fetched_at: datetime
    tickets: int | None = None
    refunds: Decimal | None = None


def record_totals(warehouse: WarehouseHook, totals: Sequence[SourceTotal]) -> None:
    """Record totals, at least one; the latest of a source and day wins."""
    days = [total.day for total in totals]
    version = next_version(warehouse, DayRange(min(days), max(days)))
    columns = [column.name for column in fields(SourceTotal)]
    warehouse.insert(TABLE, [*columns, "_ver"], [(*astuple(total), version) for total in totals])
