"""What an installation takes: bytes in each table, memory of each service, seconds of a morning's run.

python bench/capacity.py [--ads 1000] [--mornings 8]     writes docs/CAPACITY.md
"""

import argparse
import json
import platform
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from installation import Installation
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sandbox_process import sandbox

from zakaz.days import DayRange, last_complete_day

HERE = Path(__file__).parent
FILE = HERE.parent / "docs" / "CAPACITY.md"
SERVICES = ("api-server", "scheduler", "dag-processor")
ACCOUNTS = (100, 1_000, 5_000)
# Of each answer of the sources.
LATENCY_MS = 100
IDLE_SECONDS = 60
# What a table takes after its parts are merged. Replies and registries grow with each morning, figures with each day;
# parsed_vk_ads is emptied after two days.
TABLES = """
    SELECT concat(database, '.', table), sum(rows), sum(bytes_on_disk)
    FROM system.parts
    WHERE active AND database IN ('zakaz', 'meta') AND table NOT IN ('dim_city_alias', 'parsed_vk_ads')
    GROUP BY database, table
    ORDER BY sum(bytes_on_disk) DESC
"""
DAY_COLUMNS = {
    "zakaz.stg_vk_ads_daily": "stat_date",
    "zakaz.dm_vk_ads_daily": "stat_date",
    "zakaz.stg_qtickets_sales": "report_date",
    "zakaz.dm_sales_daily": "sale_date",
}


@dataclass(frozen=True)
class Table:
    """What a table grows by.

    :param rows: a day. :param size: bytes a day.
    """

    name: str
    rows: float
    size: float

    @property
    def year_mb(self) -> float:
        """Megabytes a year."""
        return self.size * 365 / 1e6


def mornings(place: Installation, number: int) -> tuple[list[Table], dict[str, float]]:
    """The tables after as many scheduled mornings in a row, and what they loaded a day.

    :returns: the tables, and the ads with figures and the tickets of a day.
    """
    last = last_complete_day()
    for day in DayRange(last - timedelta(days=number - 1), last):
        place.zakaz("stage", "zakaz_etl", "--date", str(day), "--lookback")
    tables = [name for name, _, _ in _rows(place, TABLES)]
    for name in tables:
        place.zakaz("sql", f"OPTIMIZE TABLE {name} FINAL")
    days = {name: _rows(place, f"SELECT uniq({day}) FROM {name}")[0][0] for name, day in DAY_COLUMNS.items()}
    found = []
    for name, rows, size in _rows(place, TABLES):
        per = int(days.get(name, number))
        found.append(Table(name, int(rows) / per, int(size) / per))
    ((tickets,),) = _rows(
        place,
        f"SELECT uniq(basket_id) FROM zakaz.raw_qtickets_tickets WHERE toDate(payed_at, 'Europe/Moscow') = '{last}'",
    )
    ((ads,),) = _rows(place, f"SELECT uniq(ad_id) FROM zakaz.stg_vk_ads_daily WHERE stat_date = '{last}'")
    return found, {"ads": int(ads), "tickets": int(tickets)}


def _rows(place: Installation, sql: str) -> list[list[Any]]:
    return [json.loads(line) for line in place.zakaz("sql", sql, "--format", "JSONCompactEachRow").output.splitlines()]


class Memory(threading.Thread):
    """Watches the services of an installation and all their processes.

    `peaks` has the most that each had at once, in megabytes: the proportional set size, in which what several
    processes share counts once.
    """

    def __init__(self, place: Installation) -> None:
        super().__init__(daemon=True)
        self._home, self._ended = place.home, threading.Event()
        self.peaks = dict.fromkeys(SERVICES, 0.0)

    def run(self) -> None:
        """Look twice a second until it is stopped."""
        while not self._ended.wait(0.5):
            for name in SERVICES:
                self.peaks[name] = max(self.peaks[name], self._now(name))

    def stop(self) -> dict[str, float]:
        """End, and give the peaks."""
        self._ended.set()
        self.join()
        return self.peaks

    def _now(self, name: str) -> float:
        total = 0
        with suppress(psutil.Error, OSError, ValueError):
            parent = psutil.Process(int((self._home / "zakaz" / f"{name}.pid").read_text()))
            for process in [parent, *parent.children(recursive=True)]:
                with suppress(psutil.Error):
                    total += process.memory_full_info().pss
        return total / 1e6


@contextmanager
def watched(place: Installation) -> Iterator[dict[str, float]]:
    """The peaks of the services during the block, once it has ended."""
    memory = Memory(place)
    memory.start()
    peaks: dict[str, float] = {}
    yield peaks
    peaks.update(memory.stop())


def services(place: Installation) -> dict[str, tuple[float, float]]:
    """Megabytes of each service of Airflow, idle and while the scheduler does days of a backfill."""
    place.zakaz("up")
    try:
        time.sleep(IDLE_SECONDS)
        with watched(place) as idle:
            time.sleep(10)
        last = last_complete_day()
        with watched(place) as at_work:
            place.airflow("dags", "backfill", "-s", str(last - timedelta(days=2)), "-e", str(last), "zakaz_etl")
    finally:
        place.zakaz("down")
    return {name: (idle[name], at_work[name]) for name in SERVICES}


def morning(home: Path, ads: int) -> tuple[float, float]:
    """Seconds of a morning's run that reads its days anew, and the most memory that it took in megabytes."""
    with sandbox(ads=ads, latency_ms=LATENCY_MS) as url:
        place = Installation(home, url)
        day = str(last_complete_day())
        command = [str(HERE.parent / "bin" / "zakaz"), "stage", "zakaz_etl", "--date", day, "--lookback"]
        place.run(*command)  # the first one makes Airflow's database
        started, peak = time.perf_counter(), 0
        process = psutil.Popen(command, env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            with suppress(psutil.Error):
                peak = max(
                    peak, sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)])
                )
            time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed")
    return time.perf_counter() - started, peak / 1e6


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=1_000, help="of the account whose tables are measured (%(default)s)")
    parser.add_argument("--mornings", type=int, default=8, help="how many it is loaded (%(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, sandbox(ads=given.ads) as url:
        place = Installation(_made(folder, "airflow"), url)
        tables, loaded = mornings(place, given.mornings)
        memory = services(place)
    times = {}
    for ads in ACCOUNTS:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            times[ads] = morning(_made(folder, "airflow"), ads)
    page = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701 - Markdown
    FILE.write_text(
        page.get_template("capacity.md.j2").render(
            when=f"{datetime.now(UTC):%Y-%m-%d}",
            cores=psutil.cpu_count(),
            machine=platform.machine(),
            ads=given.ads,
            loaded=loaded,
            tables=tables,
            memory=memory,
            times=times,
            latency_ms=LATENCY_MS,
        ),
        encoding="utf-8",
    )
    print(f"written: {FILE}")


def _made(folder: str, name: str) -> Path:
    home = Path(folder) / name
    home.mkdir()
    return home


if __name__ == "__main__":
    main()
