"""bin/zakaz backup and restore."""

from datetime import UTC, datetime

import click


@click.command()
@click.option("--name", help="A name not used before; zakaz-YYYYMMDD-HHMMSS (UTC) by default.")
def backup(name: str | None) -> None:
    """Write a backup of the warehouse to the server's disk `backups`, by ClickHouse's own BACKUP."""
    from zakaz.warehouse.backup import back_up
    from zakaz.warehouse.hook import WarehouseHook

    name = name or f"zakaz-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    size = back_up(WarehouseHook(), name)
    print(f"backup {name}: {size:,} bytes. See that it can be restored: bin/zakaz restore {name} --check")


@click.command()
@click.argument("name")
@click.option("--check", "only_check", is_flag=True, help="Restore a copy beside the warehouse, count it, remove it.")
def restore(name: str, only_check: bool) -> None:
    """Restore the backup NAME into databases that are missing or empty; rows are never overwritten."""
    from zakaz.cli.schema import bring_up_to_date
    from zakaz.warehouse import backup as backups
    from zakaz.warehouse.hook import WarehouseHook

    if only_check:
        found = backups.check(WarehouseHook(), name)
        print(f"backup {name} can be restored: {found.tables} tables, {found.rows:,} rows")
        return
    backups.restore(WarehouseHook(), name)
    bring_up_to_date()  # functions and the views of bi
    print(f"backup {name} is restored, and the schema is up to date")
