"""Runs the checks of include/sql/checks for a range of days and stores their findings."""

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
from zakaz.errors import HealthCheckFailed, InvalidInput, SourceIncomplete
from zakaz.pipeline.check_files import checks_of
from zakaz.registry.attempt import Attempt
from zakaz.registry.quality import Finding, keep_findings
from zakaz.registry.runs import RunFigures
from zakaz.settings import settings
from zakaz.stages import SOURCES, lookback_days
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.thresholds import thresholds

COMMAND_LINE = UUID(int=0)
log = logging.getLogger(__name__)


def healthcheck(warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
    """The last stage: check each day that the run rebuilt, store the findings, alert on warnings, fail on failures.

    :param days: the widest range that the run rebuilt; the checks of a source look at their own part of it.
    :param figures: with what the fetches of the run could not load.
    :raises HealthCheckFailed: at least one check of severity fail did not pass.
    :raises SourceIncomplete: all passed, but something lacks.
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
    require_healthy(findings, figures.lacking)
    if figures.lacking:
        raise SourceIncomplete(". ".join(figures.lacking))
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
    """Run the checks for a range of days, one statement per file and source, and store the findings.

    :param days: Moscow days that are over.
    :param run_id: the attempt that runs the checks.
    :param source: only the checks of this source, `vk_ads` or `qtickets`; all by default.
    :param run_day: the day of the run, if it looks back at these days; by default the last of them.
    :returns: by day, then by check.
    :raises InvalidInput: a threshold is invalid, or a check does not cover every day.
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
    """Run the checks of one file for one source; the statement must return one row per day and check.

    :param names: the file's checks for the source.
    :param params: the source, the run's day and the thresholds.
    :raises InvalidInput: a row is missing, duplicated or unexpected.
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
    """Reject a check that covers only some of the days: an unchecked day must not pass."""
    asked, given = Counter(product(names, days)), Counter(found)
    for wrong, what in ((asked - given, "leaves out"), (given - asked, "yields twice or unasked")):
        if wrong:
            name, _ = min(wrong)
            which = ", ".join(map(str, ranges(sorted(day for of, day in wrong if of == name))))
            raise InvalidInput(
                f"{file}: a check yields one row for each day; asked for {name} on {days}, it {what} {which}"
            )


def require_healthy(findings: list[Finding], lacking: Sequence[str] = ()) -> None:
    """Fail if a check of severity fail did not pass.

    :param lacking: what the sources could not give, a likely cause.
    :raises HealthCheckFailed: the message names all such checks.
    """
    failed = [finding for finding in findings if finding.severity == "fail" and not finding.passed]
    # A day without rows fails other checks too: name the cause first.
    failed.sort(key=lambda finding: finding.code != "ZERO_ROWS")
    if failed:
        raise HealthCheckFailed("; ".join([*lacking, *map(str, failed)]), failed[0].code)
