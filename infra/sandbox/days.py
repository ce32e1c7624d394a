"""Calendar days: the present one in Moscow, and days written as text."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

# Moscow has kept UTC+3 without daylight saving since 2014, so no time zone database is needed.
MOSCOW = timezone(timedelta(hours=3), "MSK")


def moscow_today() -> date:
    """Return the present calendar day in Moscow."""
    return datetime.now(MOSCOW).date()


def parse_day(text: str) -> date:
    """Return the day that ``YYYY-MM-DD`` stands for.

    :raises ValueError: the text has another form, the other ISO forms included.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        msg = f"{text!r} is not a day, expected YYYY-MM-DD"
        raise ValueError(msg)
    return day
