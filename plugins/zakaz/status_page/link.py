"""From a task in Airflow to its day on the status page."""

from typing import Any
from urllib.parse import urlencode

from zakaz.airflow_compat import BaseOperatorLink, base_path

PATH = "/zakaz/status"
# The menu of Airflow 2 and the page's entry in it; the permissions that show them have these names.
MENU, ENTRY = "Zakaz", "Zakaz status"


class StatusPageLink(BaseOperatorLink):
    """A button on each task of the chain.

    The page itself looks up which day the run was for, so that the link needs no database, in Airflow 3 either.
    """

    name = "Статус дня"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address on this server; the mapped pieces of a backfill lead to its last day."""
        asked = {"dag_run_id": ti_key.run_id, "job": operator.task_id}
        return f"{base_path()}{PATH}?{urlencode(asked)}"
