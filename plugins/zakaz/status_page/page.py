"""Renders the status page as HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from zakaz.alerts.messages import MONTHS, job_texts
from zakaz.days import MOSCOW
from zakaz.errors import WarehouseLocked, WarehouseUnavailable, ZakazError
from zakaz.secrets import masked_line
from zakaz.stages import STAGES
from zakaz.status_page.data import read

FOLDER = Path(__file__).parent
TEMPLATES, STATIC = FOLDER / "templates", FOLDER / "static"
BACKFILL = "zakaz_backfill"
AWAY, RETRY_SECONDS = 503, 20
MONTH_NAMES = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


@dataclass(frozen=True, kw_only=True)
class Links:
    """URLs in Airflow's UI, with `__DAG__` and `__RUN__` as placeholders.

    :param run: a run's page, where it can be cleared.
    :param backfill: the form of zakaz_backfill; empty for users who may not start it.
    """

    run: str
    backfill: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A rendered page.

    :param status: the HTTP status; AWAY if the page only explains why there are no data.
    """

    status: int
    body: Markup

    @property
    def headers(self) -> dict[str, str]:
        """Forbid caching; ask for a retry if there are no data."""
        later = {"Retry-After": str(RETRY_SECONDS)} if self.status == AWAY else {}
        return {"Cache-Control": "no-store", **later}


def status_page(query: Mapping[str, str], links: Links) -> Page:
    """The page, or an explanation why there are no data.

    :param query: see `zakaz.status_page.data.read`.
    """
    try:
        data = read(query)
    except ZakazError as error:
        away = {"reason": masked_line(error), "kind": _kind(error), "retry_seconds": RETRY_SECONDS}
        return Page(status=AWAY, body=render("away.html", **away))
    return Page(status=200, body=render("body.html", **data, links=links, now=datetime.now(MOSCOW)))


def render(template: str, **values: Any) -> Markup:
    """Render a template, with every value escaped."""
    return Markup(_environment().get_template(template).render(**values))  # noqa: S704 - the template escaped it


def _kind(error: ZakazError) -> str:
    if isinstance(error, WarehouseLocked):
        return "locked"
    return "unavailable" if isinstance(error, WarehouseUnavailable) else "refused"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "weekday": _weekday, "number": _number, "money": _money, "share": _share}
    environment.globals |= {"months": _months, "job_name": _job_name, "effects": _effects}
    return environment


def _day(text: str, *, year: bool = False) -> str:
    """«26 ноября», or «26 ноября 2026»."""
    day = date.fromisoformat(text)
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")


def _weekday(text: str) -> str:
    return WEEKDAYS[date.fromisoformat(text).weekday()]


def _months(cells: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """The headings above the calendar: months, each with its number of days."""
    months: dict[str, int] = {}
    for cell in cells:
        months[cell["d"][:7]] = months.get(cell["d"][:7], 0) + 1
    return [(f"{MONTH_NAMES[int(month[5:]) - 1]} {month[:4]}", days) for month, days in months.items()]


def _number(value: float | None, digits: int = 0) -> str:
    """«17 900», with no-break spaces."""
    return "—" if value is None else f"{value:,.{digits}f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")


def _money(value: float | None) -> str:
    return _number(value) if value is None else f"{_number(value)}\N{NO-BREAK SPACE}₽"


def _share(value: float) -> str:
    return f"{_number(value * 100, 1)}\N{NO-BREAK SPACE}%"


def _job_name(job: str) -> str:
    return job_texts(job).get("name", job)


def _effects() -> dict[str, str]:
    """For each stage, what it means for users if a day is missing."""
    return {stage: job_texts(stage)["effect"] for stage in STAGES}
