"""bin/zakaz metrics."""

import click


@click.command()
def metrics() -> None:
    """Print what bi.v_etl_metrics knows of the load, as Prometheus reads it.

    For the textfile collector of node_exporter: docs/INSTALL.md. If the warehouse can't be read, it prints nothing.
    """
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.sql import statement

    click.echo(WarehouseHook().formatted(statement("report/metrics.sql"), "Prometheus"), nl=False)
