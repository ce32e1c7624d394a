"""The stages that read the sources: VK Ads and QTickets."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from filelock import FileLock

from zakaz.alerts.findings import notify_of_findings
from zakaz.alerts.restated import notify_of_restatements
from zakaz.connections.qtickets import CONNECTION, QTicketsHook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange, last_complete_day
from zakaz.errors import SourceIncomplete, SourceNotSetUp
from zakaz.pipeline.known_shows import keep_coming_shows
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.attempt import Attempt
from zakaz.registry.quality import keep_findings
from zakaz.registry.runs import RunFigures
from zakaz.settings import file_name, settings, state_dir
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.warehouse.cities import build_sale_cities
from zakaz.warehouse.hook import WarehouseHook

log = logging.getLogger(__name__)
# The scheduled run of a Sunday's day reads all older orders of QTickets, which shows refunds that others would miss.
DEEP_WEEKDAY = 6


def vk_fetch(warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
    """Fetch VK Ads statistics and rebuild `zakaz.stg_vk_ads_daily`; days that VK no longer serves are kept.

    Single ads that VK refused, and accounts of several, are what lacks; all others are loaded.
    """
    reachable = days.since(first_reachable_day())
    if reachable != days:
        log.warning(
            "VK Ads serves no day before %s: earlier days of %s keep what the staging has", first_reachable_day(), days
        )
    if reachable is None:
        return
    vk_ads = VkAdsHook()
    with _only_fetch_of_this_machine(vk_ads.base_url):
        loaded = load_vk_ads(vk_ads.get_conn(), warehouse, reachable)
    figures.rows_read, figures.rows_written = loaded.rows_read, loaded.rows_written
    notify_of_restatements(warehouse, attempt, reachable, loaded.restatements, settings().lookback_days)
    _note_lacking(loaded, figures)


def qtickets_fetch(warehouse: WarehouseHook, days: DayRange, attempt: Attempt, figures: RunFigures) -> None:
    """Fetch ticket sales from QTickets and rebuild `zakaz.stg_qtickets_sales`.

    Single orders or tickets that can't be read, and organisers of several, are what lacks; all others are loaded.
    """
    limits = settings()
    is_weekly = attempt.run_type == "scheduled" and days.last.weekday() == DEEP_WEEKDAY
    clients = QTicketsHook().get_conn()
    loaded = load_qtickets(clients, warehouse, days, limits.refund_days, deep=is_weekly)
    figures.rows_read, figures.rows_written = loaded.rows_read, loaded.rows_written
    if loaded.findings:
        keep_findings(warehouse, loaded.findings, attempt.run_id)
    notify_of_findings(warehouse, attempt, loaded.findings)
    notify_of_restatements(warehouse, attempt, days, loaded.restatements, limits.sales_lookback_days)
    _note_lacking(loaded, figures)
    if days.last == last_complete_day():  # what is on sale now says nothing of old days
        keep_coming_shows([client for client in clients if client.source in loaded.loaded], warehouse)
    build_sale_cities(warehouse)


def _note_lacking(loaded: LoadResult, figures: RunFigures) -> None:
    """Note what is not loaded; an account that may answer later is an error now, so that the fetch is tried again."""
    try:
        loaded.require_complete()
    except SourceIncomplete as error:
        log.warning("%s", error)
        figures.lacking.append(str(error))


def require_qtickets() -> None:
    """Require the QTickets connection.

    :raises SourceNotSetUp: there is none.
    """
    if not QTicketsHook().is_set_up():
        raise SourceNotSetUp(
            f"there is no connection {CONNECTION}: nothing is fetched, and sales loaded by `bin/zakaz load-sales` "
            f"stay. To fetch them, set AIRFLOW_CONN_{CONNECTION.upper()}"
        )


@contextmanager
def _only_fetch_of_this_machine(base_url: str) -> Iterator[None]:
    """Allow one fetch at a time from this VK API on this machine, since all share its rate limits.

    Airflow's pool does that for scheduled tasks, but not for a backfill in its own process or a timer. The wait is
    bounded by the stage's time limit.
    """
    folder = state_dir()
    with ExitStack() as stack:
        with suppress(OSError):  # a disk that can't lock must not cost a day
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / f"vk_fetch-{file_name(base_url)}.lock"))
        yield
