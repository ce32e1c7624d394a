"""The figures of the report come from witnesses: what is lost, doubled or told is found."""

from dataclasses import replace

import pytest
from airflow.utils.types import DagRunType

from faults.conftest import PutRun
from faults.place import Place
from made_runs import attempt, put_run
from zakaz.connections.telegram import TelegramHook
from zakaz.registry.attempt import UNSET


@pytest.mark.usefixtures("no_token_kept")
def test_harm_is_found(place: Place, put_airflow_run: PutRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faults.place.ON_THEIR_WAY_SECONDS", 0)
    run_id = put_airflow_run(
        DagRunType.BACKFILL_JOB, "failed", hours_ago=0, tasks={"vk_fetch": "failed", "qtickets_fetch": "skipped"}
    )
    made = replace(attempt(), dag_run_id=run_id, run_id=UNSET)
    assert place.verdict() == {"attempts": 1, "rows lost": 1, "messages doubled": 0, "secrets found": 0}
    put_run(place.warehouse, made, "running")
    assert place.lost() == {("zakaz_etl", run_id, "vk_fetch", 1)}, "its end is missing"
    put_run(place.warehouse, made, "error", err_msg="Bearer 0123456789")
    for _ in range(2):
        TelegramHook().send_message({"text": "the same"})
    assert place.verdict() == {"attempts": 1, "rows lost": 0, "messages doubled": 1, "secrets found": 1}
