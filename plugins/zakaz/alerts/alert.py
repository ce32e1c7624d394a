"""One alert: what it says, and its row in `meta.etl_alerts`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from zakaz.alerts.messages import moscow_ru, render, runbook
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.secrets import masked
from zakaz.warehouse.hook import new_version

TABLE = "meta.etl_alerts"
PENDING, SENT, FAILED, NO_CONNECTION, REPEAT, MUTED = "pending", "sent", "failed", "no_connection", "repeat", "muted"
RECOVERED, DIGEST = "RECOVERED", "DIGEST"


class Kind(NamedTuple):
    """What counts as the same trouble: another alert of it within the hour is a repeat."""

    severity: str
    job: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that somebody must hear of.

    :param severity: critical opens an incident, which a good run of the job closes; a warning is told once; info too.
    :param code: RUN_FAILED, ZERO_ROWS, ANOMALY, MISMATCH, STALE, RESTATED, RECOVERED or DIGEST.
    :param template: file name in include/messages.
    :param values: what the template needs beside `job`, `code`, `times`, `since_ru` and `runbook`.
    :param subject: what it is about; the same subject and code are the same alert.
    :param days: Moscow days that have to become good.
    :param ts: UTC instant when it went wrong.
    """

    severity: str
    job: str
    code: str
    template: str
    values: Mapping[str, Any]
    context: dict[str, Any]
    dag_run_id: str
    subject: UUID
    days: DayRange
    ts: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def alert_id(self) -> UUID:
        """The same for whoever raises it again."""
        return uuid5(NAMESPACE, f"{self.subject}\x1f{self.code}")

    @property
    def kind(self) -> Kind:
        """Of which trouble it is one."""
        return Kind(self.severity, self.job, self.code)

    def html(self, times: int = 1, since: datetime | None = None) -> str:
        """The message for Telegram, without secrets.

        :param times: how often it happened since it was last well, this time included.
        :param since: when it happened first since then.
        """
        told = {"times": times, "since_ru": moscow_ru(since or self.ts), "runbook": runbook(self.code)}
        return masked(render(self.template, **told, **self.values, job=self.job, code=self.code))

    def row(self, delivery: str, html: str) -> dict[str, Any]:
        """Its row in the registry.

        :param delivery: pending, sent, failed, no_connection, repeat or muted.
        """
        from zakaz.connections.telegram import plain

        return {
            "ts": self.ts,
            "severity": self.severity,
            "job": self.job,
            "code": self.code,
            "message": plain(html),
            "context_json": json.dumps(self.context, ensure_ascii=False, default=str),
            "alert_id": self.alert_id,
            "dag_run_id": self.dag_run_id,
            "delivery": delivery,
            **self.days.bounds,
            "_ver": new_version(),
        }
