"""``python -m sandbox``: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Sequence

from sandbox.cities import CITIES
from sandbox.server import DEFAULT_ADS, Sandbox

DEFAULT_PORT = 8480

ENDING = (signal.SIGTERM, signal.SIGINT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT.

    :param arguments: the command line; ``None`` takes that of the process.
    :returns: the exit code: 0 after a signal, 1 if it cannot start; argparse ends with 2 on a wrong command line.
    """
    given = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show Cyrillic must not turn an arriving message into an error.
        sys.stdout.reconfigure(errors="replace")
    # Blocked before any thread starts, and waited for: a handler runs in the main thread only, and one that sleeps is
    # not woken by a signal that another thread was given.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        sandbox = Sandbox(
            seed=given.seed,
            state_dir=given.state_dir,
            ads=given.ads,
            cities=given.cities,
            events_a_day=given.events_a_day,
            port=given.port,
            latency_ms=given.latency_ms,
            rps=given.rps,
        )
        for text in given.fault:
            service, kind, times = _fault(text)
            sandbox.fault(service, kind, times=times)
        sandbox.start()
    except ValueError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(str(error))
    print(f"ready {sandbox.url}", flush=True)
    signal.sigwait(ENDING)
    sandbox.stop()
    print("stopped", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Offline stand-ins for VK Ads, QTickets and the Telegram Bot API on loopback.",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="TCP port, 0 picks a free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all figures (%(default)s)")
    parser.add_argument("--state-dir", required=True, metavar="DIR", help="folder for telegram.jsonl")
    parser.add_argument("--ads", type=int, default=DEFAULT_ADS, metavar="N", help="number of ads (%(default)s)")
    parser.add_argument("--cities", type=int, default=len(CITIES), metavar="N", help="number of cities (%(default)s)")
    parser.add_argument("--events-a-day", type=int, metavar="N", help="events that sell on a day (10 to 14 sales)")
    parser.add_argument(
        "--latency-ms", type=int, default=0, metavar="MS", help="how long each answer takes (%(default)s)"
    )
    parser.add_argument(
        "--rps", type=int, metavar="N", help="calls of one VK method in a second, more get a 429 (any number)"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SERVICE:KIND[:TIMES]",
        help="a fault from the start; repeatable",
    )
    return parser


def _fault(text: str) -> tuple[str, str, int | None]:
    service, _, rest = text.partition(":")
    kind, _, times = rest.partition(":")
    if times and not times.isdecimal():
        msg = f"--fault {text!r}: {times!r} is not a number of times"
        raise ValueError(msg)
    return service, kind, int(times) if times else None


def _refuse(reason: str) -> int:
    print(f"sandbox: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
