"""Runs the checks of include/sql/checks for a day and keeps what they found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from zakaz.errors import HealthCheckFailed
from zakaz.health.thresholds import thresholds
from zakaz.warehouse.hook import WarehouseHook, new_version
from zakaz.warehouse.sql import files

TABLE = "meta.quality_results"
COMMAND_LINE = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found for one Moscow day; `severity` is fail (stops the run) or warn (is told)."""

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


def check_day(
    warehouse: WarehouseHook,
    day: date,
    run_id: UUID = COMMAND_LINE,
    *,
    group: str = "",
    run_day: date | None = None,
) -> list[Finding]:
    """Run the checks for a day and keep the results.

    :param day: a Moscow day that is over.
    :param run_id: the attempt that looks.
    :param group: a folder of include/sql/checks; all of them by default.
    :param run_day: the day that the run is for, if it looks back at this one; else the day itself.
    :raises InvalidInput: a threshold can't be used.
    :raises WarehouseRefused: a check could not be run. :raises WarehouseUnavailable: nor could any.
    """
    params = {**thresholds(), "day": day, "run_day": run_day or day}
    with warehouse.session():
        findings = [run_check(warehouse, file, params) for file in files(f"checks/{group}")]
        now, version = datetime.now(UTC), new_version()
        fields = ("day", "check_name", "code", "severity", "subject", "expected", "found", "passed")
        warehouse.insert(
            TABLE,
            (*fields, "checked_at", "run_id", "_ver"),
            [(*(getattr(finding, name) for name in fields), now, run_id, version) for finding in findings],
        )
    return findings


def run_check(warehouse: WarehouseHook, file: Path, params: Mapping[str, Any]) -> Finding:
    """Run one check; its file yields one row.

    :param params: the day, the run's day and the thresholds.
    :raises WarehouseRefused: it could not be run. :raises WarehouseUnavailable: nor could any.
    """
    ((code, severity, subject, expected, found, passed),) = warehouse.execute(file.read_text(encoding="utf-8"), params)
    return Finding(
        day=params["day"],
        check_name=file.stem,
        code=code,
        severity=severity,
        subject=subject,
        expected=expected,
        found=found,
        passed=bool(passed),
    )


def require_healthy(findings: list[Finding]) -> None:
    """Stop a run whose day did not pass.

    :raises HealthCheckFailed: at least one check of severity fail did not pass; all of them are named.
    """
    failed = [finding for finding in findings if finding.severity == "fail" and not finding.passed]
    # Without rows a day fails other checks as well: the cause comes before what follows from it.
    failed.sort(key=lambda finding: finding.code != "ZERO_ROWS")
    if failed:
        raise HealthCheckFailed("; ".join(map(str, failed)), failed[0].code)
