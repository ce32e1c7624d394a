"""From reply bytes to the finished staging: our load beside a plain Python one and beside the engine alone.

Prints seconds, rows a second and peak memory of each, and the ratios; only the ratios travel between machines.

    python bench/vk_load.py [--rows 1000000]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from report import Measure, Section, show

ROOT = Path(__file__).parent.parent
ADS_PER_PAGE, DAYS_PER_PAGE, PAGES_PER_MONTH = 200, 25, 20
ROWS_PER_PAGE = ADS_PER_PAGE * DAYS_PER_PAGE
FIRST_MONTH = 2026 * 12
ACCOUNT = 7
HOW = f"""`bench/vk_load.py`: {{rows:,}} rows of statistics in pages of {ROWS_PER_PAGE:,}, from reply bytes to the
finished staging in the open embedded engine, each way in a process and a warehouse of its own, in memory where the
machine has `/dev/shm` (what else a disk is busy with changed the figure by half), {{rounds}} rounds of all ways and the
best of each. Plain Python reads them with `json` and inserts by column, without a check; the engine alone
reads the figures of the same files in one statement."""
ROUNDS = 3
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
COLUMNS = ["stat_date", "account_id", "ad_id", "impressions", "clicks", "goals", "spend", "_ver", "_deleted"]


def window(page: int) -> tuple[date, date]:
    """The days of a page: every so many pages, the next month."""
    year, month = divmod(FIRST_MONTH + page // PAGES_PER_MONTH, 12)
    first = date(year, month + 1, 1)
    return first, first + timedelta(days=DAYS_PER_PAGE - 1)


def page_ids(page: int) -> list[int]:
    """The ads of a page."""
    start = page % PAGES_PER_MONTH * ADS_PER_PAGE
    return list(range(start + 1, start + ADS_PER_PAGE + 1))


def write_pages(folder: Path, count: int) -> None:
    """Replies as VK gives them, one file each."""
    chance = Random(1)  # noqa: S311 - made-up figures
    for page in range(count):
        first, _ = window(page)
        items = [_item(ad_id, first, chance) for ad_id in page_ids(page)]
        (folder / f"{page:05d}.json").write_text(json.dumps({"items": items, "total": {"base": _total(items)}}))


def _item(ad_id: int, first: date, chance: Random) -> dict[str, Any]:
    rows = []
    for number in range(DAYS_PER_PAGE):
        kopecks = chance.randrange(100, 1_000_000)
        base = {"shows": chance.randrange(1, 90_000), "clicks": chance.randrange(900), "goals": 0}
        base |= {"spent": f"{kopecks / 100:.2f}", "cpm": "345.60", "cpc": "28.80", "cpa": "0", "ctr": 1.2, "cr": 0}
        base |= {"vk": {"goals": 3, "cpa": "115.20", "cr": 25.0, "result": 3, "cpr": "115.20"}}
        rows.append({"date": str(first + timedelta(days=number)), "base": base})
    return {"id": ad_id, "rows": rows, "total": {"base": _sum([row["base"] for row in rows])}}


def _sum(bases: list[dict[str, Any]]) -> dict[str, Any]:
    spent = sum(Decimal(base["spent"]) for base in bases)
    counts = {name: sum(base[name] for base in bases) for name in ("shows", "clicks", "goals")}
    return {**counts, "spent": str(spent)}


def _total(items: list[dict[str, Any]]) -> dict[str, Any]:
    return _sum([item["total"]["base"] for item in items])


def ours(pages: list[Path], warehouse: Any) -> None:
    """Land, read, check, build: what vk_fetch does with what the client gives it."""
    from zakaz.days import DayRange
    from zakaz.pipeline.buffered_insert import BufferedInsert
    from zakaz.pipeline.vk_account import Fetch
    from zakaz.pipeline.vk_ads import BUFFER_BYTES, RAW_COLUMNS, RAW_TABLE, build, land, read_and_check
    from zakaz.sources.vk_ads import Reply

    days = DayRange(window(0)[0], window(len(pages) - 1)[1])
    now = datetime.now(UTC)

    def listed(resource: str, items: list[dict[str, Any]]) -> Reply:
        return Reply(resource, {}, None, json.dumps({"count": len(items), "items": items}).encode(), now)

    def replies() -> Iterator[Reply]:
        ids = range(1, ADS_PER_PAGE * PAGES_PER_MONTH + 1)
        utm = {"enable_utm": True, "utm": "utm_source=vk_ads&utm_content=kazan_{{banner_id}}"}
        yield listed("ad_plans", [{"id": 1, "name": "Кампания"}])
        yield listed("ad_groups", [{"id": 2, "name": "Группа", "ad_plan_id": 1, **utm}])
        yield listed("banners", [{"id": ad_id, "name": f"Объявление {ad_id}", "ad_group_id": 2} for ad_id in ids])
        for page, file in enumerate(pages):
            yield Reply("statistics", {"id": page_ids(page)}, DayRange(*window(page)), file.read_bytes(), now)

    fetch = Fetch(ACCOUNT, days)
    with warehouse.session():
        buffer = BufferedInsert(warehouse, RAW_TABLE, RAW_COLUMNS, BUFFER_BYTES)
        land(buffer, fetch, replies())
        assert read_and_check(buffer, warehouse, fetch) == {}
        assert build(warehouse, fetch) == len(pages) * ROWS_PER_PAGE


def python_baseline(pages: list[Path], warehouse: Any) -> None:
    """(a) The same rows with json and one columnar insert a page; no checks, nothing landed, no old rows looked at."""
    names = {
        "campaign_id": 1,
        "campaign_name": "Кампания",
        "ad_group_id": 2,
        "ad_group_name": "Группа",
        "utm_source": "vk_ads",
    }
    client = warehouse.get_conn().execute.__self__._client
    for file in pages:
        columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, *names, "ad_name", "utm_content")}
        for item in json.loads(file.read_bytes())["items"]:
            described = {**names, "ad_name": f"Объявление {item['id']}", "utm_content": f"kazan_{item['id']}"}
            for row in item["rows"]:
                base = row["base"]
                figures = (base["shows"], base["clicks"], base["goals"], Decimal(base["spent"]))
                values = (date.fromisoformat(row["date"]), ACCOUNT, item["id"], *figures, 1, 0)
                for name, value in zip(COLUMNS, values, strict=True):
                    columns[name].append(value)
                for name, value in described.items():
                    columns[name].append(value)
        data = list(columns.values())
        client.insert("zakaz.stg_vk_ads_daily", data, column_names=list(columns), column_oriented=True)


def engine_alone(pages: list[Path], warehouse: Any) -> None:
    """(b) The engine reads the figures of the same files into the same table, in one statement: the limit."""
    warehouse.execute(
        f"""
        INSERT INTO zakaz.stg_vk_ads_daily ({", ".join(COLUMNS)})
        SELECT toDate(day.date), {ACCOUNT}, item.id, toUInt64(day.base.shows), toUInt64(day.base.clicks),
            toUInt64(day.base.goals), toDecimal64(day.base.spent, 2), 1, 0
        FROM (
            SELECT arrayJoin(zakaz_vk_statistics(raw_blob).items) AS item
            FROM file('{pages[0].parent}/{{{pages[0].stem}..{pages[-1].stem}}}.json', 'RawBLOB', 'raw_blob String')
        )
        ARRAY JOIN tupleElement(item, 'rows') AS day
        """
    )


WAYS = {"ours": ours, "python": python_baseline, "engine": engine_alone}


def measure(way: str, folder: Path, count: int) -> tuple[float, float]:
    """Seconds and peak megabytes of a way, in a process and a warehouse of its own."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "ZAKAZ_SANDBOX": "0"}
        connection = {"conn_type": "clickhouse", "extra": {"embedded_path": f"{home}/warehouse"}}
        environment |= {"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(connection), "RAW_DAYS": "4000"}
        environment["PYTHONPATH"] = str(ROOT / "plugins")
        command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--pages", str(count)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def run_one(way: str, folder: Path, count: int) -> None:
    """In the child: do it, and print what it took."""
    import clickhouse_connect.driver.insert  # noqa: F401 - imports are no part of the figure
    import pandas  # noqa: F401

    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.migrate import migrate

    warehouse = WarehouseHook()
    migrate(warehouse)
    pages = sorted(folder.glob("*.json"))[:count]
    with warehouse.session():
        started = time.perf_counter()
        WAYS[way](pages, warehouse)
        seconds = time.perf_counter() - started
    ((rows,),) = warehouse.execute("SELECT count() FROM zakaz.stg_vk_ads_daily FINAL")
    assert rows == count * ROWS_PER_PAGE, rows
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def section(rows: int = 1_000_000) -> Section:
    """Measure all ways in one run."""
    count = rows // ROWS_PER_PAGE
    with tempfile.TemporaryDirectory() as folder:
        write_pages(Path(folder), count)
        os.sync()  # else the pages are still being written while the first way runs
        rounds = [{way: measure(way, Path(folder), count) for way in WAYS} for _ in range(ROUNDS)]
        (_, small), (_, engine_small) = (measure(way, Path(folder), count // 10) for way in ("ours", "engine"))
    (own, memory), (python, _), (engine, engine_memory) = (min(found[way] for found in rounds) for way in WAYS)
    return Section(
        title="Loading from VK Ads",
        how=HOW.format(rows=count * ROWS_PER_PAGE, rounds=ROUNDS),
        measures=[
            Measure(
                what="Our load against plain Python",
                measured=f"{own:.2f} s, plain Python {python:.2f} s: {python / own:.1f} times faster",
                target="at least 5 times",
                met=python >= 5 * own,
            ),
            Measure(
                what="Our load against the engine alone",
                measured=f"{own:.2f} s, the engine {engine:.2f} s: {own / engine:.1f} times",
                target="at most 3 times",
                met=own <= 3 * engine,
            ),
            Measure(
                what="Peak memory of ten times the rows",
                measured=f"{memory:.0f} MB, of a tenth {small:.0f} MB: {memory / small:.2f} times; "
                f"the engine alone {engine_memory:.0f} and {engine_small:.0f} MB",
            ),
        ],
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--pages", type=int)
    given = parser.parse_args()
    if given.way:
        run_one(given.way, given.folder, given.pages)
    else:
        show(section(given.rows))


if __name__ == "__main__":
    main()
