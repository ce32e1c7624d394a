"""What the watchdog is told of a DAG in Airflow (by `zakaz.orchestration.airflow_state`)."""

from dataclasses import dataclass, field
from datetime import datetime

from zakaz.days import DayRange
from zakaz.registry.attempt import Attempt


@dataclass(frozen=True)
class StuckRun:
    """A run that is said to go on though none of its tasks does; `since` is a UTC instant."""

    dag_id: str
    dag_run_id: str
    run_type: str
    state: str
    since: datetime
    day: DayRange


@dataclass(frozen=True)
class Schedule:
    """How a DAG stands in Airflow.

    :param is_known: whether Airflow could be asked; if not, the other fields but the next mean nothing.
    :param is_from_outside: who looks is no task of Airflow's; a task has a scheduler, which has just begun it.
    :param is_paused: nobody starts its runs.
    :param is_scheduler_alive: the scheduler gave a sign of life lately.
    :param failed_attempts: the attempts of the last two days that Airflow will not repeat, each with the Moscow day
        of its run.
    """

    is_known: bool = False
    is_from_outside: bool = False
    is_paused: bool = False
    is_scheduler_alive: bool = False
    stuck_runs: list[StuckRun] = field(default_factory=list)
    failed_attempts: list[tuple[Attempt, DayRange]] = field(default_factory=list)
