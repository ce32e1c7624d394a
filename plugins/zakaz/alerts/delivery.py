"""An alert's way: its row in the registry, the message, its delivery state; neither failing stops the other."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from zakaz.alerts.alert import BOTH, FAILED, FALLBACK, MUTED, PENDING, REPEAT, SENT, TABLE, Alert
from zakaz.alerts.locks import held
from zakaz.alerts.send import send
from zakaz.deadline import Deadline
from zakaz.registry import outbox
from zakaz.secrets import masked_line
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import new_version

log = logging.getLogger(__name__)
REPEAT_WITHIN = timedelta(hours=1)
# Two tasks that fail together must not both be the first. After that the `pending` row of the other one decides.
LOCK_SECONDS = 2.0
# Of a deadline, for the delivery state after the message.
RECORD_SECONDS = 3.0


@dataclass(frozen=True)
class History:
    """What decides whether an alert is sent.

    :param is_known: ClickHouse answered; otherwise this machine's outbox did.
    :param is_delivered: this very alert was sent, or counted.
    :param is_repeat: another one of its kind was sent within the hour.
    :param first_at: UTC instant of the first one since the last recovery.
    :param version: that of this alert's row.
    """

    is_known: bool = False
    is_delivered: bool = False
    is_muted: bool = False
    is_repeat: bool = False
    times_before: int = 0
    first_at: datetime | None = None
    version: int = 0


def raise_alert(
    warehouse: WarehouseHook,
    alert: Alert,
    *,
    quiet: bool = False,
    deadline: Deadline | None = None,
    draw: Callable[[], bytes] | None = None,
) -> str:
    """Record an alert and notify people, unless they know of this very one, or of one of its kind within the hour.

    :param quiet: only record it.
    :param deadline: for all of it; the warehouse should have the same.
    :param draw: makes the message's photo, a PNG, if the message is sent.
    :returns: its delivery state; empty if it was delivered before.
    """
    with held(warehouse, "-".join((alert.job, alert.code, alert.severity)), _left(deadline, LOCK_SECONDS)):
        history = _history(warehouse, alert)
        if history.is_delivered:
            return ""
        html = alert.html(history.times_before + 1, history.first_at)
        version = new_version(history.version)
        _record(warehouse, history, alert, html, PENDING, version)
        if quiet or history.is_muted:
            delivery = MUTED
        elif history.is_repeat and alert.severity != "info" and not alert.is_always_sent:
            delivery = REPEAT
        else:
            message_deadline = Deadline(deadline.left() - RECORD_SECONDS) if deadline else None
            photo = _drawn(draw) if draw else b""
            delivery = send(html, alert.kind, message_deadline, links=alert.links, photo=photo, by_both=alert.by_both)
        _record(warehouse, history, alert, html, delivery, new_version(version))
    return delivery


def _drawn(draw: Callable[[], bytes]) -> bytes:
    try:
        return draw()
    except Exception:  # the text says all that matters
        log.exception("the message goes without its picture, which could not be drawn")
        return b""


def _history(warehouse: WarehouseHook, alert: Alert) -> History:
    asked = {**alert.kind._asdict(), "alert_id": alert.alert_id, "ts": alert.ts}
    try:
        with warehouse.session():
            outbox.flush(warehouse, Deadline(outbox.FLUSH_SECONDS))
            ((delivered, muted, repeat, *rest),) = warehouse.execute(statement("alerts/alert_standing.sql"), asked)
        return History(True, bool(delivered), bool(muted), bool(repeat), *rest)
    except Exception as error:  # noqa: BLE001 - a broken registry silences nobody
        log.warning("the registry can't be asked about %s of %s: %s", alert.code, alert.job, masked_line(error))
    try:
        return _history_in_outbox(warehouse, alert)
    except Exception:
        log.exception("the outbox can't be asked about %s of %s", alert.code, alert.job)
        return History()


def _history_in_outbox(warehouse: WarehouseHook, alert: Alert) -> History:
    """What was written while ClickHouse was away."""
    rows = [row for row in outbox.kept(warehouse, TABLE) if (row["severity"], row["job"], row["code"]) == alert.kind]
    latest = {row["alert_id"]: row for row in rows}
    this = latest.pop(str(alert.alert_id), None)
    return History(
        is_delivered=bool(this and this["delivery"] not in (PENDING, FAILED)),
        is_repeat=any(
            row["delivery"] in (SENT, FALLBACK, BOTH, FAILED, PENDING)
            and abs(alert.ts - outbox.instant(row["ts"])) < REPEAT_WITHIN
            for row in latest.values()
        ),
        version=int(this["_ver"]) if this else 0,
    )


def _record(warehouse: WarehouseHook, history: History, alert: Alert, html: str, delivery: str, version: int) -> None:
    """Write the row; keep it in the outbox if the registry did not answer just now."""
    record = outbox.write if history.is_known else outbox.keep
    try:
        record(warehouse, TABLE, alert.row(delivery, html, version))
    except Exception:
        log.exception("%s: the alert of %s could not be recorded", alert.code, alert.job)


def _left(deadline: Deadline | None, at_most: float) -> float:
    return deadline.left(at_most) if deadline else at_most
