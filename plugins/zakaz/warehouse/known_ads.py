"""What is known of ads beyond their figures: their names, campaigns and tags, brought up to date with the staging."""

from zakaz.days import DayRange
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement
from zakaz.warehouse.versions import next_version


def build_known_ads(warehouse: WarehouseHook, days: DayRange) -> None:
    """Bring `zakaz.dim_vk_object` and `zakaz.dim_vk_tags` up to date.

    :param days: the Moscow days that may have changed; the newest known ones and all after them are read as well.
    """
    with warehouse.session():
        bounds = {**days.bounds, "ver": next_version(warehouse, days)}
        for file in ("vk_ads/dim_vk_object.sql", "vk_ads/dim_vk_tags.sql"):
            warehouse.execute(statement(file), bounds)
