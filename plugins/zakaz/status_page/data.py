"""The data of the status page, read in one warehouse session; all judgements are made in SQL."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from zakaz.days import DayRange, last_complete_day, parse_day, ranges
from zakaz.errors import InvalidInput
from zakaz.registry.missing import filling
from zakaz.registry.upkeep import upkeep
from zakaz.settings import settings
from zakaz.stages import SOURCES, lookback_days
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.thresholds import BOUND, thresholds

DAYS = 60
METRICS = "spend,revenue,roas,rows"
ALERTS = 12
# Short, since both the user and a worker of the server are waiting.
WITHIN_SECONDS = 5

Rows = list[dict[str, Any]]


def read(query: Mapping[str, str], now: datetime | None = None) -> dict[str, Any]:
    """Everything on the page.

    :param query: the query parameters: `day`, or `dag_run_id` and `job` of a task.
    :param now: an aware instant, now by default; by it days are due. The lights are those of the warehouse's own clock.
    :raises ZakazError: the warehouse can't be read, or a setting is invalid.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    last = last_complete_day(now)
    shown = DayRange(last - timedelta(days=DAYS - 1), last)
    values: dict[str, Any] = {**thresholds(), **shown.bounds, "alerts": ALERTS, "now": now, "metrics": METRICS}
    values["catchup_days"] = settings().catchup_days
    warehouse = WarehouseHook(origin={"page": "status"}, within_seconds=WITHIN_SECONDS)
    with warehouse.session():
        lights = _rows(warehouse, "status_page/lights.sql", values)
        missing = _rows(warehouse, "status_page/missing.sql", values)
        values["missing"] = ",".join(one["d"] for one in missing)
        stages = _stages(_rows(warehouse, "status_page/calendar.sql", values))
        chosen = _chosen_day(warehouse, query)
        return {
            "whole": lights[0],
            "jobs": lights[1:],
            "stages": stages,
            "opens": str(chosen if chosen and chosen in shown else _newest_settled(stages)),
            "metrics": _series(_rows(warehouse, "report/figures.sql", values)),
            "incidents": _rows(warehouse, "report/incidents.sql", values) if lights[0]["incidents"] else [],
            "missing": _ranges(missing),
            "backfill": _last_backfill(warehouse),
            "restatements": _rows(warehouse, "status_page/restatements.sql", values),
            "alerts": _rows(warehouse, "status_page/alerts.sql", values),
            "checks": _rows(warehouse, "status_page/checks.sql", values),
            "drift": _rows(warehouse, "status_page/drift.sql", values),
            "lookback": {name: lookback_days(source.fetch, settings()) for name, source in SOURCES.items()},
            "upkeep": [one._asdict() for one in upkeep(warehouse)],
        }


def _rows(warehouse: WarehouseHook, name: str, values: Mapping[str, Any]) -> Rows:
    """The rows of a statement as dicts; of `values`, the statement gets those that it binds."""
    sql = statement(name)
    bound = {given: values[given] for given, _ in BOUND.findall(sql)}
    # No splitlines: a text may hold what Unicode counts as the end of a line, as it is.
    lines = warehouse.text(sql, "JSONEachRow", bound or None).split("\n")
    rows = [json.loads(line) for line in lines if line]
    for row in rows:
        if "log_url" in row:
            row["log_url"] = _web_address(row["log_url"])
    return rows


def _web_address(url: str) -> str:
    """A URL that is safe in a link, else an empty text: the registry could contain a javascript: URL."""
    return url if url.startswith(("http://", "https://")) else ""


def _stages(cells: Rows) -> Rows:
    """The cells of the calendar, grouped by stage."""
    stages: dict[str, dict[str, Any]] = {}
    for cell in cells:
        stage = stages.setdefault(cell["job"], {"job": cell["job"], "name": cell.pop("job_ru"), "cells": []})
        stage["cells"].append(cell)
    return list(stages.values())


def _series(rows: Rows) -> dict[str, dict[str, list[Any]]]:
    """The figures, pivoted into columns per metric."""
    series: dict[str, dict[str, list[Any]]] = {}
    for row in rows:
        columns = series.setdefault(row.pop("metric"), {name: [] for name in row})
        for name, value in row.items():
            columns[name].append(value)
    return series


def _ranges(missing: Rows) -> Rows:
    """The days that lack a good run as ranges, with the command that fills those that are not made up anyway."""
    return [
        {"first": str(days.first), "last": str(days.last), "fill": "" if is_late else filling(days)}
        for is_late in (False, True)
        for days in ranges(date.fromisoformat(one["d"]) for one in missing if one["is_late"] == is_late)
    ]


def _last_backfill(warehouse: WarehouseHook) -> dict[str, Any] | None:
    """The last backfill, and those of its days that changed or were not done; None before the first one."""
    for last in _rows(warehouse, "status_page/backfill.sql", {}):
        return {**last, "changes": _rows(warehouse, "report/backfill.sql", last)}
    return None


def _newest_settled(stages: Rows) -> date:
    """The newest day of the calendar that no stage is still waiting for."""
    days = zip(*(stage["cells"] for stage in stages), strict=True)
    settled = [cells[0]["d"] for cells in days if all(cell["state"] != "waiting" for cell in cells)]
    return date.fromisoformat(settled[-1])


def _chosen_day(warehouse: WarehouseHook, query: Mapping[str, str]) -> date | None:
    """The day that was asked for; None if the query has no valid one."""
    if query.get("day"):
        try:
            return parse_day(query["day"], "day")
        except InvalidInput:
            return None
    if query.get("dag_run_id") and query.get("job"):
        found = _rows(warehouse, "status_page/day_of_run.sql", query)
        return date.fromisoformat(found[0]["day"]) if found else None
    return None
