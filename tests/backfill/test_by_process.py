"""`bin/zakaz backfill` on Airflow 2, which watches a process and asks Airflow's database how far it is."""

from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from zakaz.backfill import airflow_runs, by_process
from zakaz.backfill.airflow_runs import Progress
from zakaz.days import DayRange

DAYS = DayRange(date(2026, 11, 20), date(2026, 11, 21))
LOCKED = OperationalError("SELECT", {}, Exception("database is locked"))


@pytest.mark.usefixtures("metadata")
def test_a_question_that_is_not_answered_ends_no_backfill(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ends = [None, None, 0]
    answers = [LOCKED, Progress(done=1, failed=0, running=1)]

    def progress(*_: object) -> Progress:
        if isinstance(answer := answers.pop(0), Exception):
            raise answer
        return answer

    monkeypatch.setattr(by_process.airflow_cli, "start", lambda *_, **__: SimpleNamespace(poll=lambda: ends.pop(0)))
    monkeypatch.setattr(by_process, "LOOK_EVERY_SECONDS", 0)
    monkeypatch.setattr(airflow_runs, "end_dead", lambda *_: [])
    monkeypatch.setattr(airflow_runs, "progress", progress)
    seen: list[Progress] = []
    by_process.run(DAYS, "all", 1, seen.append)
    assert [one.done for one in seen] == [1]
    assert "database is locked" in caplog.text
