"""What the benches found, as a table: on the screen, and in docs/BENCHMARKS.md."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

FILE = Path(__file__).parent.parent / "docs" / "BENCHMARKS.md"
PACKAGES = ("apache-airflow", "chdb", "chdb-core", "clickhouse-connect", "clickhouse-driver")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One line of the table.

    :param what: what is compared. :param measured: figures and their ratio, with units.
    :param target: what the ratio must be; empty for what is only told. :param met: whether it is.
    """

    what: str
    measured: str
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """The target, and whether it is met."""
        return self.target if self.met is None else f"{self.target}: {'met' if self.met else '**missed**'}"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A bench: its lines, and how they came about."""

    title: str
    how: str
    measures: Sequence[Measure]


def show(section: Section) -> None:
    """Print a section."""
    print(section.title)
    for one in section.measures:
        print(f"  {one.what}: {one.measured}" + (f" (target {one.verdict})" if one.target else ""), flush=True)


def write(sections: Sequence[Section], trial: Mapping[str, int]) -> None:
    """Write the whole file anew.

    :param trial: the sizes that are not those of the targets.
    """
    parts = [_HEAD.format(when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", machine=_machine(), versions=_versions())]
    if trial:
        sizes = ", ".join(f"`--{name.replace('_', '-')} {value}`" for name, value in trial.items())
        parts[0] += f"\n- **Trial sizes**, which are not those of the targets: {sizes}"
    for section in sections:
        rows = [f"| {one.what} | {one.measured} | {one.verdict} |" for one in section.measures]
        parts.append(
            "\n".join(
                [
                    f"## {section.title}",
                    "",
                    section.how,
                    "",
                    "| What | Measured | Target |",
                    "| --- | --- | --- |",
                    *rows,
                ]
            )
        )
    FILE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


_HEAD = """# Benchmarks

Written by `make bench`; don't edit. Only the ratios travel between machines: what is compared ran one after the other
in one run.

- When: {when}
- Machine: {machine}
- Versions: {versions}"""


def _machine() -> str:
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[2]
    cores = os.cpu_count()
    return f"{cpu}, {cores} cores, {memory:.0f} GB, {platform.system()}; load average of the last 15 minutes {load:.1f}"


def _versions() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"
