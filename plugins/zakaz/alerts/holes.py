"""HOLES: days without a good run that are too old for the scheduler to make up."""

from collections.abc import Sequence
from uuid import uuid5

from zakaz.alerts.alert import Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.registry.missing import MissingDay, filling, holes
from zakaz.settings import settings
from zakaz.stages import DAG_ID
from zakaz.warehouse.hook import WarehouseHook

CODE = "HOLES"
SUMMARIZED = 10


def notify_of_holes(warehouse: WarehouseHook, missing: Sequence[MissingDay]) -> None:
    """Notify people of all holes in one message, if there is one that they have not been notified of.

    :param missing: every missing day.
    """
    if not any(one.is_news for one in missing):
        return
    found = holes(missing)
    named = ", ".join(map(str, found[:SUMMARIZED]))
    alert = Alert(
        severity="warning",
        job=DAG_ID,
        code=CODE,
        template="holes.html",
        context={
            "holes": found[:SUMMARIZED],
            "more": len(found[SUMMARIZED:]),
            "count": sum(not one.is_late for one in missing),
            "catchup_days": settings().catchup_days,
            "command": filling(whole := DayRange(found[0].first, found[-1].last)),
            "error": f"no good run: {named}{' and later' if found[SUMMARIZED:] else ''}",
        },
        subject=uuid5(NAMESPACE, f"holes {', '.join(map(str, found))}"),
        days=whole,
        is_always_sent=True,
    )
    raise_alert(warehouse, alert)
