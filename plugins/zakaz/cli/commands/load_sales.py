"""bin/zakaz load-sales."""

import os
from pathlib import Path

import click

from zakaz.texts import LONGEST_NAME, is_name


def seller_name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """A seller's name as it is stored; empty if none is given."""
    name = (value or "").strip()
    if value is not None and not is_name(name):
        raise click.BadParameter(f"{value!r} is no name: write 1 to {LONGEST_NAME} printable characters, e.g. kassir")
    return name


@click.command("load-sales")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", "seller", metavar="NAME", callback=seller_name, help="The seller, if not QTickets: kassir.")
@click.option("--replace", is_flag=True, help="Also replace days of QTickets that another file loaded, or none.")
def load_sales(file: Path, seller: str, replace: bool) -> None:
    """Load an export of ticket sales, FILE ending in .csv or .jsonl, into the sales staging; - is a CSV on stdin.

    Every sale day in the file is replaced as a whole. With --source NAME the sales are another seller's: they add up
    with QTickets', and replace only what was loaded under that name. Without it the file is in QTickets' place, and a
    day that another file or QTickets itself has loaded is replaced only with --replace.

    An invalid line is reported with its number and column, and then nothing is loaded. Columns: report_date,
    event_date, event_id, city, tickets_sold, revenue; optional: event_name, show_id, refunds_amount, tickets_refunded,
    currency, utm_source, utm_medium, utm_campaign, utm_content, utm_term, promo_code_id, discount_id, discount_amount,
    service_fee_amount, refund_kept_amount. UTF-8, days as 2026-11-20, money in rubles as 3000.50.
    """
    from zakaz.days import DayRange
    from zakaz.pipeline.sales import last_read_again
    from zakaz.pipeline.sales import load_sales as load
    from zakaz.sources.sales_file import read_sales
    from zakaz.warehouse.hook import WarehouseHook

    lines = read_sales(file)
    # Its bytes need not be UTF-8; standard input has none.
    name = "" if str(file) == "-" else os.fsencode(file.name).decode(errors="replace")
    loaded = load(WarehouseHook(), lines, seller=seller, file_name=name, replace=replace)
    sale_days = {line.report_date for line in lines}
    days = DayRange(min(sale_days), max(sale_days))
    whose = f" of {seller}" if seller else ""
    print(
        f"{file}: {loaded.rows_read} lines loaded, {len(sale_days)} sale days{whose} replaced "
        f"({days.first} to {days.last})"
    )
    for day, sums in loaded.replaced.items():
        print(f"{day}: replaced what this file had not loaded, {sums}")
    if not seller and (morning := last_read_again(days)):
        print(f"QTickets' sales of these days are read again each morning, the last time on {morning}, and replace the")
        print("file's. To keep the file's, load it with --replace after that morning.")
    print("next, bring these days into the mart, with that task alone:")
    print(f"bin/zakaz backfill --from {days.first} --to {days.last} --stage build_dm_sales")
