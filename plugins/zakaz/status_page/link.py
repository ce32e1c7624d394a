"""From a task in Airflow to its day on the status page."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from airflow.sdk import BaseOperatorLink

PATH = "/zakaz/status"


def base_path() -> str:
    """The path under which people reach Airflow's server, without a slash at its end: mostly empty."""
    from airflow.configuration import conf

    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")


class StatusPageLink(BaseOperatorLink):
    """A button on each task of the chain.

    The page itself looks up which day the run was for, so that the link needs no database.
    """

    name = "Статус дня"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The address on this server; the mapped pieces of a backfill lead to its last day."""
        asked = {"dag_run_id": ti_key.run_id, "job": operator.task_id}
        return f"{base_path()}{PATH}?{urlencode(asked)}"
