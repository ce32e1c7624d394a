"""Options that several commands share."""

from datetime import date
from typing import Any

import click

from zakaz.days import DayRange, last_complete_day, parse_day


def past_day(_context: click.Context, parameter: click.Parameter, value: Any) -> date:
    """Parse a Moscow day that is over.

    :raises InvalidInput: it is not a day. :raises DayNotOver: it is not over.
    """
    day = parse_day(value, parameter.opts[0])
    DayRange(day, day).require_over()
    return day


def _day(_context: click.Context, parameter: click.Parameter, value: Any) -> date:
    if value is None:
        return last_complete_day()
    return past_day(_context, parameter, value)


day_option = click.option(
    "--date",
    "day",
    metavar="YYYY-MM-DD",
    callback=_day,
    help="Moscow day that is over; yesterday by default.",
)
