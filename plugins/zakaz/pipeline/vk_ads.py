"""Loads VK Ads into the staging, account by account: replies are landed, parsed and checked in SQL, then built."""

import json
import logging
from collections.abc import Iterable, Sequence

from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent, WarehouseUnavailable, ZakazError
from zakaz.pipeline.accounts import load_each
from zakaz.pipeline.buffered_insert import BufferedInsert
from zakaz.pipeline.landed import require_landed
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.marts import STG_VK_ADS, rebuild
from zakaz.pipeline.source_totals import SUSPECT_ZERO, record_totals
from zakaz.pipeline.vk_account import SOURCE, Fetch, few
from zakaz.registry.restatements import restated
from zakaz.sources.http import short
from zakaz.sources.json_reply import Unreadable
from zakaz.sources.vk_ads import LIST_FIELDS, Reply, VkAdsClient
from zakaz.sources.vk_lists import Region, read_page
from zakaz.sources.vk_statistics import Figures, read_statistics
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
RAW_TABLE = "zakaz.raw_vk_ads"
RAW_COLUMNS = (
    "fetch_id",
    "reply_no",
    "account_id",
    "resource",
    "request",
    "from_date",
    "to_date",
    "fetched_at",
    "body",
)
# What VK appends to the links of a group with UTM tags enabled but none of its own (VK's help on UTM tags).
AUTOMATIC_TAGS = "?utm_source=vk_ads&utm_medium=cpc&utm_campaign={{campaign_id}}&utm_content={{banner_id}}"
BUFFER_BYTES = 16_000_000
# Months built per statement: a trade-off between the engine's memory and how often it rereads the lists.
MONTHS_AT_ONCE = 12


def load_vk_ads(clients: Sequence[VkAdsClient], warehouse: WarehouseHook, days: DayRange) -> LoadResult:
    """Fetch days of all accounts and rebuild them in the staging, each account by itself.

    An account's rows change only if all its checks pass, whatever becomes of the other accounts.

    :param clients: one per account.
    :param days: Moscow days, each replaced as a whole.
    :returns: rows read and written, what lacks (its old rows stay), which accounts failed, and the sums that changed.
    :raises ZakazError: the only account failed, as for `fetch_account` and `build`; the staging is unchanged.
    """

    def load(client: VkAdsClient) -> tuple[Fetch, int]:
        fetch = fetch_account(client, warehouse, days)
        return fetch, build(warehouse, fetch)

    with restated(warehouse, SOURCE, days) as restatements:
        loaded, failed = load_each(clients, load, _name)
    fetches = [fetch for fetch, _ in loaded.values()]
    if loaded:
        learn_regions(next(client for client in clients if _name(client) in loaded), warehouse, days)
    return LoadResult(
        rows_read=sum(fetch.rows for fetch in fetches),
        rows_written=sum(written for _, written in loaded.values()),
        refused=tuple(f"ad {ad_id}" for fetch in fetches for ad_id in fetch.lacking),
        restatements=tuple(restatements.found),
        broken=tuple(name for fetch in fetches for name in fetch.broken),
        loaded=tuple(loaded),
        failed=failed,
    )


def _name(client: VkAdsClient) -> str:
    known = client.opened and client.name != str(client.opened)
    return f"{client.name} (account {client.opened})" if known else client.name


def learn_regions(client: VkAdsClient, warehouse: WarehouseHook, days: DayRange) -> None:
    """Read VK's regions if ads target some that are not known. If it fails, the log says so: a later load tries again.

    :param client: any account's, since VK has the same regions for all.
    """
    try:
        unknown = warehouse.execute(statement("vk_ads/unknown_regions.sql"), days.bounds)
        if unknown:
            warehouse.insert("zakaz.dim_vk_region", Region._fields, client.regions())
    except ZakazError as error:
        log.warning("The names of regions that ad groups target stay unknown until the next load: %s", error)


def fetch_account(client: VkAdsClient, warehouse: WarehouseHook, days: DayRange) -> Fetch:
    """Land VK's replies about an account, and check them.

    :raises SourceRefused, SourceUnavailable, SourceInconsistent: as for `load_vk_ads`.
    """
    with warehouse.session():
        known = warehouse.execute("SELECT DISTINCT account_id FROM meta.source_totals WHERE source = 'vk_ads'")
        staged = warehouse.execute(statement("vk_ads/known.sql"), days.bounds)
    fetch = Fetch(client.account_id([account_id for (account_id,) in known]), days)
    client.require_rubles()
    account = (fetch.account_id, client.account_name, client.currency)
    warehouse.insert("zakaz.dim_vk_account", ["account_id", "account_name", "currency"], [account])
    buffer = BufferedInsert(warehouse, RAW_TABLE, RAW_COLUMNS, BUFFER_BYTES)
    land(buffer, fetch, _lists(client, fetch))
    # Also request the ads that are no longer listed but have figures on these days.
    fetch.staged.update(ad_id for account_id, ad_id in staged if account_id == fetch.account_id)
    land(buffer, fetch, _statistics(client, fetch, sorted(fetch.listed | fetch.staged), days))
    land(buffer, fetch, _account_days(client, fetch))
    left_out = read_and_check(buffer, warehouse, fetch)
    if left_out:
        log.warning("VK Ads left %d ads out of its replies, e.g. %s: they are asked for again", *few(left_out))
        for window, ad_ids in left_out.items():
            land(buffer, fetch, _statistics(client, fetch, ad_ids, window))
        left_out = read_and_check(buffer, warehouse, fetch)
    _require_no_suspect_zero(warehouse, fetch)
    fetch.require_accounted(left_out)
    return fetch


def land(buffer: BufferedInsert, fetch: Fetch, replies: Iterable[Reply]) -> None:
    """Store replies: those that the warehouse reads as it can't misread them, the others as received.

    :raises SourceInconsistent: a reply can't be read.
    """
    for reply in replies:
        days = reply.days or fetch.days
        content = _readable(reply, fetch)
        buffer.add(
            (
                fetch.fetch_id,
                fetch.replies,
                fetch.account_id,
                reply.resource,
                json.dumps(reply.request),
                days.first,
                days.last,
                reply.received_at,
                content,
            ),
            size=len(content),
        )
        fetch.replies += 1
        fetch.landed_bytes += len(content)


def _readable(reply: Reply, fetch: Fetch) -> bytes:
    try:
        if reply.resource == "statistics":
            return read_statistics(reply.content)
        if reply.resource in LIST_FIELDS:
            page = read_page(reply.content, reply.resource, reply.request.get("offset", 0))
            fetch.broken += page.broken
            return page.content
    except Unreadable as error:
        raise SourceInconsistent(
            f"VK Ads, {fetch.days}: {reply.resource} {reply.request}: {error}. The staging keeps its old rows"
        ) from None
    return reply.content


def read_and_check(buffer: BufferedInsert, warehouse: WarehouseHook, fetch: Fetch) -> dict[DayRange, list[int]]:
    """Parse the landed statistics in the warehouse, and check them.

    :returns: requested ads that are missing from every reply about the same days, by these days.
    :raises SourceInconsistent: there are problems; the message names the first and its reply.
    :raises WarehouseUnavailable: what was landed can't be read back.
    """
    with warehouse.session():
        buffer.flush()
        body = ("body", fetch.landed_bytes)
        require_landed(warehouse, RAW_TABLE, "fetch_id", fetch.fetch_id, fetch.replies, text=body)
        warehouse.execute(statement("vk_ads/parse.sql"), fetch.params)
        problems = warehouse.execute(statement("vk_ads/problems.sql"), fetch.params)
        missing = warehouse.execute(statement("vk_ads/left_out.sql"), fetch.params)
        sums = warehouse.execute(statement("vk_ads/fetched_days.sql"), fetch.params)
    if problems:
        reply_no, problem, expected, found = problems[0]
        raise SourceInconsistent(
            f"VK Ads, {fetch.days}: {problem}: expected {expected}, found {short(found)} (reply {reply_no} of fetch "
            f"{fetch.fetch_id} in {RAW_TABLE}; {len(problems)} such in all). The staging keeps its old rows"
        )
    fetch.ads_days = {day: (rows, Figures(*figures)) for day, rows, _, *figures in sums}
    fetch.ads_rows = sum(rows_with_figures for _, _, rows_with_figures, *_ in sums)
    left_out: dict[DayRange, list[int]] = {}
    for first, last, ad_id in missing:
        left_out.setdefault(DayRange(first, last), []).append(ad_id)
    return left_out


def build(warehouse: WarehouseHook, fetch: Fetch) -> int:
    """Build the staging of one account from what was landed, and record the account's own totals.

    :returns: live rows that this build wrote.
    :raises WarehouseUnavailable: other rows than were read can be seen in the staging.
    """
    with warehouse.session():
        record_totals(warehouse, fetch.totals())
        if fetch.refused and not fetch.lacking:
            log.warning("VK Ads refuses ads %s, but the others add up to the account's total", sorted(fetch.refused))
        params = {**fetch.params, "automatic_tags": AUTOMATIC_TAGS, "keep_refused": bool(fetch.lacking)}
        sql = statement("vk_ads/stg_vk_ads_daily.sql")
        written = sum(rebuild(warehouse, STG_VK_ADS, sql, days, **params) for days in fetch.days.months(MONTHS_AT_ONCE))
    if written != fetch.ads_rows:
        raise WarehouseUnavailable(
            f"{STG_VK_ADS.table}, {fetch.days}: {fetch.ads_rows} rows of account {fetch.account_id} have figures, and "
            f"{written} can be read back after the build. Run the day again"
        )
    return written


def _lists(client: VkAdsClient, fetch: Fetch) -> Iterable[Reply]:
    for reply, ids in client.lists():
        if reply.resource == "banners":
            fetch.listed.update(ids)
        yield reply


def _statistics(client: VkAdsClient, fetch: Fetch, ad_ids: Sequence[int], days: DayRange) -> Iterable[Reply]:
    for reply in client.statistics(ad_ids, days):
        if reply.resource == "refused":
            (ad_id,) = reply.request["id"]
            if ad_id in fetch.listed:
                fetch.refused.add(ad_id)
            else:
                log.warning("VK Ads no longer knows ad %d: neither its lists nor its statistics have it", ad_id)
        yield reply


def _account_days(client: VkAdsClient, fetch: Fetch) -> Iterable[Reply]:
    for reply, account_days in client.account_days(fetch.account_id, fetch.days):
        fetch.account_days |= account_days
        yield reply


def _require_no_suspect_zero(warehouse: WarehouseHook, fetch: Fetch) -> None:
    """Cross-check days without any figures, which may be true or come from a wrong token."""
    fetch.require_no_other_cabinet()
    suspect = [total for total in fetch.totals() if total.state == SUSPECT_ZERO]
    if suspect:
        record_totals(warehouse, suspect)
        raise fetch.suspect_zero(suspect)
