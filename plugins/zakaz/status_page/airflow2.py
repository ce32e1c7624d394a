"""The status page in Airflow 2: a view of Flask-AppBuilder in Airflow's own frame."""

from typing import Any

from airflow.auth.managers.models.resource_details import DagAccessEntity
from airflow.www.auth import has_access_dag
from flask import make_response, request, url_for
from flask_appbuilder import BaseView, expose

from zakaz.stages import DAG_ID
from zakaz.status_page.page import STATIC, TEMPLATES, Links, status_page


class StatusView(BaseView):  # type: ignore[misc]  # Flask-AppBuilder has no types
    """Whoever may see the runs of zakaz_etl may see it."""

    route_base = "/zakaz"
    default_view = "status"
    # The name of the permission; the menu entry has a permission of its own, named like the entry.
    class_permission_name = "Zakaz status"

    def __init__(self) -> None:
        super().__init__()
        self.template_folder = str(TEMPLATES)

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        """The page's scripts and styles; a view with a menu entry is not asked for them."""
        return super().create_blueprint(appbuilder, endpoint, static_folder or str(STATIC))

    @expose("/status")
    def status(self) -> Any:
        """The page."""
        return self._of_dag(dag_id=DAG_ID)

    @has_access_dag("GET", DagAccessEntity.RUN)
    def _of_dag(self, *, dag_id: str) -> Any:  # noqa: ARG002 - the decorator reads it
        page = status_page(request.args, _links())
        return make_response(self.render_template("airflow2.html", body=page.body), page.status, page.headers)


def _links() -> Links:
    grid, form = url_for("Airflow.grid", dag_id="__DAG__"), url_for("Airflow.trigger", dag_id="zakaz_backfill")
    return Links(
        run=f"{grid}?dag_run_id=__RUN__",
        backfill=f"{form}?from_date=__DAY__&to_date=__DAY__",
        fills_in=True,
        home=url_for("Airflow.index"),
    )


VIEWS = [{"view": StatusView(), "name": "Zakaz status", "label": "Статус", "category": "Zakaz"}]
