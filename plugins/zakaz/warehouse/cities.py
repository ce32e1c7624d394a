"""What is known of cities: the spellings of include/city_aliases.csv, and the names of the cities that have sales."""

import csv

from zakaz.settings import INCLUDE_DIR
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

CITY_ALIASES = INCLUDE_DIR / "city_aliases.csv"


def build_sale_cities(warehouse: WarehouseHook) -> None:
    """Bring `zakaz.dim_sale_city` up to date, after sales, shows or aliases may have changed."""
    warehouse.execute(statement("cities/dim_sale_city.sql"))


def seed_city_aliases(warehouse: WarehouseHook) -> None:
    """Add the aliases of include/city_aliases.csv that the table has never had; edits in the table stay.

    An alias that stands as the file has it becomes weak if it is so there, unless somebody has said that it is not.
    """
    with CITY_ALIASES.open(encoding="utf-8", newline="") as file:
        seed = [(row["alias"], row["city"], True if row["is_weak"] == "1" else None) for row in csv.DictReader(file)]
    # Without FINAL, so that a removed alias (_deleted = 1) counts as known and is not re-added.
    known = {alias for (alias,) in warehouse.execute("SELECT DISTINCT alias FROM zakaz.dim_city_alias")}
    unsaid = set(warehouse.execute("SELECT alias, city FROM zakaz.dim_city_alias FINAL WHERE is_weak IS NULL"))
    news = [row for row in seed if row[0] not in known or (row[2] and row[:2] in unsaid)]
    warehouse.insert("zakaz.dim_city_alias", ["alias", "city", "is_weak"], news)
