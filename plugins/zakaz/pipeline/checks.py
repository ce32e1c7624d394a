"""Runs the checks of include/sql/checks for a range of days and keeps what they found."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from zakaz.alerts.findings import notify_of_findings
from zakaz.alerts.ping import ping
from zakaz.days import DayRange, last_complete_day, ranges
from zakaz.errors import HealthCheckFailed, InvalidInput
from zakaz.pipeline.check_files import checks_of
from zakaz.pipeline.thresholds import thresholds
from zakaz.registry.attempt import Attempt
from zakaz.registry.quality import Finding, keep_findings
from zakaz.registry.runs import RunFigures
from zakaz.settings import settings
from zakaz.stages import SOURCES, lookback_days
from zakaz.warehouse.hook import WarehouseHook

COMMAND_LINE = UUID(int=0)
log = logging.getLogger(__name__)


def healthcheck(warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
    """The last stage: check each day that the run rebuilt, keep what was found, tell of warnings, then judge.

    :param days: the widest range that the run rebuilt; the checks of a source look at their own part of it.
    :raises HealthCheckFailed: at least one check of severity fail did not pass.
    """
    with warehouse.session():
        findings = [
            finding
            for source in SOURCES
            for finding in check_days(
                warehouse, _rebuilt(source, days, attempt), attempt.run_id, source=source, run_day=days.last
            )
        ]
    figures.rows_read = figures.rows_written = len(findings)
    for finding in findings:
        if finding.passed:
            log.info("passed: %s", finding)
        else:
            log.warning("NOT PASSED: %s", finding)
    notify_of_findings(warehouse, attempt, findings)
    require_healthy(findings)
    if days.last == last_complete_day():
        ping()


def _rebuilt(source: str, days: DayRange, attempt: Attempt) -> DayRange:
    """The days that the run rebuilt of a source's mart."""
    if attempt.run_type != "scheduled":
        return days
    return days.last_days(lookback_days(SOURCES[source].build, settings()))


def check_days(
    warehouse: WarehouseHook,
    days: DayRange,
    run_id: UUID = COMMAND_LINE,
    *,
    source: str = "",
    run_day: date | None = None,
) -> list[Finding]:
    """Run the checks for a range of days, each file of them in one statement for a source, and keep the results.

    :param days: Moscow days that are over.
    :param run_id: the attempt that looks.
    :param source: look only at what came from it, `vk_ads` or `qtickets`; at all by default.
    :param run_day: the day that the run is for, if it looks back at these; else the last of them.
    :returns: by day, then by check.
    :raises InvalidInput: a threshold can't be used, or a check does not look at each day.
    :raises WarehouseRefused: a check could not be run. :raises WarehouseUnavailable: nor could any.
    """
    params = {**thresholds(), "run_day": run_day or days.last}
    with warehouse.session():
        findings = [
            finding
            for one in ([source] if source else SOURCES)
            for finding in _run_checks(warehouse, one, days, params)
        ]
        findings.sort(key=lambda finding: finding.day)
        keep_findings(warehouse, findings, run_id)
    return findings


def _run_checks(warehouse: WarehouseHook, source: str, days: DayRange, params: Mapping[str, Any]) -> list[Finding]:
    found = [
        finding
        for file, names in checks_of(source).items()
        for finding in run_file(warehouse, file, names, days, {**params, "source": source})
    ]
    return sorted(found, key=attrgetter("check_name"))


def run_file(
    warehouse: WarehouseHook, file: Path, names: Sequence[str], days: DayRange, params: Mapping[str, Any]
) -> list[Finding]:
    """Run the checks of one file for one source; it yields one row for each day and check.

    :param names: the checks that the file has for the source.
    :param params: the source, the run's day and the thresholds.
    :raises InvalidInput: it leaves a day of a check out, or yields one twice or unasked.
    :raises WarehouseRefused: it could not be run. :raises WarehouseUnavailable: nor could any.
    """
    rows = warehouse.execute(file.read_text(encoding="utf-8"), {**params, **days.bounds})
    _require_each_day(file, names, days, [(name, day) for day, name, *_ in rows])
    return [
        Finding(
            day=day,
            check_name=name,
            code=code,
            severity=severity,
            subject=subject,
            expected=expected,
            found=found,
            passed=bool(passed),
        )
        for day, name, code, severity, subject, expected, found, passed in sorted(rows)
    ]


def _require_each_day(file: Path, names: Sequence[str], days: DayRange, found: list[tuple[str, date]]) -> None:
    """Refuse what a check says of some days only: a day that nobody looked at must not pass."""
    asked, given = Counter(product(names, days)), Counter(found)
    for wrong, what in ((asked - given, "leaves out"), (given - asked, "yields twice or unasked")):
        if wrong:
            name, _ = min(wrong)
            which = ", ".join(map(str, ranges(sorted(day for of, day in wrong if of == name))))
            raise InvalidInput(
                f"{file}: a check yields one row for each day; asked for {name} on {days}, it {what} {which}"
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
