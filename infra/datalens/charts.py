"""Wizard charts as a workbook has them."""

from typing import Any

from datalens.datasets import calc_mode, data_type, field_type
from datalens.description import Chart, Field
from datalens.formats import FORMATS
from datalens.stable import field_id

# Every DataLens that can import a workbook knows it, and lifts a chart to its own version when it reads it.
CONFIG_VERSION = "11"
# The name of the measure decides the colour, where a chart has several.
MEASURE_NAMES = {
    "title": "Measure Names",
    "type": "PSEUDO",
    "className": "item pseudo-item dimension-item",
    "data_type": "string",
}
AXIS = {"title": "off", "type": "linear", "grid": "on", "gridStep": "auto", "hideLabels": "no", "labelsView": "auto"}


def chart_entry(chart: Chart, dataset_id: str) -> dict[str, Any]:
    """One chart over one dataset."""
    items = [_item(chart, field, dataset_id) for field in chart.columns]
    several = chart.kind in ("line", "bar") and len(items) > 2
    shared: dict[str, Any] = {
        "type": "datalens",
        "version": CONFIG_VERSION,
        "visualization": _visualization(chart, items),
        "datasetsIds": [dataset_id],
        "datasetsPartialFields": [
            [
                {"guid": field_id(chart.dataset.name, field.name), "title": field.title, "calc_mode": calc_mode(field)}
                for field in chart.dataset.fields.values()
            ]
        ],
        "filters": _filters(chart, dataset_id),
        "sort": [{**_named(chart, field, dataset_id), "direction": direction} for field, direction in chart.sort],
        "colors": [MEASURE_NAMES] if several else [],
        "colorsConfig": {},
        "labels": [items[-1]] if chart.kind == "bar" else [],
        "extraSettings": _extra_settings(chart),
        **{empty: [] for empty in ("hierarchies", "links", "segments", "shapes", "tooltips", "updates")},
        "geopointsConfig": {},
        "shapesConfig": {},
    }
    return {"widget": {"name": chart.title, "type": _entry_type(chart), "data": {"shared": shared}}}


def _entry_type(chart: Chart) -> str:
    if chart.kind == "table":
        return "table_wizard_node"
    if chart.kind == "indicator":
        return "markup_wizard_node" if data_type(chart.columns[0]) == "markup" else "metric_wizard_node"
    return "graph_wizard_node"


def _visualization(chart: Chart, items: list[dict[str, Any]]) -> dict[str, Any]:
    if chart.kind == "indicator":
        places = [_place("measures", items, required=True, capacity=1)]
        return {"id": "metric", "type": "metric", "placeholders": places}
    if chart.kind == "table":
        places = [_place("flat-table-columns", items, required=True, settings={"groupping": "on"})]
        return {"id": "flatTable", "type": "table", "placeholders": places}
    mode = "continuous" if items[0]["data_type"] == "date" else "discrete"
    category = {**AXIS, "axisModeMap": {items[0]["guid"]: mode}}
    measures = {**AXIS, "nulls": "ignore", "scale": "auto", "scaleValue": "0-max"}
    if chart.kind == "bar":
        places = [_place("y", items[:1], settings=category), _place("x", items[1:], settings=measures)]
        return {"id": "bar", "type": "column", "placeholders": places}
    places = [_place("x", items[:1], settings=category), _place("y", items[1:], settings=measures)]
    return {"id": "line", "type": "line", "placeholders": [*places, _place("y2", [], settings=measures)]}


def _place(id_: str, items: list[dict[str, Any]], **given: Any) -> dict[str, Any]:
    return {"id": id_, "type": id_, "items": items, **given}


def _item(chart: Chart, field: Field, dataset_id: str) -> dict[str, Any]:
    item = {**_named(chart, field, dataset_id), "cast": data_type(field), "datasetName": chart.dataset.title}
    if field.format in FORMATS:
        item["formatting"] = FORMATS[field.format]
    if data_type(field) == "date":
        item["format"] = "MMMM YYYY" if field.format == "month" else "DD.MM.YYYY"
    if data_type(field) == "genericdatetime":
        item["format"] = "DD.MM.YYYY HH:mm"
    return item


def _named(chart: Chart, field: Field, dataset_id: str) -> dict[str, Any]:
    return {
        "guid": field_id(chart.dataset.name, field.name),
        "title": field.title,
        "datasetId": dataset_id,
        "type": field_type(field),
        "data_type": data_type(field),
        "calc_mode": calc_mode(field),
        "source": field.name if field.kind == "column" else "",
    }


def _filters(chart: Chart, dataset_id: str) -> list[dict[str, Any]]:
    wanted = [(name, "EQ", value) for name, value in chart.where.items()]
    # Without an end: "today" is UTC's to DataLens, and would hide the first hours of a day in Moscow.
    wanted += [(name, "GTE", f"__relative_-{days}d") for name, days in chart.last_days.items()]
    return [
        {
            **_named(chart, chart.dataset.fields[name], dataset_id),
            "filter": {"operation": {"code": code}, "value": [value]},
        }
        for name, code, value in wanted
    ]


def last_days(days: int) -> str:
    """The interval of so many days up to today, as DataLens writes it."""
    return f"__interval___relative_-{days}d___relative_-0d"


def _extra_settings(chart: Chart) -> dict[str, Any]:
    settings: dict[str, Any] = {"title": chart.title, "titleMode": "hide"}
    if chart.kind == "indicator":
        settings |= {"indicatorTitleMode": "hide", "metricFontSize": "l", "metricFontColor": "#1F68A9"}
    if chart.kind == "table":
        settings |= {"pagination": "on", "limit": chart.limit or 100, "totals": "off"}
    return settings
