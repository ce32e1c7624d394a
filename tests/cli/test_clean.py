"""bin/zakaz clean: what Airflow keeps of old runs goes, and nothing that a later run needs."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from airflow.configuration import conf
from airflow.models import DagRun
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

import our_dags
from cli.conftest import Zakaz
from orchestration.conftest import airflow as airflow
from zakaz.days import moscow_day
from zakaz.stages import DAG_ID

pytestmark = pytest.mark.usefixtures("airflow")
NOW = datetime.now(UTC)
DAYS = {date(2026, 5, day): NOW - timedelta(days=ago) for day, ago in ((1, 200), (2, 91), (3, 89))}


@pytest.fixture
def logs() -> Path:
    return Path(conf.get_mandatory_value("logging", "base_log_folder"))


def put_runs(days: dict[date, datetime]) -> None:
    with create_session() as session:
        for day, started in days.items():
            our_dags.make_run(DAG_ID, DagRunType.SCHEDULED, day, state="success", start_date=started, session=session)


def days_of_runs() -> list[date]:
    with create_session() as session:
        return sorted(moscow_day(run.logical_date) for run in session.query(DagRun))


def put_log(file: Path, ago: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a line")
    os.utime(file, (then := (NOW - timedelta(days=ago)).timestamp(), then))
    return file


def test_old_runs_and_logs_go(zakaz: Zakaz, logs: Path) -> None:
    put_runs(DAYS)
    old = put_log(logs / "dag_id=zakaz_etl" / "run_id=old" / "task_id=vk_fetch" / "attempt=1.log", 91)
    new = put_log(logs / "dag_id=zakaz_etl" / "run_id=new" / "task_id=vk_fetch" / "attempt=1.log", 89)
    code, out, err = zakaz("clean")
    assert (code, err) == (0, "")
    assert out == f"removed: runs of Airflow before {NOW - timedelta(days=90):%Y-%m-%d}, and 1 log files\n"
    assert days_of_runs() == [date(2026, 5, 3)]
    assert new.exists()
    assert not old.parents[1].exists()


def test_the_last_scheduled_run_stays_however_old(zakaz: Zakaz) -> None:
    put_runs({day: started for day, started in DAYS.items() if day.day < 3})
    assert zakaz("clean", "--days", "30")[0] == 0
    assert days_of_runs() == [date(2026, 5, 2)]


def test_a_database_that_is_not_ours_is_left_alone(
    zakaz: Zakaz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_runs(DAYS)
    (tmp_path / "theirs.db").touch()
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/theirs.db")
    code, _, err = zakaz("clean")
    assert code == 1
    assert "which this project did not make: nothing is written there" in err
    assert len(days_of_runs()) == 3
