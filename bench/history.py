"""What ten years of history cost a day: the rebuild of its marts, and what BI reads, beside one year.

python bench/history.py [--years 10] [--ads 2000]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from installation import environment
from report import Measure, Section, show

TIMES = 9
LAST = date(2025, 12, 31)
CITIES, EVENTS = 50, 20
REBUILD_VK, REBUILD_SALES = "vk mart, one day", "sales mart, one day"
BY_CITY, BY_MONTH = "last 30 days by city", "a year by month"
READS = {
    BY_CITY: "SELECT city, sum(spend), sum(revenue) FROM bi.v_marketing_roi_daily "
    "WHERE d > toDate('{last}') - 30 AND d <= '{last}' GROUP BY city",
    BY_MONTH: "SELECT toStartOfMonth(d) AS m, sum(spend), sum(revenue) FROM bi.v_marketing_roi_daily "
    "WHERE d > toDate('{last}') - 365 AND d <= '{last}' GROUP BY m",
}
HOW = f"""`bench/history.py`: {{ads:,}} ads in {{campaigns:,}} campaigns and {CITIES} cities, and {EVENTS} events a
day, staged by SQL for every day; the marts built from it by the project's statements: {{rows:,}} rows of the VK mart
at {{years}} years. The embedded engine, in one process; the median of {TIMES}. The reads go through
`bi.v_marketing_roi_daily`."""
# As many ads in each campaign as the sandbox makes on average, and cities in turn.
STAGED_ADS = """
    INSERT INTO zakaz.stg_vk_ads_daily
    (
        stat_date, account_id, campaign_id, campaign_name, ad_group_id, ad_group_name, ad_id, ad_name, impressions,
        clicks, goals, spend, utm_source, utm_content, _ver, _deleted
    )
    WITH (
        SELECT groupArray(alias)
        FROM (SELECT min(alias) AS alias FROM zakaz.dim_city_alias GROUP BY city LIMIT {cities})
    ) AS slugs

    SELECT
        toDate('{first}') + intDiv(number, {ads}), 7, intDiv(number % {ads}, 2) AS campaign,
        concat('Кампания ', toString(campaign)), number % {ads} AS ad, 'Группа', ad,
        concat('Объявление ', toString(ad)), cityHash64(number) % 9000,
        cityHash64(number) % 90, 0, toDecimal64(cityHash64(number) % 100000 / 100, 2), 'vk_ads',
        concat(slugs[1 + campaign % length(slugs)], '_video'), 1, 0
    FROM numbers({ads} * (dateDiff('day', toDate('{first}'), toDate('{last}')) + 1))
"""
STAGED_SALES = """
    INSERT INTO zakaz.stg_qtickets_sales
    (
        report_date, event_date, event_id, event_name, show_id, city, tickets_sold, revenue, refunds_amount, currency,
        _ver, _deleted
    )
    WITH (
        SELECT groupArray(city)
        FROM (SELECT DISTINCT city FROM zakaz.dim_city_alias ORDER BY city LIMIT {cities})
    ) AS cities

    SELECT
        toDate('{first}') + intDiv(number, {events}) AS day, day + 20, number % 97 AS event, 'Ревизор', event,
        cities[1 + event % length(cities)], 7, 10500, 0, 'RUB', 1, 0
    FROM numbers({events} * (dateDiff('day', toDate('{first}'), toDate('{last}')) + 1))
"""


def fill(warehouse: Any, first: date, last: date, ads: int) -> None:
    """Stage days that are not there yet, and build their marts as the DAG does."""
    from zakaz.days import DayRange
    from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, rebuild
    from zakaz.warehouse.sql import statement

    values = {"first": first, "last": last, "ads": ads, "cities": CITIES, "events": EVENTS}
    warehouse.execute(STAGED_ADS.format(**values))
    warehouse.execute(STAGED_SALES.format(**values))
    rebuild(warehouse, DM_VK_ADS, statement("vk_ads/dm_vk_ads_daily.sql"), DayRange(first, last))
    rebuild(warehouse, DM_SALES, statement("sales/dm_sales_daily.sql"), DayRange(first, last))


def take_times(warehouse: Any) -> dict[str, float]:
    """Median seconds of each thing that is done with the last days."""
    from zakaz.days import DayRange
    from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, rebuild
    from zakaz.warehouse.sql import statement

    day = DayRange(LAST - timedelta(days=3), LAST - timedelta(days=3))
    marts = {
        REBUILD_VK: lambda: rebuild(warehouse, DM_VK_ADS, statement("vk_ads/dm_vk_ads_daily.sql"), day),
        REBUILD_SALES: lambda: rebuild(warehouse, DM_SALES, statement("sales/dm_sales_daily.sql"), day),
    }
    reads = {what: _reader(warehouse, sql.format(last=LAST)) for what, sql in READS.items()}
    return {what: _seconds(work) for what, work in (marts | reads).items()}


def _settle(warehouse: Any) -> None:
    """Wait until the engine has put together what was just written, as it has any morning."""
    while warehouse.execute("SELECT count() FROM system.merges") != [(0,)]:
        time.sleep(1)
    time.sleep(3)


def _reader(warehouse: Any, sql: str) -> Callable[[], Any]:
    return lambda: warehouse.execute(sql)


def _seconds(work: Callable[[], Any]) -> float:
    work()  # the first one reads from disk
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        assert work()
        times.append(time.perf_counter() - started)
    return median(times)


def run_one(years: int, ads: int) -> dict[str, Any]:
    """In the child: one year, then the years before it."""
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.migrate import migrate

    warehouse = WarehouseHook()
    assert migrate(warehouse) == []
    year_start = LAST.replace(month=1, day=1)
    with warehouse.session():
        fill(warehouse, year_start, LAST, ads)
        _settle(warehouse)
        short = take_times(warehouse)
        for back in range(1, years):
            fill(warehouse, year_start.replace(year=LAST.year - back), LAST.replace(year=LAST.year - back), ads)
        _settle(warehouse)
        long = take_times(warehouse)
        ((rows,),) = warehouse.execute("SELECT count() FROM zakaz.dm_vk_ads_daily FINAL")
    return {"short": short, "long": long, "rows": rows}


def section(years: int = 10, ads: int = 2000) -> Section:
    """Measure in a process and a warehouse of its own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, __file__, "--years", str(years), "--ads", str(ads), "--child"]
        given = environment(Path(home), "http://127.0.0.1:1", {})
        done = subprocess.run(command, env=given, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Section(
        title=f"{years} years of history against 1",
        how=HOW.format(ads=ads, campaigns=ads // 2, rows=found["rows"], years=years),
        measures=[_measure(what, found["short"][what], found["long"][what], years) for what in found["short"]],
    )


def _measure(what: str, short: float, long: float, years: int) -> Measure:
    is_rebuild = what in (REBUILD_VK, REBUILD_SALES)
    ratio = long / short
    return Measure(
        what=f"Rebuild of the {what}" if is_rebuild else f"BI reads {what}",
        measured=f"{short * 1000:.0f} ms at 1 year, {long * 1000:.0f} ms at {years}: {ratio:.2f} times",
        target="at most 2 times" if is_rebuild else "",
        met=ratio <= 2 if is_rebuild else None,
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--ads", type=int, default=2000)
    parser.add_argument("--child", action="store_true")
    given = parser.parse_args()
    if given.child:
        print(json.dumps(run_one(given.years, given.ads)))
    else:
        show(section(given.years, given.ads))


if __name__ == "__main__":
    main()
