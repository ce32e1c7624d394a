"""Links from tasks in Airflow's UI to the status page."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink

from zakaz.connections.airflow_ui import PATH, base_url


def base_path() -> str:
    """The path of Airflow's base URL, without a trailing slash; usually empty."""
    return urlsplit(base_url()).path


class StatusPageLink(BaseOperatorLink):
    """A button on each task of the chain.

    The page looks up the day of the run, so that the link needs no database.
    """

    name = "Статус дня"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The path on this server; for a mapped piece of a backfill, it leads to the backfill's last day."""
        asked = {"dag_run_id": ti_key.run_id, "job": operator.task_id}
        return f"{base_path()}{PATH}?{urlencode(asked)}"
