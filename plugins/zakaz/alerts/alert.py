"""One alert: its message, and its row in `meta.etl_alerts`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from zakaz.alerts.links import links_of
from zakaz.alerts.messages import render
from zakaz.connections.telegram_message import Link
from zakaz.connections.telegram_text import plain, with_links
from zakaz.days import DayRange
from zakaz.registry.attempt import NAMESPACE
from zakaz.secrets import masked

TABLE = "meta.etl_alerts"
PENDING, SENT, FALLBACK, BOTH = "pending", "sent", "fallback", "both"
FAILED, NO_CONNECTION = "failed", "no_connection"
REPEAT, MUTED = "repeat", "muted"
RECOVERED, DIGEST, STALE = "RECOVERED", "DIGEST", "STALE"


class Kind(NamedTuple):
    """What counts as the same problem: another alert of this kind within the hour is a repeat."""

    severity: str
    job: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something people must be notified of.

    :param severity: critical opens an incident, which a good run of the job closes; warning and info open none.
    :param code: RUN_FAILED, ZERO_ROWS, ANOMALY, MISMATCH, STALE, HOLES, RESTATED, BACKUP_FAILED, BACKUP_STALE,
        DISK_LOW, RECOVERED or DIGEST.
    :param template: file name in include/messages.
    :param context: the facts, for the template and for `context_json`; `error`, if there is one, is shown in summaries.
        The template also has `severity`, `job`, `code`, `from_date` and `to_date` of the alert where the context has
        no such fact, `days` from these two, `times` and `since`.
    :param subject: what it is about; the same subject and code are the same alert.
    :param days: Moscow days that have to become good.
    :param ts: UTC instant when it happened.
    :param is_always_sent: send it even if another of its kind was sent within the hour, since each says something new.
    :param by_both: send it by the second channel, too.
    """

    severity: str
    job: str
    code: str
    template: str
    context: Mapping[str, Any]
    subject: UUID
    days: DayRange
    ts: datetime = field(default_factory=lambda: datetime.now(UTC))
    is_always_sent: bool = False
    by_both: bool = False

    @property
    def alert_id(self) -> UUID:
        """The same for every process that raises it, and each time."""
        return uuid5(NAMESPACE, f"{self.subject}\x1f{self.code}")

    @property
    def kind(self) -> Kind:
        """The problem it is an instance of."""
        return Kind(self.severity, self.job, self.code)

    @property
    def links(self) -> list[Link]:
        """Where to go on from it."""
        return links_of(self.severity, self.code, self.days.last, self.context.get("log_url", ""))

    def html(self, times: int = 1, since: datetime | None = None) -> str:
        """The message for Telegram, without secrets and links.

        :param times: how often it happened since the last recovery, this time included.
        :param since: UTC instant of the first time since then.
        """
        facts = {**self.kind._asdict(), **self.days.bounds, **self.context}
        facts["days"] = DayRange(facts["from_date"], facts["to_date"])
        return masked(render(self.template, **facts, times=times, since=since or self.ts))

    def row(self, delivery: str, html: str, version: int) -> dict[str, Any]:
        """Its row in the registry.

        :param delivery: pending, sent, fallback, both, failed, no_connection, repeat or muted.
        :param version: above that of the row that it replaces.
        """
        facts = json.loads(json.dumps(self.context, default=str))
        return {
            "ts": self.ts,
            **self.kind._asdict(),
            "message": plain(with_links(html, self.links)),
            "context_json": json.dumps(masked(facts), ensure_ascii=False),
            "alert_id": self.alert_id,
            "dag_run_id": self.context.get("dag_run_id", ""),
            "delivery": delivery,
            **self.days.bounds,
            "_ver": version,
        }
