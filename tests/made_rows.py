"""Rows made by hand for the staging tables, and the builds of the marts over them."""

from datetime import date
from decimal import Decimal
from typing import Any

from zakaz.days import DayRange
from zakaz.pipeline.marts import DM_SALES, DM_VK_ADS, rebuild
from zakaz.warehouse.cities import build_sale_cities
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.known_ads import build_known_ads
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import new_version

DAY = date(2026, 11, 20)
ONE_DAY = DayRange(DAY, DAY)
VK_ROW = {
    "stat_date": DAY,
    "account_id": 1,
    "campaign_id": 10,
    "campaign_name": "Афиша",
    "ad_group_id": 20,
    "ad_group_name": "",
    "ad_id": 30,
    "ad_name": "",
    "impressions": 1000,
    "clicks": 10,
    "goals": 1,
    "base_goals": 0,
    "vk_goals": 0,
    "spend": Decimal("100.50"),
    "link": "",
    "utm_source": "",
    "utm_medium": "",
    "utm_campaign": "",
    "utm_content": "kazan",
    "utm_term": "",
    "targeted_region": 0,
    "_deleted": 0,
}
SALES_ROW = {
    "source": "qtickets",
    "report_date": DAY,
    "event_date": date(2026, 12, 24),
    "event_id": 4001,
    "event_name": "Щелкунчик",
    "show_id": 1,
    "city": "Казань",
    "utm_source": "",
    "utm_campaign": "",
    "tickets_sold": 2,
    "tickets_refunded": 0,
    "revenue": Decimal("5000.10"),
    "refunds_amount": Decimal(0),
    "discount_amount": Decimal(0),
    "service_fee_amount": Decimal(0),
    "refund_kept_amount": Decimal(0),
    "currency": "RUB",
    "_deleted": 0,
}


def stage_vk(warehouse: WarehouseHook, *rows: dict[str, Any]) -> None:
    """Put rows into the VK staging, each as it is in `VK_ROW` but for what is given."""
    _insert(warehouse, "zakaz.stg_vk_ads_daily", VK_ROW, rows)


def stage_sales(warehouse: WarehouseHook, *rows: dict[str, Any]) -> None:
    """Put rows into the sales staging, each as it is in `SALES_ROW` but for what is given."""
    _insert(warehouse, "zakaz.stg_qtickets_sales", SALES_ROW, rows)
    build_sale_cities(warehouse)


def build_vk(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> int:
    """Rebuild the mart of VK Ads, and what is known of the ads."""
    written = rebuild(warehouse, DM_VK_ADS, statement("vk_ads/dm_vk_ads_daily.sql"), days)
    build_known_ads(warehouse, days)
    return written


def build_sales(warehouse: WarehouseHook, days: DayRange = ONE_DAY) -> int:
    """Rebuild the mart of sales."""
    return rebuild(warehouse, DM_SALES, statement("sales/dm_sales_daily.sql"), days)


def _insert(warehouse: WarehouseHook, table: str, usual: dict[str, Any], rows: tuple[dict[str, Any], ...]) -> None:
    columns = [*usual, "_ver"]
    warehouse.insert(
        table, columns, [[({**usual, "_ver": new_version(), **row})[name] for name in columns] for row in rows]
    )
