"""How much later than an empty answer of Airflow the status page is there, with two years of runs in the registry.

python bench/status_page.py [--days 730]
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import requests
from installation import environment
from report import Measure, Section, show

DAYS = 730
ROUNDS, TIMES = 3, 11
START_SECONDS = 120
LATER_SECONDS = 0.3
# A list of nothing, by Airflow's own API.
EMPTY, PAGE = PATHS = ("/api/v2/variables", "/zakaz/status")
# As the scheduler's runs leave them: each looks back a week, of sales a month.
RUNS = """
    INSERT INTO meta.etl_runs
    (
        job, run_id, started_at, finished_at, status, rows_written, rows_read, err_msg, from_date, to_date, host,
        version_tag, dag_id, dag_run_id, run_type, try_number, log_url, _ver
    )
    SELECT
        jobs.1, generateUUIDv4(), toDateTime64(toDateTime(day + 1, 'Europe/Moscow') + 20100 + 60 * jobs.2, 6) AS began,
        began + 40, if(number % 50 = 7 AND jobs.2 = 5, 'error', 'ok'), 1200, 1200, '', day - jobs.3, day, 'etl-1',
        '1', 'zakaz_etl', concat('scheduled__', toString(day - 1), 'T21:00:00+00:00'), 'scheduled', 1,
        'http://127.0.0.1:8080/dags/zakaz_etl/grid?tab=logs', number
    FROM (
        SELECT
            number, toDate(now('Europe/Moscow')) - 1 - number AS day,
            arrayJoin([
                ('vk_fetch', 1, 6), ('qtickets_fetch', 2, 29), ('build_dm_vk', 3, 6), ('build_dm_sales', 4, 29),
                ('healthcheck', 5, 29)
            ]) AS jobs
        FROM numbers({days})
    )
"""
CHECKS = """
    INSERT INTO meta.quality_results
    (day, check_name, code, severity, subject, expected, found, passed, checked_at, _ver)
    SELECT
        toDate(now('Europe/Moscow')) - 1 - intDiv(number, 21), concat('check_', toString(number % 21)), 'MISMATCH',
        'fail', 'dm', 'at least 1 row', '1200 rows', 1, now64(6), 1
    FROM numbers(21 * {days})
"""
ALERTS = """
    INSERT INTO meta.etl_alerts
    (ts, severity, job, code, message, context_json, alert_id, dag_run_id, delivery, from_date, to_date, _ver)
    SELECT
        now64(6) - toIntervalDay(number) AS ts, if(number % 30 = 3, 'critical', 'info'), 'healthcheck',
        transform(number % 30, [2, 3], ['RECOVERED', 'RUN_FAILED'], 'DIGEST'), 'За вчера: расход 17 900 ₽',
        '{{"code": "RUN_FAILED"}}', generateUUIDv4(), '', 'sent', toDate(ts), toDate(ts), 1
    FROM numbers({days})
"""
MARTS = (
    """
    INSERT INTO zakaz.dm_vk_ads_daily
    (stat_date, city, account_id, campaign_id, campaign_name, impressions, clicks, goals, spend, _ver, _deleted)
    SELECT
        toDate(now('Europe/Moscow')) - 1 - intDiv(number, 50), toString(number % 50), 7, number % 50, 'Кампания', 9000,
        120, 3, 300 + cityHash64(number) % 100, 1, 0
    FROM numbers(50 * {days})
    """,
    """
    INSERT INTO zakaz.dm_sales_daily
    (
        sale_date, event_date, city, event_id, event_name, tickets_sold, revenue, refunds_amount, net_revenue, _ver,
        _deleted
    )
    SELECT
        toDate(now('Europe/Moscow')) - 1 - intDiv(number, 50) AS day, day + 20, toString(number % 50), number % 50,
        'Ревизор', 7, 900, 0, 900, 1, 0
    FROM numbers(50 * {days})
    """,
)
FILL = """
import json, sys
from zakaz.warehouse.hook import WarehouseHook
warehouse = WarehouseHook()
with warehouse.session():
    for statement in json.load(sys.stdin):
        warehouse.execute(statement)
"""


class Server:
    """A web server of Airflow on an installation of its own.

    :param home: an empty folder. :param days: of runs in its registry.
    """

    def __init__(self, home: Path, days: int) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = home / "output.log"
        more = {
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        }
        self._environment = environment(home, "http://127.0.0.1:1", more)
        self._call("airflow", "db", "migrate")
        self._call("zakaz.cli", "migrate")
        self._fill(days)

    def _fill(self, days: int) -> None:
        statements = [one.format(days=days) for one in (RUNS, CHECKS, ALERTS, *MARTS)]
        # A month that is over was merged long ago.
        tables = ("meta.etl_runs", "meta.quality_results", "meta.etl_alerts")
        statements += [f"OPTIMIZE TABLE {table} FINAL" for table in tables]
        subprocess.run(
            [sys.executable, "-c", FILL],
            input=json.dumps(statements).encode(),
            env=self._environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def _call(self, module: str, *arguments: str) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", module, *arguments]
            subprocess.run(command, env=self._environment, stdout=log, stderr=log, check=True)

    def seconds(self) -> dict[str, float]:
        """The time of the status page and of an empty one: the median of a round, and the best of all rounds."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow", "api-server"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            session = self._login()
            self._round(session)  # the first answers load the engine
            rounds = [self._round(session) for _ in range(ROUNDS)]
            return {path: min(one[path] for one in rounds) for path in PATHS}
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _round(self, session: Any) -> dict[str, float]:
        """Ask for both pages in turn."""
        times: dict[str, list[float]] = {path: [] for path in PATHS}
        for _ in range(TIMES):
            for path, taken in times.items():
                started = time.perf_counter()
                answer = session.get(self.url + path, timeout=60)
                taken.append(time.perf_counter() - started)
                if answer.status_code != requests.codes.ok:
                    raise SystemExit(f"bench: {path} answers {answer.status_code}\n{answer.text[-2000:]}")
        return {path: median(taken) for path, taken in times.items()}

    def _login(self) -> Any:
        session = requests.Session()
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                token = session.get(f"{self.url}/auth/token", timeout=30)
                break
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"bench: no web server\n{self._log.read_text(errors='replace')[-3000:]}") from None
                time.sleep(0.5)
        session.cookies.set("_token", token.json()["access_token"], domain="127.0.0.1", path="/")
        return session


def section(days: int = DAYS) -> Section:
    """Measure both pages on one server."""
    with tempfile.TemporaryDirectory(prefix="zakaz-bench-", ignore_cleanup_errors=True) as home:
        taken = Server(Path(home), days).seconds()
    empty, page = taken[EMPTY], taken[PAGE]
    return Section(
        title="The status page",
        how=f"`bench/status_page.py`: {days} days of runs, checks and marts, one worker of Airflow's API server, the "
        f"embedded engine, which is opened anew for each page; against an empty list by Airflow's API (`{EMPTY}`), "
        f"asked for in turn; the median of {TIMES}, and of {ROUNDS} such rounds the best.",
        measures=[
            Measure(
                what="Status page against an empty answer of Airflow",
                measured=f"{page * 1000:.0f} ms, empty {empty * 1000:.0f} ms: {(page - empty) * 1000:.0f} ms later",
                target=f"at most {LATER_SECONDS * 1000:.0f} ms later",
                met=page - empty <= LATER_SECONDS,
            )
        ],
    )


def main() -> None:
    """Measure, and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS, help="of runs in the registry (%(default)s)")
    show(section(parser.parse_args().days))


if __name__ == "__main__":
    main()
