"""The installation that faults are done to, and the verdict on each, summed up at the end of the tests."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

import psutil
import pytest
from airflow.models import DagRun, TaskInstance
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

import our_dags
from faults.installation import Installation
from faults.place import Place
from made_runs import DAY
from our_dags import DagBag
from sandbox import Sandbox
from zakaz.warehouse.hook import WarehouseHook

Judge = Callable[[Place], None]
PutRun = Callable[..., str]


class Verdict(Protocol):
    """See the fixture."""

    def __call__(self, day: date, runs: list[tuple[str, str, int]], *, is_told: bool) -> None: ...


# A suite that a shell started in the background ignores Ctrl-C, and so would every program that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def judge(record_property: Callable[[str, object], None]) -> Judge:
    """Ask the witnesses what a fault did, for the report, and refuse any harm."""

    def judged(place: Place) -> None:
        found = place.verdict()
        for name, number in found.items():
            record_property(name, number)
        assert {**found, "attempts": 0} == dict.fromkeys(found, 0), place.lost() or place.heads()

    return judged


@pytest.fixture
def dags(metadata: None) -> DagBag:
    return our_dags.read()


@pytest.fixture
def place(dags: DagBag, warehouse: WarehouseHook, sandbox: Sandbox) -> Iterator[Place]:
    """This process's own Airflow, which knows zakaz_etl and none of its runs, before and after."""
    our_dags.make_known(dags)
    forget_runs()
    yield Place(Path(os.environ["AIRFLOW_HOME"]), warehouse, sandbox)
    forget_runs()


def forget_runs() -> None:
    with create_session() as session:
        for model in (TaskInstance, DagRun):
            session.query(model).filter(model.dag_id == "zakaz_etl").delete()


@pytest.fixture
def watchdog(dags: DagBag, place: Place) -> Callable[[], None]:
    """A run of zakaz_watchdog."""
    return lambda: dags.get_dag("zakaz_watchdog").test()


@pytest.fixture
def put_airflow_run(dags: DagBag, place: Place) -> PutRun:
    """A run of zakaz_etl in Airflow's database, with these states of its tasks; its id."""

    def put(run_type: DagRunType, state: str, *, hours_ago: float, tasks: Mapping[str, str], day: date = DAY) -> str:
        then = datetime.now(UTC) - timedelta(hours=hours_ago)
        with create_session() as session:
            run = our_dags.make_run("zakaz_etl", run_type, day, state=state, start_date=then, session=session)
            for task in run.get_task_instances(session=session):
                task.state = tasks.get(task.task_id)
                task.try_number = 1
                task.end_date = then if task.state in ("failed", "upstream_failed") else None
            return str(run.run_id)

    return put


@pytest.fixture(scope="session")
def installed(metadata: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("faults")
    with Sandbox(seed=1, state_dir=home / "sandbox-state") as sandbox:
        installation = Installation(home, Path(os.environ["AIRFLOW_HOME"]) / "airflow.db", sandbox)
        yield installation
        installation.console.close()


@pytest.fixture
def installation(installed: Installation) -> Installation:
    """The installation, its registries and its sandbox as new."""
    installed.renew()
    return installed


@pytest.fixture(scope="module")
def scheduler(installed: Installation) -> Iterator[psutil.Process]:
    with installed.scheduling() as process:
        yield process


@pytest.fixture
def verdict(installation: Installation, judge: Judge) -> Verdict:
    """These attempts of vk_fetch for a day, and a message of it or none, however often the watchdog looks."""

    def judged(day: date, runs: list[tuple[str, str, int]], *, is_told: bool) -> None:
        # Of this day alone: the DAG processor may call back for the run of an earlier test as late as now.
        words = f"за {day.day} ноября {day.year}"
        heads = [f"🔴 Загрузка VK Рекламы: ошибка {words}"] if is_told else []

        def told() -> list[str]:
            return [head for head in installation.heads("Загрузка VK Рекламы") if words in head]

        for _ in range(2):
            installation.watchdog()
        assert installation.runs() == runs
        if heads != told():
            # Its DAG processor calls back when it comes to it, and only then is there something to recover from.
            installation.until(told, 60, "a callback")
            installation.watchdog()
        assert told() == heads
        judge(installation)

    return judged
