"""bin/zakaz sql."""

import click
import sqlparse

from zakaz.errors import InvalidInput


@click.command()
@click.argument("statement")
@click.option(
    "--format", "output_format", default="TSVWithNames", show_default=True, help="One of ClickHouse's formats."
)
def sql(statement: str, output_format: str) -> None:
    """Run one STATEMENT on the configured warehouse and print its result."""
    if statement != statement.encode(errors="ignore").decode():
        raise InvalidInput("STATEMENT must be UTF-8, and has other bytes")
    # The embedded engine would run several statements, a server rejects them.
    if len(sqlparse.split(statement)) != 1:
        raise InvalidInput("STATEMENT must be exactly one statement")
    from zakaz.warehouse.hook import WarehouseHook

    click.echo(WarehouseHook().formatted(statement, output_format), nl=False)  # bytes, as they are
