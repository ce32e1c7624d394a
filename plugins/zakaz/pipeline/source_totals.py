"""`meta.source_totals`: what a source says of each day as a whole."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from zakaz.warehouse.hook import WarehouseHook, new_version

TABLE = "meta.source_totals"
FIGURES, CONFIRMED_ZERO, SUSPECT_ZERO = "FIGURES", "CONFIRMED_ZERO", "SUSPECT_ZERO"


@dataclass(frozen=True, kw_only=True)
class SourceTotal:
    """A source's own word on a Moscow day.

    :param state: FIGURES, CONFIRMED_ZERO (it said so) or SUSPECT_ZERO (its two answers differ).
    :param amount: rubles: spend net of VAT, or revenue.
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


def record_totals(warehouse: WarehouseHook, totals: Sequence[SourceTotal]) -> None:
    """Keep them; the last word of a source on a day wins.

    :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
    """
    version = new_version()
    columns = [column.name for column in fields(SourceTotal)]
    warehouse.insert(TABLE, [*columns, "_ver"], [(*astuple(total), version) for total in totals])
