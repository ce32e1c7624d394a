"""The sweep for what callbacks miss: dead attempts, failures without an alert, undelivered messages, recoveries.

The sweep is the truth, a callback only a hint: none runs for a killed process or for "mark failed" in the UI, and none
can deliver while Telegram is away. It runs at the end of each healthcheck task and every half hour in the watchdog;
running it twice changes nothing. One process of a machine sweeps at a time; what it sends is `pending` meanwhile, which
other machines leave alone.
"""

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from zakaz.alerts.alert import BOTH, FALLBACK, PENDING, RECOVERED, REPEAT, SENT, Alert, Kind
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.links import links_of
from zakaz.alerts.locks import SWEEP, held
from zakaz.alerts.messages import render
from zakaz.alerts.send import send
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import TERMINATED, AttemptLost, DayNotOver, TaskTerminated, WarehouseUnavailable
from zakaz.registry import outbox
from zakaz.registry.attempt import Attempt
from zakaz.registry.lost import LOST, close_lost_attempts
from zakaz.secrets import masked
from zakaz.settings import RETRY_DELAYS, settings
from zakaz.stages import BACKUP_JOBS
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
SUMMED = "summed"
# By then a scheduler has retried what it was going to retry.
PATIENCE = max(RETRY_DELAYS) + timedelta(minutes=5)
EPOCH = datetime.fromtimestamp(0, UTC)
# The columns of an attempt in untold_failures.sql.
ATTEMPT = ("dag_id", "dag_run_id", "run_type", "job", "try_number", "log_url", "started_at", "run_id")


def sweep(warehouse: WarehouseHook, given_up: Collection[UUID] = ()) -> None:
    """Reconcile registry and messages, as if every callback had run; a step that fails stops no other.

    :param given_up: failed attempts that Airflow will not retry; the others are given time for it.
    :raises WarehouseUnavailable: ClickHouse can't be reached at all.
    """
    with held(warehouse, SWEEP, 0) as is_ours:
        if is_ours:
            _sweep(warehouse, given_up)
        else:
            log.info("another process is sweeping already")


def _sweep(warehouse: WarehouseHook, given_up: Collection[UUID]) -> None:
    with warehouse.session():
        outbox.flush(warehouse)
        _guarded("failed attempts", partial(_notify_of_failures, warehouse, given_up))
        _guarded("late messages", partial(_deliver_late, warehouse))
        _guarded("summaries of repeats", partial(_summarize_repeats, warehouse))
        _guarded("recoveries", partial(_notify_of_recoveries, warehouse))


def _guarded(what: str, step: Callable[[], None]) -> None:
    try:
        step()
    except WarehouseUnavailable:
        raise  # the next step would not get through either, after all its tries
    except Exception:
        log.exception("%s: this part of the sweep failed", what)


def _notify_of_failures(warehouse: WarehouseHook, given_up: Collection[UUID]) -> None:
    for run_id in close_lost_attempts(warehouse):
        log.warning("attempt %s has no process any more and is closed as an error", run_id)
    asked = {"patience": int(PATIENCE.total_seconds()), "given_up": ",".join(map(str, given_up))}
    for err_msg, from_date, to_date, failed_at, *columns in warehouse.execute(
        statement("alerts/untold_failures.sql"), asked
    ):
        attempt, days = Attempt(**dict(zip(ATTEMPT, columns, strict=True))), DayRange(from_date, to_date)
        if attempt.job in BACKUP_JOBS and not settings().backup_keep:
            continue  # somebody tries a backup by hand where none are set up, and has seen how it ended
        raise_alert(warehouse, failure_alert(attempt, _error_of(attempt, days, err_msg), days, failed_at))


def _error_of(attempt: Attempt, days: DayRange, err_msg: str) -> BaseException | str:
    """The error that ended an attempt, as far as its recorded message identifies it."""
    if err_msg == LOST:
        return AttemptLost(LOST)
    if err_msg.endswith(TERMINATED):
        return TaskTerminated(TERMINATED)
    # No attempt on such a day gets further than this refusal. A backup works on no day, and has that of its end.
    is_early = attempt.job not in BACKUP_JOBS and days.last > last_complete_day(attempt.started_at)
    return DayNotOver(err_msg) if is_early else err_msg


def _deliver_late(warehouse: WarehouseHook) -> None:
    """Send the first of each kind, count the others: the end of a long mute must not be a flood of messages."""
    sent = set()
    for alert_id, ts, severity, job, code, message in warehouse.execute(statement("alerts/undelivered.sql")):
        kind = Kind(severity, job, code)
        if kind in sent and severity != "info":
            delivery = REPEAT
        else:
            _mark(warehouse, kind, PENDING, alert_id=str(alert_id))
            text = render("late.html", happened_at=ts, message=message)
            delivery = send(text, kind)
        sent.add(kind)
        _mark(warehouse, kind, delivery, alert_id=str(alert_id))


def _summarize_repeats(warehouse: WarehouseHook) -> None:
    for row in warehouse.execute(statement("alerts/repeats.sql")):
        severity, job, code, times, first_at, last_at, from_date, to_date, error = row
        kind = Kind(severity, job, code)
        text = render(
            "summed.html",
            **kind._asdict(),
            days=DayRange(from_date, to_date),
            times=times,
            first_at=first_at,
            last_at=last_at,
            error=error,
        )
        _mark(warehouse, kind, PENDING, was=REPEAT, since=first_at, until=last_at)
        is_sent = send(masked(text), kind, links=links_of(severity, code, to_date)) in (SENT, FALLBACK, BOTH)
        _mark(warehouse, kind, SUMMED if is_sent else REPEAT, was=PENDING, since=first_at, until=last_at)


def _notify_of_recoveries(warehouse: WarehouseHook) -> None:
    for row in warehouse.execute(statement("alerts/healed_incidents.sql")):
        job, code, incident_id, opened_at, times, is_quiet, by_fallback, from_date, to_date, healed_at = row
        alert = Alert(
            severity="info",
            job=job,
            code=RECOVERED,
            template="recovered.html",
            context={"code": code, "opened_at": opened_at, "healed_at": healed_at, "failures": times},
            subject=incident_id,
            days=DayRange(from_date, to_date),
            by_both=bool(by_fallback),
        )
        raise_alert(warehouse, alert, quiet=bool(is_quiet))
        healed = Kind("critical", job, code)
        _mark(warehouse, healed, SUMMED, was=REPEAT, until=alert.ts)


def _mark(
    warehouse: WarehouseHook,
    kind: Kind,
    delivery: str,
    *,
    alert_id: str = "",
    was: str = "",
    since: datetime = EPOCH,
    until: datetime = EPOCH,
) -> None:
    """Set the delivery state of one alert, or of those of a kind with the state `was` between two UTC instants."""
    which = {**kind._asdict(), "alert_id": alert_id, "was": was, "since": since, "until": until}
    warehouse.execute(statement("alerts/mark_delivery.sql"), {**which, "delivery": delivery})
