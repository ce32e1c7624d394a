"""bin/zakaz load-sales."""

from pathlib import Path

import click


@click.command("load-sales")
@click.argument("file", type=click.Path(path_type=Path))
def load_sales(file: Path) -> None:
    """Load an export of ticket sales, FILE ending in .csv or .jsonl, into the sales staging; - is a CSV on stdin.

    Every sale day in the file is replaced as a whole. An invalid line is reported with its number and column, and then
    nothing is loaded. Columns: report_date, event_date, event_id, city, tickets_sold, revenue; optional: event_name,
    show_id, utm_source, utm_campaign, refunds_amount, currency. Money in rubles.
    """
    from zakaz.pipeline.sales import load_sales as load
    from zakaz.sources.sales_file import read_sales
    from zakaz.warehouse.hook import WarehouseHook

    lines = read_sales(file)
    loaded = load(WarehouseHook(), lines)
    days = sorted({line.report_date for line in lines})
    print(f"{file}: {loaded.rows_read} lines loaded, {len(days)} sale days replaced ({days[0]} to {days[-1]})")
    print("next, bring these days into the mart, with that task alone:")
    print(f"bin/zakaz backfill --from {days[0]} --to {days[-1]} --stage build_dm_sales")
