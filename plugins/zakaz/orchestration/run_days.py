"""The Moscow days of an Airflow run. Only this module derives a day from Airflow's context."""

from datetime import timedelta
from typing import Any

from zakaz.days import DayRange, day_by_hand, last_complete_day, moscow_day
from zakaz.errors import InvalidInput
from zakaz.stages import DAG_ID

# In the conf of a manual run: if true, it processes the same days as a scheduled run.
LOOKBACK = "lookback"
# Likewise: the requested stages, as for `stages.wanted`.
STAGE = "stage"


def state_name(value: Any) -> str:
    """A state or run type as text, which Airflow passes as a string or an enum."""
    return str(getattr(value, "value", value))


def _asked_to_look_back(dag_run: Any) -> object:
    return dag_run.conf.get(LOOKBACK, False) if isinstance(dag_run.conf, dict) else False


def require_sound_lookback(dag_run: Any) -> None:
    """Reject a run whose conf leaves its days ambiguous.

    :raises InvalidInput: its `lookback` is neither true nor false.
    """
    if not isinstance(asked := _asked_to_look_back(dag_run), bool):
        raise InvalidInput(f"the conf's {LOOKBACK} {asked!r} is not allowed: it is true or false")


def looks_back(dag_run: Any) -> bool:
    """Whether a run also processes the days before its own, since sources restate past days.

    A scheduled run does, and so does a manual run of the daily DAG if its conf asks for it, for use without a
    scheduler. A backfill never does.
    """
    kind = state_name(dag_run.run_type)
    if kind != "manual":
        return kind == "scheduled"
    return _asked_to_look_back(dag_run) is True and dag_run.dag_id == DAG_ID


def days_of_run(context: Any, lookback_days: int, piece: object = "") -> DayRange:
    """The Moscow days that a task of this run processes.

    That is the piece given to the task; else the run's own day, on which its data interval starts, and the days before
    it if the run looks back.

    :param context: Airflow's task context.
    :param lookback_days: number of days if the run looks back, including its own.
    :param piece: a range in ISO 8601 form; an unresolved Airflow value means the whole range of the run's form.
    """
    if piece:
        params = context["params"]
        return DayRange.parse(piece if isinstance(piece, str) else f"{params['from_date']}/{params['to_date']}")
    dag_run = context["dag_run"]
    # A run started without a date is for the last complete day.
    start = context.get("data_interval_start")
    own_day = moscow_day(start) if start else last_complete_day(dag_run.run_after)
    given = context.get("logical_date")
    if given and state_name(dag_run.run_type) == "manual":
        # `dags trigger --logical-date` sets the data interval to that of now, whatever the date.
        own_day = day_by_hand(given, dag_run.run_after)
    if not looks_back(dag_run):
        return DayRange(own_day, own_day)
    return DayRange(own_day - timedelta(days=lookback_days - 1), own_day)
