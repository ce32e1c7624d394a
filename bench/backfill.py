"""What Airflow adds to a backfill without a scheduler: day by day, and a year in pieces.

python bench/backfill.py [--days 30] [--long-days 365] [--ads 2000]
"""

import argparse
import re
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from installation import Done, Installation
from report import Measure, Section, show
from sandbox_process import sandbox

from zakaz.days import DayRange, last_complete_day

CITIES, EVENTS_A_DAY = 50, 20
TASKS = 5
YEAR = 365
HOW = f"""`bench/backfill.py`: Airflow on SQLite, no service beside it, the sandbox with {{ads:,}} ads,
{CITIES} cities and {EVENTS_A_DAY} events a day. `airflow dags backfill` is timed as a command, its {TASKS} tasks a day
beside the same loop over the same graph of PythonOperators that do nothing; a day is what the command says of it.
`bin/zakaz backfill` does the year by the pieces of `zakaz_backfill`; its fixed start is until the first task begins.
The script, `bench/plain_backfill.py`, makes the same HTTP calls and SQL for the same pieces in one process. Each begins
with an empty warehouse and a sandbox that has worked nothing out yet. The target of 1.3 times is from Airflow 2, where
an empty day took 3 s: now the sources and the warehouse alone take longer than an empty day."""


def section(days: int = 30, long_days: int = YEAR, ads: int = 2000, clickhouse: str = "") -> Section:
    """Measure everything in one run.

    :param days: of `dags backfill`. :param long_days: of `bin/zakaz backfill`, more than a month.
    :param ads: of the account.
    :param clickhouse: the URI of a server that is emptied for each run; the embedded engine by default.
    """
    source = {"ads": ads, "cities": CITIES, "events_a_day": EVENTS_A_DAY}
    last = last_complete_day()
    short, long = (DayRange(last - timedelta(days=number - 1), last) for number in (days, long_days))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "airflow"
        home.mkdir()
        with sandbox(**source) as url:
            place = Installation(home, url, clickhouse)
            empty_days(place, DayRange(last, last))  # the first one makes Airflow's database
            empty = empty_days(place, DayRange(short.first - timedelta(days=days), short.first - timedelta(days=1)))
            real = place.airflow("dags", "backfill", "-s", str(short.first), "-e", str(short.last), "zakaz_etl")
            require_tasks(place, "zakaz_etl", days)
        with sandbox(**source) as url:
            place.start_anew(url)
            pieces, started = in_pieces(place, long)
        with sandbox(**source) as url:
            place.start_anew(url)
            script = as_script(place, long)
    at_work = pieces.seconds - started
    a_day, nothing_a_day = (sum(seconds_of_days(done)) / days for done in (real, empty))
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
            Measure(what="A day of it", measured=f"{a_day:.2f} s, of the empty DAG {nothing_a_day:.2f} s"),
            Measure(
                what=f"`bin/zakaz backfill` of {long_days} days against a script",
                measured=f"{at_work:.0f} s after a fixed start of {started:.0f} s, script {script:.0f} s: "
                f"{at_work / script:.2f} times",
                target="at most 1.5 times",
                met=at_work <= 1.5 * script,
            ),
        ],
    )


def empty_days(place: Installation, days: DayRange) -> Done:
    """The DAG that does nothing."""
    done = place.run(sys.executable, str(Path(__file__).with_name("empty_backfill.py")), days.iso)
    require_tasks(place, "empty_etl", len(list(days)))
    return done


def require_tasks(place: Installation, dag_id: str, days: int) -> None:
    """See that no task was left out: an empty loop would be fast."""
    ((tasks,),) = place.ask(f"SELECT count(*) FROM task_instance WHERE dag_id = '{dag_id}' AND state = 'success'")
    assert tasks >= TASKS * days, (dag_id, tasks)


def seconds_of_days(done: Done) -> list[float]:
    """What a backfill said of each day."""
    return [float(seconds) for seconds in re.findall(r"^\d{4}-\d\d-\d\d  \w+ +(\d+\.\d) s", done.output, re.MULTILINE)]


def in_pieces(place: Installation, days: DayRange) -> tuple[Done, float]:
    """`bin/zakaz backfill`: its seconds, and those until its first task began."""
    done = place.zakaz("backfill", "--from", str(days.first), "--to", str(days.last), "--reason", "bench")
    ((first,),) = place.ask("SELECT min(start_date) FROM task_instance WHERE dag_id = 'zakaz_backfill'")
    return done, datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp() - done.began


def as_script(place: Installation, days: DayRange) -> float:
    """The script; its own seconds, without its start."""
    done = place.run(sys.executable, str(Path(__file__).with_name("plain_backfill.py")), days.iso)
    return float(done.output.split()[-1])


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
