"""One alert: what it says, its row in `meta.etl_alerts`, and its way to Telegram."""

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from airflow.exceptions import AirflowNotFoundException

from zakaz.registry import spool
from zakaz.registry.attempt import NAMESPACE
from zakaz.secrets import masked_line
from zakaz.warehouse.hook import WarehouseHook, new_version

log = logging.getLogger(__name__)
TABLE = "meta.etl_alerts"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that somebody must hear of.

    :param severity: critical, warning or info.
    :param code: RUN_FAILED, ZERO_ROWS, ANOMALY, MISMATCH, STALE, RESTATED or RECOVERED.
    :param html: the message for Telegram.
    :param subject: what it is about; the same subject and code are the same alert.
    """

    severity: str
    job: str
    code: str
    html: str
    context: dict[str, Any]
    dag_run_id: str
    subject: UUID
    ts: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def alert_id(self) -> UUID:
        """The same for whoever raises it again."""
        return uuid5(NAMESPACE, f"{self.subject}\x1f{self.code}")

    def row(self, delivery: str) -> dict[str, Any]:
        """Its row in the registry.

        :param delivery: pending, sent, failed or no_connection.
        """
        from zakaz.hooks.telegram import plain

        return {
            "ts": self.ts,
            "severity": self.severity,
            "job": self.job,
            "code": self.code,
            "message": plain(self.html),
            "context_json": json.dumps(self.context, ensure_ascii=False, default=str),
            "alert_id": self.alert_id,
            "dag_run_id": self.dag_run_id,
            "delivery": delivery,
            "_ver": new_version(),
        }


def raise_alert(warehouse: WarehouseHook, alert: Alert) -> None:
    """Registry first, then Telegram, then the delivery state; neither being broken silences the other."""
    _record(warehouse, alert, "pending")
    _record(warehouse, alert, _sent(alert))


def _record(warehouse: WarehouseHook, alert: Alert, delivery: str) -> None:
    try:
        spool.write(warehouse, TABLE, alert.row(delivery))
    except Exception:
        log.exception("%s: the alert of %s could not be recorded", alert.code, alert.job)


def _sent(alert: Alert) -> str:
    from zakaz.hooks.telegram import CONNECTION, TelegramHook

    try:
        TelegramHook().send_message({"text": alert.html})
    except AirflowNotFoundException:
        log.warning("%s: no connection %s, so nobody was told: %s", alert.code, CONNECTION, alert.job)
        return "no_connection"
    except Exception as error:  # noqa: BLE001 - whatever it is, the row must say that nobody was told
        log.error("%s: the message was not delivered: %s", alert.code, masked_line(error))  # noqa: TRY400
        return "failed"
    return "sent"
