"""The way of an alert: its registry row, then Telegram, then the delivery state; neither being away hides the other."""

import logging
from dataclasses import dataclass
from datetime import datetime

from airflow.sdk.exceptions import AirflowNotFoundException

from zakaz.alerts import memory
from zakaz.alerts.alert import FAILED, MUTED, NO_CONNECTION, PENDING, REPEAT, SENT, TABLE, Alert
from zakaz.registry import outbox
from zakaz.secrets import masked_line
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """What is known of an alert before it is sent.

    :param is_known: whether the registry was asked; else this machine's memory was.
    :param first_at: UTC instant of the first one since it was last well.
    """

    is_known: bool
    is_told: bool = False
    is_muted: bool = False
    is_repeat: bool = False
    times_before: int = 0
    first_at: datetime | None = None


def raise_alert(warehouse: WarehouseHook, alert: Alert, *, quiet: bool = False) -> str:
    """Record an alert and tell people, unless they were told of this very one, or of one like it within the hour.

    :param quiet: record it only.
    :returns: its delivery state; empty if it was told before.
    """
    with memory.turn(alert.kind):
        standing = _standing(warehouse, alert)
        if standing.is_told:
            return ""
        html = alert.html(standing.times_before + 1, standing.first_at)
        _record(warehouse if standing.is_known else None, alert, html, PENDING)
        if quiet or standing.is_muted:
            delivery = MUTED
        elif standing.is_repeat and alert.severity != "info":
            delivery = REPEAT
        else:
            delivery = send(html, f"{alert.code} of {alert.job}")
        memory.remember(alert, delivery)
        _record(warehouse if standing.is_known else None, alert, html, delivery)
    return delivery


def send(html: str, what: str) -> str:
    """Send a message; never raises.

    :param what: what it is about, for the log.
    :returns: sent, failed or no_connection.
    """
    from zakaz.connections.telegram import CONNECTION, TelegramHook

    try:
        TelegramHook().send_message({"text": html})
    except AirflowNotFoundException:
        log.warning("there is no connection %s, so nobody was told: %s", CONNECTION, what)
        return NO_CONNECTION
    except Exception as error:  # noqa: BLE001 - whatever it is, the row must say that nobody was told
        log.error("%s: the message was not delivered: %s", what, masked_line(error))  # noqa: TRY400
        return FAILED
    return SENT


def _standing(warehouse: WarehouseHook, alert: Alert) -> Standing:
    asked = {**alert.kind._asdict(), "alert_id": alert.alert_id, "ts": alert.ts}
    try:
        with warehouse.session():
            outbox.flush(warehouse, outbox.FLUSH_SECONDS)
            ((told, muted, repeat, times, first_at),) = warehouse.execute(statement("alerts/alert_standing.sql"), asked)
    except Exception as error:  # noqa: BLE001 - the registry being broken silences nobody
        log.warning("the registry can't be asked about %s of %s: %s", alert.code, alert.job, masked_line(error))
        return Standing(False, is_told=memory.is_told(alert), is_repeat=memory.is_repeat(alert))
    return Standing(True, bool(told), bool(muted), bool(repeat), times, first_at)


def _record(warehouse: WarehouseHook | None, alert: Alert, html: str, delivery: str) -> None:
    """Write the row; without a warehouse that can be reached, keep it on disk for whoever reaches it next."""
    try:
        if warehouse is None:
            outbox.keep(TABLE, alert.row(delivery, html))
        else:
            outbox.write(warehouse, TABLE, alert.row(delivery, html))
    except Exception:
        log.exception("%s: the alert of %s could not be recorded", alert.code, alert.job)
