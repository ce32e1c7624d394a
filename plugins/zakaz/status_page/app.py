"""The status page as a separate FastAPI app next to Airflow's API; the UI shows it in a frame."""

from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from zakaz.connections.airflow_ui import PATH
from zakaz.stages import DAG_ID
from zakaz.status_page.link import base_path
from zakaz.status_page.page import BACKFILL, STATIC, Links, render, status_page

PREFIX, _, NAME = PATH.rpartition("/")
UNAUTHENTICATED = 401
# Only our own files, so that an injected text from the registry could not run scripts.
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"

app = FastAPI(title="Zakaz", openapi_url=None)
app.mount("/static", StaticFiles(directory=STATIC))


# Not async, so that waiting for the warehouse blocks a worker thread and not the server.
@app.get(f"/{NAME}", dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN, DAG_ID))])
def status(request: Request, user: GetUserDep) -> HTMLResponse:
    """The page, for users who may see the runs of zakaz_etl."""
    page = status_page(request.query_params, _links(user))
    html = render("page.html", body=page.body, static=f"{base_path()}{PREFIX}/static")
    return HTMLResponse(html, page.status, headers={**page.headers, "Content-Security-Policy": POLICY})


@app.exception_handler(HTTPException)
def not_allowed(request: Request, error: HTTPException) -> Response:
    """Redirect to the login page, which leads back here, if the user is not logged in."""
    if error.status_code == UNAUTHENTICATED:
        return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)))
    return PlainTextResponse(str(error.detail), error.status_code)


def _links(user: Any) -> Links:
    root = base_path()
    may_backfill = get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=BACKFILL), user=user
    )
    return Links(
        run=f"{root}/dags/__DAG__/runs/__RUN__",
        backfill=f"{root}/dags/{BACKFILL}" if may_backfill else "",
    )


APPS = [{"app": app, "url_prefix": PREFIX, "name": "Zakaz"}]
VIEWS = [
    {
        "name": "Zakaz",
        "href": f"{base_path()}{PATH}",
        "url_route": "zakaz-status",
        "destination": "nav",
        "nav_top_level": True,
        "icon": f"{base_path()}{PREFIX}/static/icon.svg",
    }
]
