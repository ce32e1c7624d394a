"""Backfills in this process: Airflow's database and the warehouse of the tests, against the sandbox."""

import io
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import our_dags
from sandbox import Sandbox
from zakaz import airflow_internals
from zakaz.orchestration.backfill import Backfill, Outcome, Request
from zakaz.orchestration.console import Work
from zakaz.stop import stoppable
from zakaz.warehouse.hook import WarehouseHook

Days = list[date]
CarryOut = Callable[..., list[Outcome]]
Runs = Callable[[], dict[str, Any]]


def forget() -> None:
    with airflow_internals.create_session() as session:
        for model in (
            airflow_internals.BackfillDagRun,
            airflow_internals.TaskInstance,
            airflow_internals.DagRun,
            airflow_internals.Backfill,
        ):
            session.query(model).delete()


@pytest.fixture
def airflow(metadata: None, warehouse: WarehouseHook, sandbox: Sandbox, no_token_kept: None) -> Iterator[None]:
    """Airflow's database, which knows our DAGs and none of their runs."""
    our_dags.make_known(our_dags.read())
    forget()
    yield
    forget()


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    log = tmp_path / "backfill.log"
    log.touch()
    with stoppable() as stop:
        yield Work(log, stop, (io.StringIO(), io.StringIO()))


@pytest.fixture
def carry_out(airflow: None, work: Work) -> CarryOut:
    """A backfill of days, with what else it is asked for."""
    return lambda days, **how: Backfill(Request(days=days, **how), work).carry_out()


@pytest.fixture
def airflow_runs() -> Runs:
    """The runs in Airflow's database by their ids."""

    def found() -> dict[str, Any]:
        with airflow_internals.create_session() as session:
            every = session.query(airflow_internals.DagRun).order_by(airflow_internals.DagRun.logical_date).all()
            for run in every:
                assert isinstance(run.task_instances, list)
                assert run.note is None or run.note
            session.expunge_all()
            return {run.run_id: run for run in every}

    return found
