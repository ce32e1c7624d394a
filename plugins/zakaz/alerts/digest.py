"""The morning digest: it says that all is well, so that silence means trouble."""

from datetime import date, time, timedelta
from functools import partial
from uuid import uuid5

from zakaz.alerts.alert import DIGEST, Alert
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.picture import METRICS, Point, draw
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.stages import DAG_ID
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.thresholds import thresholds

DIGEST_AT = time(9, 0)  # Moscow
FIGURES = (
    *("emoji", "is_good", "missing_days", "missing_period", "spend", "revenue", "tickets", "roas"),
    *("revenue_by_tags", "roas_by_tags"),
    *("spend_before", "revenue_before", "tickets_before", "restated"),
)
INCIDENT = ("job", "code", "since", "times", "days")
TODO = ("kind", "object", "rubles", "advice")
DRAWN_DAYS = 28
SUNDAY = 6  # whose digest comes on Monday, with the list for the week


def send_digest(warehouse: WarehouseHook, day: date) -> None:
    """Send the digest of a Moscow day, once however often it is called."""
    with warehouse.session():
        (figures,) = warehouse.execute(statement("report/digest.sql"), {"day": day})
        incidents = warehouse.execute(statement("report/incidents.sql"))
        todo = warehouse.execute(statement("report/todo.sql")) if day.weekday() == SUNDAY else []
        alert = Alert(
            severity="info",
            job=DAG_ID,
            code=DIGEST,
            template="digest.html",
            context={
                "day": day,
                **dict(zip(FIGURES, figures, strict=True)),
                "incidents": [dict(zip(INCIDENT, incident, strict=False)) for incident in incidents],
                "todo": [dict(zip(TODO, finding, strict=True)) for finding in todo],
            },
            subject=uuid5(NAMESPACE, f"digest {day}"),
            days=DayRange(day, day),
        )
        raise_alert(warehouse, alert, draw=partial(_picture, warehouse, day))


def _picture(warehouse: WarehouseHook, day: date) -> bytes:
    """The figures of the four weeks to a Moscow day as a PNG; empty if there are none."""
    shown = DayRange(day - timedelta(days=DRAWN_DAYS - 1), day)
    asked = {**thresholds(), **shown.bounds, "metrics": ",".join(METRICS)}
    points = [Point(*row) for row in warehouse.execute(statement("report/figures.sql"), asked)]
    return draw(points, shown) if any(point.amount is not None for point in points) else b""
