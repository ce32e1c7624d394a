"""All benches one after the other; at the end docs/BENCHMARKS.md is written anew.

python bench/run.py [--days 30] [--long-days 365] [--years 10] [--ads 2000] [--rows 1000000]
"""

import argparse

import backfill
import history
import report
import vk_fetch
import vk_load

import status_page


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="of `airflow dags backfill` (%(default)s)")
    parser.add_argument("--long-days", type=int, default=backfill.YEAR, help="of `bin/zakaz backfill` (%(default)s)")
    parser.add_argument("--years", type=int, default=10, help="of history (%(default)s)")
    parser.add_argument("--ads", type=int, default=2000, help="of the account (%(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of statistics to load (%(default)s)")
    parser.add_argument(
        "--clickhouse",
        metavar="URI",
        help="a server that is emptied, to measure backfills with as well: clickhouse://default:@127.0.0.1:9000/",
    )
    given = parser.parse_args()
    measures = [
        lambda: vk_load.section(given.rows),
        lambda: vk_fetch.section(given.ads),
        lambda: history.section(given.years, given.ads),
        status_page.section,
        lambda: backfill.section(given.days, given.long_days, given.ads),
    ]
    if given.clickhouse:
        measures.append(lambda: backfill.section(given.days, given.long_days, given.ads, given.clickhouse))
    sections = []
    for measure in measures:
        sections.append(measure())
        report.show(sections[-1])
    full = parser.parse_args([])
    trial = {
        name: value for name, value in vars(given).items() if name != "clickhouse" and value != getattr(full, name)
    }
    report.write(sections, trial)
    print(f"written: {report.FILE}")


if __name__ == "__main__":
    main()
