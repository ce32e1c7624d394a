"""bin/zakaz watchdog: the external dead man's switch, for when Airflow itself is down."""

import sys

import click

# For each lock, connection or answer: long enough for a process that holds the embedded warehouse for minutes, and
# short enough to send the alert about an unresponsive ClickHouse before systemd's timeout (zakaz-watchdog.service).
WATCH_SECONDS = 300
# For the alert when nothing could be checked.
ALERT_SECONDS, STATEMENT_SECONDS = 15, 2


@click.command()
def watchdog() -> int:
    """Look for missing days, dead attempts and undelivered messages in the run registry, and notify Telegram.

    Pauses, stuck runs and a dead scheduler are read from Airflow's database, if it answers; Airflow need not run.
    Call it from a timer, every half hour. Exits 0 if every expected day is good, 2 if one is missing, 1 if it could
    not look, which it also reports to Telegram.
    """
    from zakaz.alerts.delivery import raise_alert
    from zakaz.alerts.failure import failure_alert
    from zakaz.alerts.watch import watch
    from zakaz.days import DayRange, last_complete_day
    from zakaz.deadline import Deadline
    from zakaz.errors import ZakazError
    from zakaz.orchestration.airflow_state import from_database
    from zakaz.registry.attempt import Attempt
    from zakaz.registry.missing import lines
    from zakaz.stages import DAG_ID
    from zakaz.warehouse.hook import WarehouseHook

    try:
        missing = watch(WarehouseHook(within_seconds=WATCH_SECONDS), from_database(DAG_ID))
    except ZakazError as error:
        yesterday = last_complete_day()
        attempt = Attempt(
            dag_id="",
            dag_run_id=f"outside {yesterday}",
            run_type="outside",
            job="watchdog",
            try_number=1,
            log_url="",
        )
        deadline = Deadline(ALERT_SECONDS)
        registry = WarehouseHook(within_seconds=STATEMENT_SECONDS, deadline=deadline)
        delivery = raise_alert(
            registry, failure_alert(attempt, error, DayRange(yesterday, yesterday)), deadline=deadline
        )
        print(f"zakaz watchdog: could not check (Telegram: {delivery or 'notified before'}): {error}", file=sys.stderr)
        return 1
    for line in lines(missing):
        print(line)
    if missing:
        return 2
    print("OK")
    return 0
