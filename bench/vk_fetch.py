"""How long a month of a large account takes to fetch over a slow line: one call at a time, and several.

python bench/vk_fetch.py [--ads 2000] [--latency-ms 100]
"""

import argparse
import time
from datetime import timedelta

from report import Measure, Section, show
from sandbox_process import sandbox

from zakaz.days import DayRange, last_complete_day
from zakaz.sources.http import JsonApi
from zakaz.sources.vk_ads import VkAdsClient, refused
from zakaz.sources.vk_tokens import ReadyToken

ACCESS_TOKEN = "sandbox-access-token"  # noqa: S105 - the stand-in's public value
DAYS = 30


def fetch(url: str, parallel_calls: int) -> tuple[float, int]:
    """Seconds and calls that lists and statistics of all ads take."""
    client = VkAdsClient(
        JsonApi("VK Ads", url, refuse=refused), ReadyToken(ACCESS_TOKEN, "token"), parallel_calls=parallel_calls
    )
    last = last_complete_day()
    started, calls, ads = time.perf_counter(), 0, list[int]()
    for reply, ids in client.lists():
        calls += 1
        if reply.resource == "banners":
            ads += ids
    calls += sum(1 for _ in client.statistics(ads, DayRange(last - timedelta(days=DAYS - 1), last)))
    return time.perf_counter() - started, calls


def section(ads: int = 2000, latency_ms: int = 100) -> Section:
    """Measure both in one run."""
    with sandbox(ads=ads, latency_ms=latency_ms) as url:
        fetch(url, 16)  # the sandbox remembers what it once worked out
        one, calls = fetch(url, 1)
        several, _ = fetch(url, 16)
    return Section(
        title="Fetching from VK Ads",
        how=f"`bench/vk_fetch.py`: lists and statistics of {ads:,} ads and {DAYS} days from the sandbox, "
        f"{latency_ms} ms an answer, {calls} calls; one at a time, and up to 16 at once.",
        measures=[
            Measure(
                what="Calls side by side against one at a time",
                measured=f"{several:.2f} s, one at a time {one:.2f} s: {several / one:.2f} of the time",
                target="below 0.25",
                met=several < 0.25 * one,
            )
        ],
    )


def main() -> None:
    """Measure, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=2000)
    parser.add_argument("--latency-ms", type=int, default=100)
    given = parser.parse_args()
    show(section(given.ads, given.latency_ms))


if __name__ == "__main__":
    main()
