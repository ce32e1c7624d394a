"""The task that reads VK Ads."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from filelock import FileLock

from zakaz.alerts.restated import notify_of_restatements
from zakaz.connections.vk_ads import CONNECTION, VkAdsHook
from zakaz.days import DayRange
from zakaz.orchestration.stage_operator import DayOperator
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.settings import settings, state_dir
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.warehouse.hook import WarehouseHook


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one fetch of this machine ask at a time, since all share VK's rate limits.

    The pool does so for what a scheduler starts; a backfill in a process of its own and a timer know no pools. Whoever
    waits is ended by the task's time limit at the latest.
    """
    folder = state_dir()
    with ExitStack() as stack:
        with suppress(OSError):  # a disk that takes no lock costs no day
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / "vk_fetch.lock"))
        yield


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
        with one_at_a_time():
            loaded = load_vk_ads(VkAdsHook(self.vk_ads_conn_id).get_conn(), warehouse, reachable)
        figures.rows_read, figures.rows_written = loaded.rows_read, loaded.rows_written
        notify_of_restatements(warehouse, attempt, reachable, loaded.restatements, settings().lookback_days)
        loaded.require_complete()
