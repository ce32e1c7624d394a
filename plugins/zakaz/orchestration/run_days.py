"""The Moscow days that a run of Airflow is for. The one place where a day is taken from Airflow's context."""

from datetime import timedelta
from typing import Any

from zakaz.days import DayRange, day_by_hand, last_complete_day, moscow_day
from zakaz.errors import InvalidInput
from zakaz.stages import DAG_ID

# In the conf of a run by hand, true: it works on the days that a scheduled one would.
LOOKBACK = "lookback"
# In the same place: which tasks of the chain are wanted, as `stages.wanted` reads them.
STAGE = "stage"


def word(value: Any) -> str:
    """Airflow's word for a state or a kind of run, which it hands out as text or as an enum."""
    return str(getattr(value, "value", value))


def _asked_to_look_back(dag_run: Any) -> object:
    return dag_run.conf.get(LOOKBACK, False) if isinstance(dag_run.conf, dict) else False


def require_sound_lookback(dag_run: Any) -> None:
    """Refuse a run whose conf leaves open which days it is for.

    :raises InvalidInput: its `lookback` is neither true nor false.
    """
    if not isinstance(asked := _asked_to_look_back(dag_run), bool):
        raise InvalidInput(f"the conf's {LOOKBACK} {asked!r} is not allowed: it is true or false")


def looks_back(dag_run: Any) -> bool:
    """Whether a run works on days before its own too, since sources restate what they said.

    A scheduled run does, and one of the daily DAG by hand whose conf asks for it: without a scheduler nobody else
    would. A backfill does its days and no more, whatever its conf says.
    """
    kind = word(dag_run.run_type)
    if kind != "manual":
        return kind == "scheduled"
    return _asked_to_look_back(dag_run) is True and dag_run.dag_id == DAG_ID


def days_of_run(context: Any, lookback_days: int, piece: object = "") -> DayRange:
    """The Moscow days that a task of this run works on.

    A piece of a range that the task was given; else the run's own day, the one its data interval starts on, and the
    days before it if the run looks back.

    :param context: Airflow's task context.
    :param lookback_days: days that a run which looks back works on, its own included.
    :param piece: a range in ISO 8601 form; what Airflow has not resolved yet stands for all the days of the run's form.
    """
    if piece:
        params = context["params"]
        return DayRange.parse(piece if isinstance(piece, str) else f"{params['from_date']}/{params['to_date']}")
    dag_run = context["dag_run"]
    # Airflow lets people start a run without a date: it stands for the last day that is over.
    start = context.get("data_interval_start")
    own_day = moscow_day(start) if start else last_complete_day(dag_run.run_after)
    given = context.get("logical_date")
    if given and word(dag_run.run_type) == "manual":
        # The interval that `dags trigger --logical-date` gives a run is that of now, whatever the date.
        own_day = day_by_hand(given, dag_run.run_after)
    if not looks_back(dag_run):
        return DayRange(own_day, own_day)
    return DayRange(own_day - timedelta(days=lookback_days - 1), own_day)
