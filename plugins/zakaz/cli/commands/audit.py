"""bin/zakaz audit."""

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import click

from zakaz.cli.options import from_option, to_option
from zakaz.days import DayRange

if TYPE_CHECKING:
    from zakaz.pipeline.audit import Comparison


@click.command()
@from_option(required=True)
@to_option(required=True)
def audit(first: date, last: date) -> int:
    """Ask the sources for their totals anew, and compare each day in staging, mart and bi with them.

    It only reads. Prints what differs, then what each figure adds up to. Exits 0 if all agree, 2 if something differs,
    1 if it could not compare everything.
    """
    from zakaz.pipeline.audit import audit as compare
    from zakaz.warehouse.hook import WarehouseHook

    comparisons, not_asked = compare(WarehouseHook(), DayRange(first, last))
    different = [one for one in comparisons if not one.is_equal]
    for one in different:
        print(f"DIFFERS: {one}")
    for (source, figure), of_figure in groupby(sorted(comparisons, key=_kind), key=_kind):
        total = sum(one.layers.shown for one in of_figure)
        print(f"{source}, {first} to {last}: {figure} {total} in bi")
    for line in not_asked:
        print(f"NOT ASKED: {line}")
    if different:
        print(
            f"{len(different)} figures differ. To load these days anew: bin/zakaz backfill --from {first} --to {last}"
        )
        return 2
    return 1 if not_asked else 0


def _kind(one: "Comparison") -> tuple[str, str]:
    return one.subject.source, one.figure
