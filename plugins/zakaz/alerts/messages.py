"""Messages in Russian, from the templates in include/messages."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from zakaz.days import MOSCOW, DayRange
from zakaz.settings import INCLUDE_DIR, usable_settings

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
NONE = "—"


def render(template: str, **values: Any) -> str:
    """A message as HTML for Telegram.

    :param template: file name in include/messages. It has the filters of this module, and `causes` and `jobs`.
    """
    return _environment().get_template(template).render(**values).strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(INCLUDE_DIR / "messages"),
        autoescape=True,  # an error may contain < and &, and Telegram refuses what it can't parse
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (job_ru, days_ru, moscow_ru, duration_ru, times_ru, rubles, number_ru, change, runbook)
    environment.filters.update({function.__name__: function for function in filters})
    environment.globals.update(causes=texts("causes.json"), jobs=texts("jobs.json"))
    return environment


@cache
def texts(name: str) -> dict[str, dict[str, str]]:
    """A file of texts in include/messages.

    :param name: causes.json: for each error its `cause`, `advice`, and its `effect` if that isn't the job's; or
        jobs.json: for each job its `name`, the `effect` of its failure, and the command that does it
        `again`, if that isn't one for days.
    """
    found: dict[str, dict[str, str]] = json.loads((INCLUDE_DIR / "messages" / name).read_text(encoding="utf-8"))
    return found


def job_texts(job: str) -> dict[str, str]:
    """The `name` of a job and the `effect` of its failure; empty for an unknown one."""
    return texts("jobs.json").get(job, {})


def job_ru(job: str) -> str:
    """What people call a job: «Загрузка VK Рекламы»; its id if it has no name."""
    return job_texts(job).get("name", job)


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


def times_ru(number: int) -> str:
    """How often: «1 раз», «2 раза», «99 раз»."""
    return f"{number} {'раза' if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 'раз'}"


def rubles(amount: Decimal) -> str:
    """Rubles as people read them: «12 345 ₽»."""
    return f"{number_ru(round(amount))} ₽"


def number_ru(number: float | Decimal | None, places: int = 0) -> str:
    """A number: «12 345», «4,50»; a dash if it is unknown."""
    return NONE if number is None else f"{number:,.{places}f}".replace(",", " ").replace(".", ",")


def change(now: float | Decimal, before: float | Decimal) -> str:
    """The relative change: «+12 %»; a dash if there is nothing to compare with."""
    if not before:
        return NONE
    percent = round((Decimal(now) - Decimal(before)) / Decimal(before) * 100)
    return f"{percent:+d} %".replace("-", "−")


def runbook(code: str) -> str:
    """Where the on-call runbook explains a code."""
    return f"{usable_settings().runbook_url}#{code.lower()}"


def _day_month(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
