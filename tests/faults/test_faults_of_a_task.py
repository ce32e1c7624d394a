"""Each way in which a task can end badly, done for real in a run: its row, its alert, its message, its end."""

import contextlib
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowTaskTimeout

import our_dags
from faults.conftest import Judge
from faults.place import Place
from our_dags import DagBag
from sandbox import CLIENT_SECRET
from zakaz.alerts.sweep import sweep
from zakaz.errors import SourceUnavailable
from zakaz.pipeline import fetch

DAY = date(2026, 11, 20)
HEAD = "🔴 Загрузка VK Рекламы: ошибка за 20 ноября 2026"
pytestmark = pytest.mark.usefixtures("no_token_kept")


def fails(*_: Any) -> None:
    raise RuntimeError(f"boom {CLIENT_SECRET}")


def leaves(*_: Any) -> None:
    sys.exit(3)


def is_away(*_: Any) -> None:
    raise SourceUnavailable("VK Ads: 503")


def hangs(*_: Any) -> None:
    time.sleep(30)


@pytest.mark.parametrize(
    ("does", "cause", "tries"),
    [
        (fails, "RuntimeError: boom ***", 1),
        (leaves, "SystemExit: 3", 1),
        (is_away, "VK Ads: 503", 2),
        (hangs, "AirflowTaskTimeout: Timeout", 2),
    ],
    ids=["exception", "SystemExit", "transient", "time-out"],
)
def test_a_task_that_ends_badly(
    dags: DagBag,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    judge: Judge,
    does: Callable[..., None],
    cause: str,
    tries: int,
) -> None:
    dag = dags.get_dag("zakaz_etl")
    monkeypatch.setattr(fetch, "load_vk_ads", does)
    dag.get_task("vk_fetch").execution_timeout = timedelta(seconds=3)
    with contextlib.suppress(SystemExit, AirflowTaskTimeout):  # dags test runs in this process
        assert our_dags.run(dag, DAY).state == "failed"
    assert [(status, said.startswith(cause), number) for status, said, number in place.runs()] == [
        ("error", True, number + 1) for number in range(tries)
    ]
    sweep(place.warehouse)
    assert place.runs("build_dm_vk") == [], "upstream_failed: nothing was tried, so nobody is told twice"
    assert place.alerts() == [("vk_fetch", "RUN_FAILED", "sent")]
    assert place.heads() == [HEAD]
    judge(place)
