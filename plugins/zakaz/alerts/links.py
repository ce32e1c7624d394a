"""Where to go on from a message: the log, the day on the status page, the section of the runbook."""

from datetime import date

from zakaz.alerts.messages import runbook
from zakaz.connections.airflow_ui import PATH, base_url
from zakaz.connections.telegram_message import Link
from zakaz.secrets import masked


def links_of(severity: str, code: str, day: date, log_url: str = "") -> list[Link]:
    """The links of a message, as far as there are any.

    :param day: the Moscow day that the status page shows.
    :param log_url: of the task; a file's path if it ran without Airflow.
    """
    ui = base_url()
    found = [
        Link("Журнал", masked(log_url)),
        Link("Статус дня", f"{ui}{PATH}?day={day}" if ui else ""),
        Link("Инструкция", "" if severity == "info" else runbook(code)),
    ]
    return [link for link in found if link.url]
