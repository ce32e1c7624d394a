"""A server in whatever time zone: the day is Moscow's, and so is every figure."""

import pytest

from faults.installation import Installation
from zakaz.days import last_complete_day as yesterday

pytestmark = pytest.mark.timeout(300)
TABLES = {
    "zakaz.stg_vk_ads_daily": "stat_date",
    "zakaz.dm_vk_ads_daily": "stat_date",
    "zakaz.stg_qtickets_sales": "report_date",
    "zakaz.dm_sales_daily": "sale_date",
}


def test_the_zone_of_the_server_changes_nothing(installation: Installation) -> None:
    """Half a day behind Moscow and half a day ahead of it, one of them is always in another day."""
    found = []
    for zone in ("Pacific/Pago_Pago", "Pacific/Kiritimati"):
        for table in TABLES:
            installation.warehouse.execute(f"TRUNCATE TABLE {table}")
        assert installation.call("zakaz", "stage", "zakaz_etl", TZ=zone) == 0
        found.append(
            [
                installation.warehouse.execute(f"SELECT {day}, * EXCEPT (_ver) FROM {table} FINAL ORDER BY ALL")
                for table, day in TABLES.items()
            ]
        )
    behind, ahead = found
    assert behind == ahead
    assert [{row[0] for row in rows} for rows in behind] == [{yesterday()}] * len(TABLES)
