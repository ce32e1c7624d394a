"""The status page in Airflow 2: a view of Flask-AppBuilder in Airflow's own frame."""

from typing import Any

from airflow.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.www.auth import has_access_dag
from airflow.www.extensions.init_auth_manager import get_auth_manager
from flask import make_response, request, url_for
from flask_appbuilder import BaseView, expose

from zakaz.stages import DAG_ID
from zakaz.status_page.link import ENTRY, MENU
from zakaz.status_page.page import BACKFILL, STATIC, TEMPLATES, Links, status_page


class StatusView(BaseView):  # type: ignore[misc]  # Flask-AppBuilder has no types
    """Whoever may see the runs of zakaz_etl may see it."""

    route_base = "/zakaz"
    default_view = "status"

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
    grid, form = url_for("Airflow.grid", dag_id="__DAG__"), url_for("Airflow.trigger", dag_id=BACKFILL)
    may_backfill = get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=BACKFILL)
    )
    return Links(
        run=f"{grid}?dag_run_id=__RUN__",
        backfill=f"{form}?from_date=__DAY__&to_date=__DAY__" if may_backfill else "",
        fills_in=True,
    )


# No view may have the entry's name: each start takes from the roles what isn't a permission of the view.
VIEWS = [{"view": StatusView(), "name": ENTRY, "label": "Статус", "category": MENU}]
