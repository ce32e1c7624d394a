"""Texts of the alerts, from the templates in include/messages."""

import json
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from zakaz.days import MOSCOW, DayRange
from zakaz.settings import INCLUDE_DIR, usable_settings

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(INCLUDE_DIR / "messages"),
        autoescape=True,  # an error text may hold < and &, and Telegram refuses what it can't read
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def job_texts(job: str) -> dict[str, str]:
    """What people call a job (`name`) and what its failure means for them (`effect`); empty for an unknown one."""
    return texts("jobs.json").get(job, {})


@cache
def texts(name: str) -> dict[str, dict[str, str]]:
    """A file of texts in include/messages; causes.json: what an error means, and its effect if it isn't the job's."""
    found: dict[str, dict[str, str]] = json.loads((INCLUDE_DIR / "messages" / name).read_text(encoding="utf-8"))
    return found


def days_ru(days: DayRange) -> str:
    """Days as people write them: «22 ноября 2026», «16 ноября – 22 ноября 2026»."""
    end = f"{_day_month(days.last)} {days.last.year}"
    if days.first == days.last:
        return end
    year = "" if days.first.year == days.last.year else f" {days.first.year}"
    return f"{_day_month(days.first)}{year} – {end}"


def moscow_ru(instant: datetime) -> str:
    """An instant in Moscow: «24.11 05:40»."""
    return f"{instant.astimezone(MOSCOW):%d.%m %H:%M}"


def duration_ru(duration: timedelta) -> str:
    """How long something took: «2 д 3 ч», «1 ч 20 мин», «5 мин»."""
    minutes = max(1, round(duration.total_seconds() / 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "д"), (hours, "ч"), (0 if days else minutes, "мин")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def runbook(code: str) -> str:
    """Where the on-call runbook tells what to do about a code."""
    return f"{usable_settings().runbook_url}#{code.lower()}"


def _day_month(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def render(template: str, **values: Any) -> str:
    """A message as HTML for Telegram.

    :param template: file name in include/messages.
    """
    return _environment().get_template(template).render(**values).strip()
