"""The data of the status page, read in one warehouse session; all judgements are made in SQL."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from zakaz.days import DayRange, last_complete_day, parse_day
from zakaz.errors import InvalidInput
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


def read(query: Mapping[str, str]) -> dict[str, Any]:
    """Everything on the page.

    :param query: the query parameters: `day`, or `dag_run_id` and `job` of a task.
    :raises ZakazError: the warehouse can't be read, or a setting is invalid.
    """
    shown = DayRange(last_complete_day() - timedelta(days=DAYS - 1), last_complete_day())
    values = {**thresholds(), **shown.bounds, "days": DAYS, "alerts": ALERTS, "metrics": METRICS}
    warehouse = WarehouseHook(origin={"page": "status"}, within_seconds=WITHIN_SECONDS)
    with warehouse.session():
        lights = _rows(warehouse, "status_page/lights.sql", values)
        return {
            "whole": lights[0],
            "jobs": lights[1:],
            "stages": _stages(_rows(warehouse, "status_page/calendar.sql", values)),
            "metrics": _series(_rows(warehouse, "report/figures.sql", values)),
            "incidents": _rows(warehouse, "report/incidents.sql", values) if lights[0]["incidents"] else [],
            "alerts": _rows(warehouse, "status_page/alerts.sql", values),
            "checks": _rows(warehouse, "status_page/checks.sql", values),
            "drift": _rows(warehouse, "status_page/drift.sql", values),
            "lookback": {name: lookback_days(source.fetch, settings()) for name, source in SOURCES.items()},
            "upkeep": [one._asdict() for one in upkeep(warehouse)],
            "chosen": _chosen_day(warehouse, query),
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


def _chosen_day(warehouse: WarehouseHook, query: Mapping[str, str]) -> str:
    """The day to show first; empty if the query has no valid one."""
    if query.get("day"):
        try:
            return str(parse_day(query["day"], "day"))
        except InvalidInput:
            return ""
    if query.get("dag_run_id") and query.get("job"):
        found = _rows(warehouse, "status_page/day_of_run.sql", query)
        return str(found[0]["day"]) if found else ""
    return ""
