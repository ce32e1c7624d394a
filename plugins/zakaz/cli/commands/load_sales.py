"""bin/zakaz load-sales."""

from pathlib import Path

import click


@click.command("load-sales")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Also replace days that hold sales which no file loaded: QTickets'.")
def load_sales(file: Path, replace: bool) -> None:
    """Load an export of ticket sales, FILE ending in .csv or .jsonl, into the sales staging; - is a CSV on stdin.

    Every sale day in the file is replaced as a whole, but QTickets' days only with --replace. An invalid line is
    reported with its number and column, and then nothing is loaded. Columns: report_date, event_date, event_id, city,
    tickets_sold, revenue; optional: event_name, show_id, utm_source, utm_campaign, refunds_amount, currency. UTF-8,
    days as 2026-11-20, money in rubles as 3000.50.
    """
    from zakaz.days import DayRange
    from zakaz.pipeline.sales import last_read_again
    from zakaz.pipeline.sales import load_sales as load
    from zakaz.sources.sales_file import read_sales
    from zakaz.warehouse.hook import WarehouseHook

    lines = read_sales(file)
    loaded = load(WarehouseHook(), lines, replace=replace)
    sale_days = {line.report_date for line in lines}
    days = DayRange(min(sale_days), max(sale_days))
    print(f"{file}: {loaded.rows_read} lines loaded, {len(sale_days)} sale days replaced ({days.first} to {days.last})")
    for day, sums in loaded.replaced.items():
        print(f"{day}: replaced what no file had loaded, {sums}")
    if morning := last_read_again(days):
        print(f"QTickets' sales of these days are read again each morning, the last time on {morning}, and replace the")
        print("file's. To keep the file's, load it with --replace after that morning.")
    print("next, bring these days into the mart, with that task alone:")
    print(f"bin/zakaz backfill --from {days.first} --to {days.last} --stage build_dm_sales")
