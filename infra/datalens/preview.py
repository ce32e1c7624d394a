"""Draws the dashboards: made-up figures in an engine of its own, the charts' statements, a browser for the picture."""

import shutil
import subprocess
from pathlib import Path

import sqlparse

from datalens.cards import DOCUMENT, statement
from datalens.description import FOLDER, Dashboard, Description
from datalens.drawing import PAGE_WIDTH, Rows, page, page_height
from zakaz.days import DayRange
from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, rebuild
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.known_ads import build_known_ads
from zakaz.warehouse.migrate import migrate
from zakaz.warehouse.sql import statement as statement_file

FIGURES = FOLDER / "figures.sql"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
)


def draw(description: Description, folder: Path) -> None:
    """One picture per dashboard, beside docs/DATALENS.md.

    :param folder: for what is not kept.
    """
    warehouse = WarehouseHook()
    migrate(warehouse)
    with warehouse.session():
        fill(warehouse)
        found = {name: figures(warehouse, dashboard) for name, dashboard in description.dashboards.items()}
    for name, dashboard in description.dashboards.items():
        picture = DOCUMENT.parent / f"datalens-{name}.png"
        _photograph(page(dashboard, found[name]), page_height(dashboard), picture, folder)


def fill(warehouse: WarehouseHook) -> None:
    """Put the made-up figures into the warehouse, and build the marts over them."""
    for one in sqlparse.split(FIGURES.read_text(encoding="utf-8")):
        warehouse.execute(one.rstrip(";"))
    ((first, last),) = warehouse.execute("SELECT min(stat_date), max(stat_date) FROM zakaz.stg_vk_ads_daily")
    days = DayRange(first, last)
    rebuild(warehouse, DM_VK_ADS, statement_file("vk_ads/dm_vk_ads_daily.sql"), days)
    rebuild(warehouse, DM_SALES, statement_file("sales/dm_sales_daily.sql"), days)
    build_known_ads(warehouse, days)


def figures(warehouse: WarehouseHook, dashboard: Dashboard) -> dict[str, Rows]:
    """What the charts of a dashboard show."""
    return {chart.name: warehouse.execute(statement(chart, dashboard)) for chart in dashboard.charts()}


def _photograph(html: str, height: int, picture: Path, folder: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"python -m datalens preview: none of {', '.join(BROWSERS)} is installed")
    source = folder / f"{picture.stem}.html"
    source.write_text(html, encoding="utf-8")
    command = [browser, *QUIET, f"--user-data-dir={folder}/browser", f"--window-size={PAGE_WIDTH},{height}"]
    subprocess.run([*command, f"--screenshot={picture}", source.as_uri()], check=True, capture_output=True)
