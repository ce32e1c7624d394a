"""Where Airflow 2 and 3 differ: the one module that knows. Everything else imports from here."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from airflow.decorators import task_group as task_group
    from airflow.exceptions import AirflowNotFoundException as AirflowNotFoundException
    from airflow.exceptions import AirflowSkipException as AirflowSkipException
    from airflow.exceptions import AirflowTaskTerminated as AirflowTaskTerminated
    from airflow.hooks.base import BaseHook as BaseHook
    from airflow.models import DAG as DAG
    from airflow.models import BaseOperator as BaseOperator
    from airflow.models import Variable as Variable
    from airflow.models.baseoperatorlink import BaseOperatorLink as BaseOperatorLink
    from airflow.models.connection import Connection as Connection
    from airflow.models.param import Param as Param
    from airflow.utils.log.secrets_masker import mask_secret as mask_secret
    from airflow.utils.task_group import TaskGroup as TaskGroup

# name: its home in Airflow 3, its home in Airflow 2. Looked up when first asked for: the command line needs a hook and
# would pay two seconds for the DAG model beside it.
HOMES = {
    "AirflowNotFoundException": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "AirflowSkipException": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "AirflowTaskTerminated": ("airflow.sdk.exceptions", "airflow.exceptions"),
    "DAG": ("airflow.sdk", "airflow.models"),
    "BaseHook": ("airflow.sdk", "airflow.hooks.base"),
    "BaseOperator": ("airflow.sdk", "airflow.models"),
    "BaseOperatorLink": ("airflow.sdk", "airflow.models.baseoperatorlink"),
    "Connection": ("airflow.sdk", "airflow.models.connection"),
    "Param": ("airflow.sdk", "airflow.models.param"),
    "TaskGroup": ("airflow.sdk", "airflow.utils.task_group"),
    "Variable": ("airflow.sdk", "airflow.models"),
    "task_group": ("airflow.sdk", "airflow.decorators"),
    "mask_secret": ("airflow.sdk.log", "airflow.utils.log.secrets_masker"),
}

IS_AIRFLOW_2 = version("apache-airflow").startswith("2.")
# The column of a run; the attribute `logical_date` of one that was read is there in both.
LOGICAL_DATE = "execution_date" if IS_AIRFLOW_2 else "logical_date"


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    airflow3, airflow2 = HOMES[name]
    try:
        value = getattr(import_module(airflow3), name)
    except ImportError:
        value = getattr(import_module(airflow2), name)
    globals()[name] = value
    return value


def word(value: Any) -> str:
    """Airflow's word for a state or a kind of run; of an enum of Airflow 3's tasks, `str` says something else."""
    return str(getattr(value, "value", value))


def base_path() -> str:
    """The path under which people reach Airflow's server, without a slash at its end: mostly empty."""
    from airflow.configuration import conf

    section = "webserver" if IS_AIRFLOW_2 else "api"
    return urlsplit(conf.get(section, "base_url", fallback="") or "").path.rstrip("/")


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the work of a task by an exception, as Airflow 2 does by itself.

    Airflow 3 only calls `on_kill`, and kills the process five seconds later without a word.
    """
    if IS_AIRFLOW_2 or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise __getattr__("AirflowTaskTerminated")("the task was told to end (SIGTERM)")

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
