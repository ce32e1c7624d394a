"""bin/zakaz migrate."""

import sys

import click


@click.command()
def migrate() -> int:
    """Create or update databases, tables and views; safe to repeat, nothing is dropped.

    Missing columns and comments are added. Columns that are not ours are named and left alone. Exits 2 if a table
    differs otherwise (type, keys, engine), or on a cluster from one host to another; one line per difference.
    """
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.migrate import migrate as apply

    drifts = apply(WarehouseHook())
    harmful = [drift for drift in drifts if not drift.is_harmless]
    for drift in drifts:
        print(f"{'drift' if drift in harmful else 'left alone'}: {drift}", file=sys.stderr)
    if harmful:
        print(
            "zakaz migrate: the tables above were left as they are, and the views were not touched. Bring them in line "
            "by hand (ALTER TABLE … MODIFY COLUMN, or a new table; replicas: infra/clickhouse/README.md), then run it "
            "again",
            file=sys.stderr,
        )
        return 2
    print("the warehouse is up to date")
    return 0
