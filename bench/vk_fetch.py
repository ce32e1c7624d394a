"""How long a month of a large account takes to fetch over a slow line: one call at a time, and several.

python bench/vk_fetch.py [--ads 2000] [--latency-ms 100]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from zakaz.clients.http import JsonApi
from zakaz.clients.vk_ads import VkAdsClient, refused
from zakaz.clients.vk_tokens import ReadyToken
from zakaz.days import DayRange, last_complete_day

INFRA = Path(__file__).parent.parent / "infra"
ACCESS_TOKEN = "sandbox-access-token"  # noqa: S105 - the stand-in's public value
DAYS = 30


@contextmanager
def slow_sandbox(ads: int, latency_ms: int) -> Iterator[str]:
    """A sandbox in a process of its own; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", "0", "--ads", str(ads), "--latency-ms", str(latency_ms), "--state-dir", folder]
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *options],
            env={**os.environ, "PYTHONPATH": str(INFRA)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            process.wait()


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


def main() -> None:
    """Measure both in one run, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ads", type=int, default=2000)
    parser.add_argument("--latency-ms", type=int, default=100)
    given = parser.parse_args()
    with slow_sandbox(given.ads, given.latency_ms) as url:
        fetch(url, 16)  # the sandbox remembers what it once worked out
        one, calls = fetch(url, 1)
        several, _ = fetch(url, 16)
    print(f"{given.ads:,} ads, {DAYS} days, {given.latency_ms} ms an answer, {calls} calls")
    print(f"  one at a time {one:6.2f} s, up to 16 at once {several:6.2f} s")
    print(f"  {several / one:.2f} of the sequential time (target: below 0.25)")


if __name__ == "__main__":
    main()
