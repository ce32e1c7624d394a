"""bin/zakaz migrate."""

import sys

import click


@click.command()
def migrate() -> int:
    """Create or update databases, tables and views; safe to repeat, nothing is dropped.

    Exits 2 if an existing table differs from its definition; one line per difference.
    """
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.migrate import migrate as apply

    drifts = apply(WarehouseHook())
    for drift in drifts:
        print(f"drift: {drift}", file=sys.stderr)
    if drifts:
        print(
            "zakaz migrate: the tables above were left as they are, and the views were not touched. Bring them in line "
            "by hand (ALTER TABLE … ADD COLUMN / MODIFY COLUMN), then run it again",
            file=sys.stderr,
        )
        return 2
    print("the warehouse is up to date")
    return 0
