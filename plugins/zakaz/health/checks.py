"""Runs the checks of include/sql/checks for a day and keeps what they found."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from zakaz.errors import HealthCheckFailed
from zakaz.warehouse.hook import WarehouseHook, new_version
from zakaz.warehouse.sql import files, statement

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


def check_day(warehouse: WarehouseHook, day: date, run_id: UUID = COMMAND_LINE) -> list[Finding]:
    """Run every check for a day and keep the results.

    :param day: a Moscow day that is over.
    :param run_id: the attempt that looks.
    :raises WarehouseRefused: a check could not be run. :raises WarehouseUnavailable: nor could any.
    """
    with warehouse.session():
        findings = [_run(warehouse, file.stem, day) for file in files("checks")]
        now, version = datetime.now(UTC), new_version()
        fields = ("day", "check_name", "code", "severity", "subject", "expected", "found", "passed")
        warehouse.insert(
            TABLE,
            (*fields, "checked_at", "run_id", "_ver"),
            [(*(getattr(finding, name) for name in fields), now, run_id, version) for finding in findings],
        )
    return findings


def require_healthy(findings: list[Finding]) -> None:
    """Stop a run whose day did not pass.

    :raises HealthCheckFailed: at least one check of severity fail did not pass; all of them are named.
    """
    failed = [finding for finding in findings if finding.severity == "fail" and not finding.passed]
    if failed:
        raise HealthCheckFailed("; ".join(map(str, failed)), failed[0].code)


def _run(warehouse: WarehouseHook, name: str, day: date) -> Finding:
    ((code, severity, subject, expected, found, passed),) = warehouse.execute(
        statement(f"checks/{name}.sql"), {"day": day}
    )
    return Finding(
        day=day,
        check_name=name,
        code=code,
        severity=severity,
        subject=subject,
        expected=expected,
        found=found,
        passed=bool(passed),
    )
