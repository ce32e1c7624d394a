"""bin/zakaz audit."""

from datetime import date

import click

from zakaz.cli.options import from_option, to_option
from zakaz.days import DayRange


@click.command()
@from_option
@to_option
def audit(first: date, last: date) -> int:
    """Ask the sources for their totals anew, and compare each day in staging, mart and bi with them.

    Reads only: no table changes. Prints what differs, and what each source adds up to. Exits 0 if all agree, 2 if
    something differs, 1 if it could not compare, or a day could not be asked for.
    """
    from zakaz.pipeline.audit import audit as compare
    from zakaz.pipeline.audit import sums
    from zakaz.warehouse.hook import WarehouseHook

    comparisons, not_asked = compare(WarehouseHook(), DayRange(first, last))
    different = [one for one in comparisons if not one.is_equal]
    for one in different:
        account = f" account {one.subject.account_id}" if one.subject.account_id else ""
        print(f"DIFFERS: {one.subject.day} {one.subject.source}{account}: {one}")
    for source, line in sums(comparisons).items():
        print(f"{source}, {first} to {last}: {line}")
    for line in not_asked:
        print(f"not asked: {line}")
    if different:
        print(f"{len(different)} figures differ. To load these days anew: bin/zakaz backfill --from {first} --to {last}")
        return 2
    return 1 if not_asked else 0
