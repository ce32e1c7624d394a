"""Warnings of the checks: told once for each day and check, all of a run in one message."""

from collections.abc import Sequence
from uuid import uuid5

from zakaz.alerts.alert import Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.messages import days_ru
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE, Attempt
from zakaz.registry.quality import Finding
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

SHOWN = 10


def tell_findings(warehouse: WarehouseHook, attempt: Attempt, findings: Sequence[Finding]) -> None:
    """Tell people of the warnings that they have not heard of.

    :param findings: all of a run, whatever came out.
    :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
    """
    warnings = [finding for finding in findings if finding.severity == "warn" and not finding.passed]
    if not warnings:
        return
    told = {(day, name) for day, name in warehouse.execute(statement("alerts/told_findings.sql"))}
    new = [finding for finding in warnings if (str(finding.day), finding.check_name) not in told]
    if not new:
        return
    days = DayRange(min(finding.day for finding in new), max(finding.day for finding in new))
    raise_alert(
        warehouse,
        Alert(
            severity="warning",
            job=attempt.job,
            code=new[0].code,
            template="findings.html",
            values={
                "days_ru": days_ru(days),
                "findings": new[:SHOWN],
                "more": max(0, len(new) - SHOWN),
                "log_url": attempt.log_url,
            },
            context={
                "run_id": attempt.run_id,
                "findings": [{"day": finding.day, "check": finding.check_name} for finding in new],
                "error": "; ".join(map(str, new[:SHOWN])),
                "log_url": attempt.log_url,
            },
            dag_run_id=attempt.dag_run_id,
            subject=uuid5(NAMESPACE, f"findings {attempt.run_id}"),
            days=days,
        ),
    )
