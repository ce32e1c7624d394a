"""The one file that Airflow's plugin loader runs (see .airflowignore): it registers what Airflow must know by name."""

from functools import cached_property
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from zakaz.orchestration import notes
from zakaz.orchestration.timetable import MoscowDayTimetable
from zakaz.status_page.link import StatusPageLink


class ZakazPlugin(AirflowPlugin):
    """The project's entry in Airflow's list of plugins.

    The page's parts are imported when a web server asks for them: every airflow command loads this file.
    """

    name = "zakaz"
    timetables: ClassVar = [MoscowDayTimetable]
    operator_extra_links: ClassVar = [StatusPageLink()]
    listeners: ClassVar = [notes]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The status page."""
        from zakaz.status_page import app

        return app.APPS

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:
        """Its entry in the menu."""
        from zakaz.status_page import app

        return app.VIEWS
