"""`meta.quality_results`: what the checks found."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from uuid import UUID

from zakaz.days import DayRange
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import next_version

TABLE = "meta.quality_results"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found for one Moscow day; `severity` is fail (stops the run) or warn (notifies)."""

    day: date
    check_name: str
    code: str
    severity: str
    subject: str
    expected: str
    found: str
    passed: bool

    def __str__(self) -> str:
        return f"{self.day}: {self.code} {self.subject}: expected {self.expected}, found {self.found}"


def keep_findings(warehouse: WarehouseHook, findings: Sequence[Finding], run_id: UUID) -> None:
    """Record what was found now.

    :param findings: at least one.
    :param run_id: the attempt that checked.
    """
    days = [finding.day for finding in findings]
    now, version = datetime.now(UTC), next_version(warehouse, DayRange(min(days), max(days)))
    warehouse.insert(
        TABLE,
        (*(column.name for column in fields(Finding)), "checked_at", "run_id", "_ver"),
        [(*astuple(finding), now, run_id, version) for finding in findings],
    )
