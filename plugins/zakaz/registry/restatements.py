"""`meta.restatements`: days whose figures a source changed after they were loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from zakaz.days import DayRange
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

TABLE = "meta.restatements"
MONEY = ("spend", "revenue", "refunds_amount")
Sums = dict[tuple[date, str], Decimal]


@dataclass(frozen=True)
class Restatement:
    """A sum of a Moscow day that changed; rubles for money.

    :param source: whose sum: vk_ads, qtickets or qtickets:NAME.
    :param was_of_file: a file had loaded the day, in the place of the source.
    """

    day: date
    field: str
    before: Decimal
    after: Decimal
    source: str = ""
    was_of_file: bool = False

    @property
    def sums(self) -> str:
        """Both sums, of one of several organisers with its name.

        Counts whole, money with kopecks, whatever zeros the driver left out.
        """
        digits = 2 if self.field in MONEY else 0
        whose = f" ({self.source})" if ":" in self.source else ""
        return f"{self.before:.{digits}f} → {self.after:.{digits}f}{whose}"

    def __str__(self) -> str:
        return f"{self.day} {self.field} {self.sums}"


@dataclass
class Restatements:
    """What changed while the staging was rebuilt; known at the end of the block."""

    found: list[Restatement] = field(default_factory=list)


@contextmanager
def restated(warehouse: WarehouseHook, source: str, days: DayRange) -> Iterator[Restatements]:
    """Compare the days in the staging before and after a block that rebuilds them, and record what changed.

    A day that was never loaded before is not restated.

    :param source: vk_ads, qtickets or qtickets:NAME.
    """
    restatements = Restatements()
    before = _sums(warehouse, source, days)
    yield restatements
    after = _sums(warehouse, source, days)
    restatements.found = [
        Restatement(day, name, amount, after.get((day, name), Decimal(0)), source)
        for (day, name), amount in before.items()
        if after.get((day, name), Decimal(0)) != amount
    ]
    now = datetime.now(UTC)
    warehouse.insert(
        TABLE,
        ("day", "loaded_at", "source", "field", "before", "after"),
        [(change.day, now, change.source, change.field, change.before, change.after) for change in restatements.found],
    )


def _sums(warehouse: WarehouseHook, source: str, days: DayRange) -> Sums:
    rows = warehouse.execute(statement("days/staged_sums.sql"), {**days.bounds, "source": source})
    return {(day, name): Decimal(amount) for day, name, amount in rows}
