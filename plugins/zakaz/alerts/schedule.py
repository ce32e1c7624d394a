"""What the watchdog knows of a DAG in Airflow (from `zakaz.orchestration.airflow_state`)."""

from dataclasses import dataclass, field
from datetime import datetime

from zakaz.days import DayRange
from zakaz.registry.attempt import Attempt


@dataclass(frozen=True)
class StuckRun:
    """A run that is running by its state although none of its tasks is; `since` is a UTC instant."""

    dag_id: str
    dag_run_id: str
    run_type: str
    state: str
    since: datetime
    day: DayRange


@dataclass(frozen=True)
class Schedule:
    """The state of a DAG in Airflow.

    :param is_known: Airflow could be asked; if not, only the next field means anything.
    :param is_from_outside: asked by no task of Airflow; a task has a scheduler, which has just started it.
    :param is_paused: its runs are not started.
    :param is_scheduler_alive: the scheduler had a recent heartbeat.
    :param failed_attempts: attempts of the last two days that Airflow will not retry, each with the Moscow day of its
        run.
    """

    is_known: bool = False
    is_from_outside: bool = False
    is_paused: bool = False
    is_scheduler_alive: bool = False
    stuck_runs: list[StuckRun] = field(default_factory=list)
    failed_attempts: list[tuple[Attempt, DayRange]] = field(default_factory=list)
