"""Dashboards as a workbook has them: a grid 36 columns wide, with the selectors above the charts."""

from itertools import combinations
from typing import Any

from datalens.charts import last_days
from datalens.description import Chart, Dashboard, Selector
from datalens.stable import field_id, stable_id

SCHEME_VERSION = 8
COLUMNS = 36
SELECTORS_HEIGHT = 2


def dashboard_entry(dashboard: Dashboard, chart_ids: dict[str, str], dataset_ids: dict[str, str]) -> dict[str, Any]:
    """One dashboard with one tab."""
    items, layout, top = [], [], 0
    if dashboard.selectors:
        items.append(_selectors(dashboard, dataset_ids))
        layout.append({"i": items[0]["id"], "x": 0, "y": 0, "w": COLUMNS, "h": SELECTORS_HEIGHT})
        top = SELECTORS_HEIGHT
    for row in dashboard.rows:
        left = 0
        for chart, width in row.charts:
            items.append(_widget(dashboard, chart, chart_ids[chart.name]))
            layout.append({"i": items[-1]["id"], "x": left, "y": top, "w": width, "h": row.height})
            left += width
        top += row.height
    # A selector sets the field of one dataset; an alias says which field of another dataset is the same. DataLens does
    # not go on from one alias to the next: every pair is needed.
    aliases = [
        [field_id(dataset.name, field.name), field_id(other.name, same.name)]
        for selector in dashboard.selectors
        for (dataset, field), (other, same) in combinations(selector.fields, 2)
    ]
    tab = {
        "id": stable_id("tab", dashboard.name),
        "title": dashboard.title,
        "items": items,
        "layout": layout,
        "connections": [],
        "aliases": {"default": aliases} if aliases else {},
    }
    settings = {
        "autoupdateInterval": dashboard.autoupdate_seconds,
        "maxConcurrentRequests": None,
        "silentLoading": True,
        "dependentSelectors": True,
        "hideTabs": True,
        "hideDashTitle": False,
        "expandTOC": False,
    }
    data = {
        # DataLens makes the ids of what is added later from these two.
        "salt": stable_id("salt", dashboard.name),
        "counter": len(items) + 1,
        "schemeVersion": SCHEME_VERSION,
        "tabs": [tab],
        "settings": settings,
    }
    return {"dash": {"name": dashboard.title, "data": data}}


def _widget(dashboard: Dashboard, chart: Chart, chart_id: str) -> dict[str, Any]:
    tab = {
        "id": stable_id("widget tab", dashboard.name, chart.name),
        "title": chart.title,
        "description": "",
        "chartId": chart_id,
        "isDefault": True,
        "params": {},
        "autoHeight": False,
    }
    return {
        "id": stable_id("widget", dashboard.name, chart.name),
        "namespace": "default",
        "type": "widget",
        "data": {"hideTitle": False, "tabs": [tab]},
    }


def _selectors(dashboard: Dashboard, dataset_ids: dict[str, str]) -> dict[str, Any]:
    group = [_selector(dashboard, selector, dataset_ids) for selector in dashboard.selectors]
    data = {
        "group": group,
        "autoHeight": False,
        "buttonApply": False,
        "buttonReset": True,
        "showGroupName": False,
        "updateControlsOnChange": True,
    }
    return {
        "id": stable_id("selectors", dashboard.name),
        "namespace": "default",
        "type": "group_control",
        "data": data,
    }


def _selector(dashboard: Dashboard, selector: Selector, dataset_ids: dict[str, str]) -> dict[str, Any]:
    dataset, field = selector.fields[0]
    id_ = field_id(dataset.name, field.name)
    source: dict[str, Any] = {"datasetId": dataset_ids[dataset.name], "datasetFieldId": id_, "showTitle": True}
    if selector.last_days:
        value: Any = last_days(selector.last_days)
        source |= {"elementType": "date", "isRange": True, "defaultValue": value}
    else:
        value = []
        source |= {"elementType": "select", "multiselectable": True, "defaultValue": value}
    return {
        "id": stable_id("selector", dashboard.name, selector.title),
        "title": selector.title,
        "namespace": "default",
        "sourceType": "dataset",
        "source": source,
        "defaults": {id_: value},
        "width": "",
    }
