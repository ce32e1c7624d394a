"""What Airflow and its processes add to a backfill: by days, and by zakaz_backfill in large pieces.

python bench/backfill.py [--days 30] [--long-days 365] [--ads 2000]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import postgres
from installation import Installation
from report import Measure, Section, show
from sandbox_process import sandbox

from zakaz.days import DayRange, last_complete_day

CITIES, EVENTS_A_DAY = 50, 20
TASKS = 5
YEAR = 365
LIMIT_SECONDS = 3600
HOW = f"""`bench/backfill.py`: Airflow with LocalExecutor on PostgreSQL, the sandbox with
{{ads:,}} ads, {CITIES} cities and {EVENTS_A_DAY} events a day; every run begins with an empty warehouse. `dags
backfill` is timed as a command, its {TASKS} tasks a day beside the same graph of PythonOperators that do nothing. Its
days are extrapolated from the time from its first task to its last, without its start. `zakaz_backfill` runs under a
real scheduler, timed from the trigger to the end of the run; Airflow's fixed start is until its first task begins.
The script, `bench/plain_backfill.py`, makes the same HTTP calls and SQL for the same pieces in one process."""


def section(days: int = 30, long_days: int = YEAR, ads: int = 2000, clickhouse: str = "") -> Section:
    """Measure everything in one run.

    :param days: of `dags backfill`. :param long_days: of zakaz_backfill. :param ads: of the account.
    :param clickhouse: the URI of a server that is emptied for each run; the embedded engine by default.
    """
    source = {"ads": ads, "cities": CITIES, "events_a_day": EVENTS_A_DAY}
    last = last_complete_day()
    short, long = (DayRange(last - timedelta(days=number - 1), last) for number in (days, long_days))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, postgres.server() as database:
        with sandbox(**source) as url:
            home = Path(folder) / "airflow"
            home.mkdir()
            place = Installation(home, database, url, clickhouse)
            empty, real = (day_by_day(place, dag_id, short) for dag_id in ("empty_etl", "zakaz_etl"))
        # A source and a warehouse that know nothing yet, for each.
        with sandbox(**source) as url:
            place.start_anew(url)
            started, pieces = in_pieces(place, long)
        with sandbox(**source) as url:
            place.start_anew(url)
            script = as_script(place, long)
    by_days = real.tasks_seconds / days * long_days
    in_airflow = pieces - started
    return Section(
        title=f"Backfill, {'a ClickHouse server' if clickhouse else 'the embedded warehouse'}",
        how=HOW.format(ads=ads),
        measures=[
            Measure(
                what=f"`airflow dags backfill` of {days} days against an empty DAG",
                measured=f"{real.seconds:.0f} s, empty {empty.seconds:.0f} s: {real.seconds / empty.seconds:.2f} times",
                target="at most 1.3 times",
                met=real.seconds <= 1.3 * empty.seconds,
            ),
            Measure(
                what=f"`zakaz_backfill` of {long_days} days against `dags backfill`, extrapolated from {days}",
                measured=f"{pieces:.0f} s, by days {by_days:.0f} s: {by_days / pieces:.1f} times faster",
                target="at least 20 times" if long_days == YEAR else "",
                met=by_days >= 20 * pieces if long_days == YEAR else None,
            ),
            Measure(
                what=f"`zakaz_backfill` of {long_days} days against a script",
                measured=f"{in_airflow:.0f} s after a fixed start of {started:.0f} s, script {script:.0f} s: "
                f"{in_airflow / script:.2f} times",
                target="at most 1.5 times",
                met=in_airflow <= 1.5 * script,
            ),
        ],
    )


@dataclass(frozen=True)
class Timed:
    """Seconds of a command, and those from the begin of its first task to the end of its last."""

    seconds: float
    tasks_seconds: float


def day_by_day(place: Installation, dag_id: str, days: DayRange) -> Timed:
    """`airflow dags backfill`."""
    seconds = place.airflow("dags", "backfill", "-s", str(days.first), "-e", str(days.last), dag_id)
    ((tasks, tasks_seconds),) = place.ask(
        "SELECT count(*), extract(epoch FROM max(end_date) - min(start_date))::float FROM task_instance "
        f"WHERE dag_id = '{dag_id}' AND state = 'success'"
    )
    assert tasks == TASKS * len(list(days)), tasks
    return Timed(seconds, tasks_seconds)


def in_pieces(place: Installation, days: DayRange) -> tuple[float, float]:
    """`zakaz_backfill` under a scheduler: seconds from the trigger to its first task, and to its end."""
    form = {"from_date": str(days.first), "to_date": str(days.last), "reason": "bench"}
    with place.scheduler():
        place.airflow("dags", "trigger", "zakaz_backfill", "--run-id", "bench", "--conf", json.dumps(form))
        place.until("SELECT 1 FROM dag_run WHERE run_id = 'bench' AND state IN ('success', 'failed')", LIMIT_SECONDS)
    ((state, started, seconds),) = place.ask(
        "SELECT dag_run.state, extract(epoch FROM min(task_instance.start_date) - dag_run.queued_at)::float, "
        "extract(epoch FROM dag_run.end_date - dag_run.queued_at)::float "
        "FROM dag_run JOIN task_instance USING (run_id) WHERE run_id = 'bench' GROUP BY dag_run.id"
    )
    assert state == "success", place.failures("bench")
    return started, seconds


def as_script(place: Installation, days: DayRange) -> float:
    """The script; its own seconds, without its start."""
    command = [sys.executable, str(Path(__file__).with_name("plain_backfill.py")), f"{days.first}/{days.last}"]
    done = subprocess.run(command, env=place.environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--long-days", type=int, default=YEAR)
    parser.add_argument("--ads", type=int, default=2000)
    parser.add_argument("--clickhouse", default="", help="URI of a server that is emptied: clickhouse://…")
    given = parser.parse_args()
    show(section(given.days, given.long_days, given.ads, given.clickhouse))


if __name__ == "__main__":
    main()
