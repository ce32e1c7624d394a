"""The one file that Airflow's plugin loader runs (see .airflowignore): it registers what Airflow must know by name."""

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

from zakaz.timetable import MoscowDayTimetable


class ZakazPlugin(AirflowPlugin):
    """The project's entry in Airflow's list of plugins."""

    name = "zakaz"
    timetables: ClassVar = [MoscowDayTimetable]
