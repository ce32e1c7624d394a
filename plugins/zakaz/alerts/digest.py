"""The morning digest: it says that all is well, so that silence means trouble."""

from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import uuid5

from zakaz.alerts.alert import DIGEST, Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.messages import days_ru
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.stages import DAG_ID
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

DIGEST_AT = time(9, 0)  # Moscow
NONE = "—"


def send_digest(warehouse: WarehouseHook, day: date) -> None:
    """Send the digest of a Moscow day, once; whoever comes first sends it.

    :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
    """
    days = DayRange(day, day)
    with warehouse.session():
        raise_alert(
            warehouse,
            Alert(
                severity="info",
                job=DAG_ID,
                code=DIGEST,
                template="digest.html",
                values={"days_ru": days_ru(days), **_figures(warehouse, day), "incidents": _incidents(warehouse)},
                context={"day": day},
                dag_run_id="",
                subject=uuid5(NAMESPACE, f"digest {day}"),
                days=days,
            ),
        )


def _figures(warehouse: WarehouseHook, day: date) -> dict[str, Any]:
    (row,) = warehouse.execute(statement("report/digest.sql"), {"day": day})
    emoji, is_good, spend, revenue, tickets, roas, spend_before, revenue_before, tickets_before, restated = row
    return {
        "emoji": emoji,
        "is_good": is_good,
        "spend": rubles(spend),
        "spend_change": change(spend, spend_before),
        "revenue": rubles(revenue),
        "revenue_change": change(revenue, revenue_before),
        "tickets": f"{tickets:,}".replace(",", " "),
        "tickets_change": change(Decimal(tickets), Decimal(tickets_before)),
        "roas": NONE if roas is None else f"{roas:.2f}".replace(".", ","),
        "restated": [f"{restated_day:%d.%m}" for restated_day in restated],
    }


def _incidents(warehouse: WarehouseHook) -> list[dict[str, str]]:
    rows = warehouse.execute(statement("report/incidents.sql"))
    return [{"job": job, "code": code, "since": since, "days": days} for job, code, since, _, days, *_ in rows]


def rubles(amount: Decimal) -> str:
    """Rubles as people read them: «12 345 ₽»."""
    return f"{round(amount):,} ₽".replace(",", " ")


def change(now: Decimal, before: Decimal) -> str:
    """The change to a week ago: «+12 %»; nothing to compare with is a dash."""
    if not before:
        return NONE
    percent = round((now - before) / before * 100)
    return f"{percent:+d} %".replace("-", "−")
