"""Warnings of the checks: one notification for each day and check, all of a run in one message."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import uuid5

from zakaz.alerts.alert import Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE, Attempt
from zakaz.registry.quality import Finding
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

SUMMARIZED = 10


def notify_of_findings(warehouse: WarehouseHook, attempt: Attempt, findings: Sequence[Finding]) -> None:
    """Notify people of warnings they have not been notified of yet.

    :param findings: all of a run, whatever the result.
    """
    warnings = [finding for finding in findings if finding.severity == "warn" and not finding.passed]
    if not warnings:
        return
    known = {(day, name) for day, name in warehouse.execute(statement("alerts/told_findings.sql"))}
    new = [finding for finding in warnings if (str(finding.day), finding.check_name) not in known]
    if not new:
        return
    alert = Alert(
        severity="warning",
        job=attempt.job,
        code=new[0].code,
        template="findings.html",
        context={
            "dag_run_id": attempt.dag_run_id,
            "run_id": attempt.run_id,
            "findings": [{**asdict(finding), "check": finding.check_name} for finding in new],
            "error": "; ".join(map(str, new[:SUMMARIZED])),
            "log_url": attempt.log_url,
        },
        subject=uuid5(NAMESPACE, f"findings {attempt.run_id}"),
        days=DayRange(min(finding.day for finding in new), max(finding.day for finding in new)),
    )
    raise_alert(warehouse, alert)
