"""The task that reads VK Ads."""

from typing import Any

from zakaz.alerts.restated import tell_restatements
from zakaz.clients.vk_ads import first_reachable_day
from zakaz.days import DayRange
from zakaz.hooks.vk_ads import CONNECTION, VkAdsHook
from zakaz.operators.base import DayOperator
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.settings import settings
from zakaz.staging.vk_ads import load_vk_ads
from zakaz.warehouse.hook import WarehouseHook


class VkFetchOperator(DayOperator):
    """Reads the statistics of VK Ads over HTTP and rebuilds `zakaz.stg_vk_ads_daily` for the run's days.

    :param vk_ads_conn_id: the account, or an agency's accounts.
    """

    def __init__(self, *, vk_ads_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vk_ads_conn_id = vk_ads_conn_id

    def work(self, warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
        """Fetch, land, check, build the staging; end red if VK refused single ads. Days out of reach stay."""
        reachable = days.since(first_reachable_day())
        if reachable != days:
            self.log.warning(
                "VK Ads tells of no day before %s: earlier ones of %s keep what stands in the staging",
                first_reachable_day(),
                days,
            )
        if reachable is None:
            return
        loaded = load_vk_ads(VkAdsHook(self.vk_ads_conn_id).get_conn(), warehouse, reachable)
        figures.rows_read, figures.rows_written = loaded.rows_read, loaded.rows_written
        tell_restatements(warehouse, attempt, reachable, loaded.restatements, settings().lookback_days)
        loaded.require_complete()
