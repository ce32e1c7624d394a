"""bin/zakaz healthcheck."""

from datetime import date

import click

from zakaz.cli.options import day_option


@click.command()
@day_option
def healthcheck(day: date) -> int:
    """Check a day in the marts.

    Prints OK and exits 0, or one line per problem and exits 2; exits 1 if it could not check.
    """
    from zakaz.days import DayRange
    from zakaz.pipeline.checks import check_days
    from zakaz.warehouse.hook import WarehouseHook

    problems = [finding for finding in check_days(WarehouseHook(), DayRange(day, day)) if not finding.passed]
    for finding in problems:
        print(f"{finding.severity}: {finding}")
    if problems:
        return 2
    print("OK")
    return 0
