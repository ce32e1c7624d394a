"""The whole workbook in the format `v1` of DataLens's export."""

import json
from typing import Any

from datalens.charts import chart_entry
from datalens.dashboards import dashboard_entry
from datalens.datasets import dataset_entry
from datalens.description import FOLDER, Description
from datalens.stable import stable_id

FILE = FOLDER / "workbook.json"
FORMAT_VERSION = "v1"
# What DataLens itself writes instead of a password.
SECRET = "******"  # noqa: S105
# Made with a key that only the server of an export has; the import logs that another one does not fit, and goes on.
HASH = "0" * 64


def workbook(description: Description) -> dict[str, Any]:
    """Every entry under an id by which the others know it; the import gives each an id of its own."""
    connection_id = stable_id("connection")
    dataset_ids = {name: stable_id("dataset", name) for name in description.datasets}
    chart_ids = {name: stable_id("chart", name) for name in description.charts}
    entries = {
        "connection": {connection_id: _connection_entry(description.connection)},
        "dataset": {
            dataset_ids[name]: dataset_entry(dataset, connection_id) for name, dataset in description.datasets.items()
        },
        "widget": {
            chart_ids[name]: chart_entry(chart, dataset_ids[chart.dataset.name])
            for name, chart in description.charts.items()
        },
        "dash": {
            stable_id("dashboard", name): dashboard_entry(dashboard, chart_ids, dataset_ids)
            for name, dashboard in description.dashboards.items()
        },
    }
    return {"export": {"version": FORMAT_VERSION, "entries": entries}, "hash": HASH}


def rendered(description: Description) -> str:
    """The file as it is committed."""
    return json.dumps(workbook(description), ensure_ascii=False, indent=1) + "\n"


def _connection_entry(given: dict[str, Any]) -> dict[str, Any]:
    content = {
        "db_type": "clickhouse",
        **given,
        "password": SECRET,
        # Views are enough: nobody needs to write SQL of their own here.
        "raw_sql_level": "off",
        "readonly": 2,
        "data_export_forbidden": "off",
    }
    return {"connection": content}
