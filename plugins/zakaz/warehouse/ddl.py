"""The DDL of include/sql, in dependency order, and rewritten ON CLUSTER where a cluster is configured."""

import json
import re
from datetime import date
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from zakaz.errors import InvalidInput
from zakaz.settings import INCLUDE_DIR, settings
from zakaz.stages import LAST_STAGE, STAGES, VK_DAYS_SERVED
from zakaz.warehouse.csv_lines import read_lines
from zakaz.warehouse.pins import PINS, PINS_OF_VIEWS, assigned
from zakaz.warehouse.sql import files

CREATED = re.compile(
    r"^(CREATE (?:OR REPLACE )?(?:DATABASE|FUNCTION|TABLE|VIEW) (?:IF NOT EXISTS )?[\w.]+|ALTER TABLE [\w.]+)",
    re.MULTILINE,
)
NAME = re.compile(r"^CREATE (?:OR REPLACE )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?(\w+\.\w+)", re.MULTILINE)
ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)(\()?", re.MULTILINE)
JOBS = INCLUDE_DIR / "messages" / "jobs.json"
VAT_RATES = INCLUDE_DIR / "vat_rates.csv"
CHANNELS = INCLUDE_DIR / "channels.csv"
BOUND = re.compile(r"\{(\w+):")


def views() -> list[Path]:
    """The files of all views, in dependency order."""
    texts = {file: file.read_text(encoding="utf-8") for file in files("*/views")}
    reads = {
        file: [other for other in texts if other != file and re.search(rf"\b{name_of(other)}\b", text)]
        for file, text in texts.items()
    }
    return list(TopologicalSorter(reads).static_order())


def view_statement(file: Path) -> str:
    """The statement that creates a view, with the settings that no profile of its readers must change."""
    text = file.read_text(encoding="utf-8").rstrip()
    own = re.search(r"^SETTINGS (.*)", text, re.MULTILINE)
    pins = {name: PINS[name] for name in PINS_OF_VIEWS if not (own and name in own[1])}
    return f"{text}{',' if own else chr(10) + 'SETTINGS'} {assigned(pins)}"


def name_of(file: Path) -> str:
    """The table or view that a file creates, as `database.name`.

    :raises InvalidInput: the file creates neither.
    """
    if found := NAME.search(file.read_text(encoding="utf-8")):
        return found[1]
    raise InvalidInput(f"{file}: expected CREATE TABLE IF NOT EXISTS database.table, or CREATE OR REPLACE VIEW")


def for_cluster(statement: str) -> str:
    """A DDL statement, rewritten ON CLUSTER and to Replicated engines if CLICKHOUSE_CLUSTER is set.

    The path of a table in Keeper is the same whenever and on whichever host it is created; the server's default has an
    id that is another one for each statement, and a replica added later would replicate nothing.
    """
    if not (cluster := settings().clickhouse_cluster):
        return statement
    everywhere = CREATED.sub(rf"\1 ON CLUSTER '{cluster}'", statement, count=1)
    if not (table := NAME.search(statement)):
        return everywhere
    path = f"/clickhouse/tables/{{shard}}/{table[1].replace('.', '/')}"
    return ENGINE.sub(
        lambda engine: f"ENGINE = Replicated{engine[1]}('{path}', '{{replica}}'{', ' if engine[2] else ')'}",
        everywhere,
        count=1,
    )


def actual_engine(engine: str) -> str:
    """The name that an engine of include/sql has in the warehouse: Replicated… on a cluster."""
    return f"Replicated{engine}" if settings().clickhouse_cluster else engine


def parameters(text: str) -> dict[str, str | int]:
    """The parameters of a DDL statement: settings, and names that are defined once for Python and SQL."""
    names, vat = _job_names(), _vat_rates()
    known: dict[str, str | int] = {
        "raw_days": settings().raw_days,
        "stages": ",".join(STAGES),
        "last_stage": LAST_STAGE,
        "jobs": ",".join(names),
        "job_names": ",".join(names.values()),
        "vk_days_served": VK_DAYS_SERVED,
        "channel_tags": "\n".join("\t".join(line[:2]) for line in _channels()),
        "channels": "\n".join("\t".join(line[2:]) for line in _channels()),
        "vat_dates": ",".join(since for since, _ in vat),
        "vat_percents": ",".join(percent for _, percent in vat),
    }
    return {name: known[name] for name in BOUND.findall(text)}


@cache
def _job_names() -> dict[str, str]:
    return {job: texts["name"] for job, texts in json.loads(JOBS.read_text(encoding="utf-8")).items()}


@cache
def _channels() -> list[tuple[str, ...]]:
    """utm_source, utm_medium, the channel and whether it is paid.

    :raises InvalidInput: a line is none, or the second of its tags.
    """
    known = set[tuple[str, str]]()

    def read(utm_source: str, utm_medium: str, channel: str, is_paid: str) -> tuple[str, ...]:
        tags = utm_source, utm_medium
        is_text = all(text == text.strip() and text.isprintable() for text in (*tags, channel))
        is_lower = all(tag == tag.lower() for tag in tags)
        if not (channel and is_text and is_lower and is_paid in ("0", "1")) or tags in known:
            raise ValueError
        known.add(tags)
        return *tags, channel, is_paid

    expected = "tags in lower case, * for any, a channel and 0 or 1, once for each pair of tags: vk_ads,*,VK Реклама,1"
    return read_lines(CHANNELS, ("utm_source", "utm_medium", "channel", "is_paid"), read, expected)


@cache
def _vat_rates() -> list[tuple[str, str]]:
    """Since which day which percentage holds, the oldest first.

    :raises InvalidInput: a line of the file is not a day and a whole number.
    """

    def read(from_date: str, percent: str) -> tuple[str, str]:
        if not re.fullmatch(r"\d{1,2}", percent, re.ASCII):
            raise ValueError
        return str(date.fromisoformat(from_date)), percent

    return sorted(read_lines(VAT_RATES, ("from_date", "percent"), read, "a day and a percentage: 2026-01-01,22"))
