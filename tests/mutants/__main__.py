"""Break the code in small ways, one at a time, and see whether its tests notice: `make mutants`."""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from by_hand import Change, part, try_changes
from modules import try_module
from tables import Broken, Verdict, listed

ENOUGH = 90


def main() -> int:
    """Try all changes, or those of the parts asked for; 1 if more survive than may, or a part could not be tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts with one of these words in their names, e.g. days")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="changes that are tried at once")
    asked = parser.parse_args()

    def is_wanted(name: str) -> bool:
        return not asked.only or any(word in name for word in asked.only)

    modules = [module for module in listed("module") if is_wanted(module["file"])]
    by_part: dict[str, list[Change]] = {}
    for change in listed("change"):
        by_part.setdefault(part(change), []).append(change)
    by_hand = [changes for name, changes in by_part.items() if is_wanted(name)]
    if not modules and not by_hand:
        sys.exit(f"make mutants: no part has {' or '.join(asked.only)} in its name")
    verdicts: list[Verdict] = []
    broken: list[Broken] = []

    def keep(found: Iterator[Verdict]) -> None:
        try:
            for one in found:
                verdicts.append(one)
                if not one.is_killed:
                    print(f"SURVIVED {one.change}\n", flush=True)
        except Broken as error:
            broken.append(error)
            print(f"NOT TRIED {error}\n", flush=True)

    with ThreadPoolExecutor(asked.workers) as pool:
        list(pool.map(keep, [*map(try_changes, by_hand), *map(try_module, modules)]))
    return max(report(verdicts), len(broken) > 0)


def report(verdicts: list[Verdict]) -> int:
    """Print the score of each part and of all; 1 if one is too low."""
    if not verdicts:
        return 1
    print("| Part | Killed | Of | Score |\n| --- | ---: | ---: | ---: |")
    scores = []
    for name in [*sorted({one.part for one in verdicts}), "all"]:
        ends = [one.is_killed for one in verdicts if name in (one.part, "all")]
        scores.append(100 * sum(ends) / len(ends))
        print(f"| {name} | {sum(ends)} | {len(ends)} | {scores[-1]:.1f} % |")
    return int(min(scores) < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
