"""Options that several commands share."""

from datetime import date
from functools import partial
from typing import Any

import click

from zakaz.days import DayRange, last_complete_day, parse_day


def past_day(_context: click.Context, parameter: click.Parameter, value: Any) -> date | None:
    """Parse a Moscow day that is over; None if it was not given.

    :raises InvalidInput: it is not a day. :raises DayNotOver: it is not over.
    """
    if value is None:
        return None
    day = parse_day(value, parameter.opts[0])
    DayRange(day, day).require_over()
    return day


def _day(context: click.Context, parameter: click.Parameter, value: Any) -> date:
    return past_day(context, parameter, value) or last_complete_day()


day_option = click.option(
    "--date",
    "day",
    metavar="YYYY-MM-DD",
    callback=_day,
    help="Moscow day that is over; yesterday by default.",
)
from_option = partial(click.option, "--from", "first", metavar="YYYY-MM-DD", callback=past_day, help="First day.")
to_option = partial(
    click.option, "--to", "last", metavar="YYYY-MM-DD", callback=past_day, help="Last day, itself included."
)
