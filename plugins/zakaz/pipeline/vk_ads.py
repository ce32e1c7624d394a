"""Loads VK Ads into the staging: replies are landed as received, parsed and checked in SQL, then built."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.buffered_insert import BufferedInsert
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.marts import STG_VK_ADS, rebuild
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, FIGURES, SUSPECT_ZERO, SourceTotal, record_totals
from zakaz.registry.restatements import restated
from zakaz.sources.vk_ads import Figures, Reply, VkAdsClient
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

log = logging.getLogger(__name__)
SOURCE = "vk_ads"
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


@dataclass
class Fetch:
    """One fetch of one account.

    :param listed: ads in VK's lists. :param staged: ads with figures on these days in the staging.
    :param refused: ads that are in the lists, but whose statistics VK refuses for some days.
    :param account_days: the account's own totals by Moscow day.
    :param ads_days: the sums of its ads by Moscow day, with the number of rows received.
    """

    account_id: int
    days: DayRange
    fetch_id: UUID = field(default_factory=uuid4)
    replies: int = 0
    listed: set[int] = field(default_factory=set)
    staged: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    account_days: dict[date, Figures] = field(default_factory=dict)
    ads_days: dict[date, tuple[int, Figures]] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of our SQL."""
        return {"fetch_id": self.fetch_id, "account_id": self.account_id}

    @property
    def rows(self) -> int:
        """The number of statistics rows received."""
        return sum(rows for rows, _ in self.ads_days.values())

    @property
    def unaccounted_day(self) -> date | None:
        """The first day whose ads don't add up to the account's own total, within a kopeck per row; None if all do."""
        for day in self.days:
            (rows, ads), account = self.of_ads(day), self.of_account(day)
            if ads[:2] != account[:2] or abs(ads.spend - account.spend) * 100 > rows:
                return day
        return None

    @property
    def lacking(self) -> list[int]:
        """Refused ads that matter: the others don't add up to the account's own total without them."""
        return sorted(self.refused) if self.unaccounted_day else []

    def of_account(self, day: date) -> Figures:
        """The account's own total of a day, zeros by default."""
        return self.account_days.get(day, Figures())

    def of_ads(self, day: date) -> tuple[int, Figures]:
        """Rows and sums of the ads on a day, zeros by default."""
        return self.ads_days.get(day, (0, Figures()))


def load_vk_ads(clients: Sequence[VkAdsClient], warehouse: WarehouseHook, days: DayRange) -> LoadResult:
    """Fetch days of all accounts and rebuild them in the staging, which changes only if all checks pass.

    :param clients: one per account.
    :param days: Moscow days, each replaced as a whole.
    :returns: rows read and written, refused ads that matter (their old rows stay), and the sums that changed.
    :raises SourceRefused: VK refused a call; the staging is unchanged.
    :raises SourceUnavailable: VK gave no usable answer; the staging is unchanged.
    :raises SourceInconsistent: the replies contradict each other or the request; the staging is unchanged.
    """
    fetches = [fetch_account(client, warehouse, days) for client in clients]
    with warehouse.session(), restated(warehouse, SOURCE, days) as restatements:
        written = sum(build(warehouse, fetch) for fetch in fetches)
    return LoadResult(
        rows_read=sum(fetch.rows for fetch in fetches),
        rows_written=written,
        refused=tuple(f"ad {ad_id}" for fetch in fetches for ad_id in fetch.lacking),
        restatements=tuple(restatements.found),
    )


def fetch_account(client: VkAdsClient, warehouse: WarehouseHook, days: DayRange) -> Fetch:
    """Land VK's replies about an account, and check them.

    :raises SourceRefused, SourceUnavailable, SourceInconsistent: as for `load_vk_ads`.
    """
    with warehouse.session():
        known = warehouse.execute("SELECT DISTINCT account_id FROM meta.source_totals WHERE source = 'vk_ads'")
        staged = warehouse.execute(statement("vk_ads/known.sql"), days.bounds)
    fetch = Fetch(client.account_id([account_id for (account_id,) in known]), days)
    buffer = BufferedInsert(warehouse, RAW_TABLE, RAW_COLUMNS, BUFFER_BYTES)
    land(buffer, fetch, _lists(client, fetch))
    # Also request the ads that are no longer listed but have figures on these days.
    fetch.staged.update(ad_id for account_id, ad_id in staged if account_id == fetch.account_id)
    land(buffer, fetch, _statistics(client, fetch, sorted(fetch.listed | fetch.staged), days))
    land(buffer, fetch, _account_days(client, fetch))
    left_out = read_and_check(buffer, warehouse, fetch)
    if left_out:
        log.warning("VK Ads left %d ads out of its replies, e.g. %s: they are asked for again", *_few(left_out))
        for window, ad_ids in left_out.items():
            land(buffer, fetch, _statistics(client, fetch, ad_ids, window))
        left_out = read_and_check(buffer, warehouse, fetch)
    _require_no_suspect_zero(warehouse, fetch)
    _require_accounted(fetch, left_out)
    return fetch


def land(buffer: BufferedInsert, fetch: Fetch, replies: Iterable[Reply]) -> None:
    """Store replies as received."""
    for reply in replies:
        days = reply.days or fetch.days
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
                reply.content,
            ),
            size=len(reply.content),
        )
        fetch.replies += 1


def read_and_check(buffer: BufferedInsert, warehouse: WarehouseHook, fetch: Fetch) -> dict[DayRange, list[int]]:
    """Parse the landed statistics in the warehouse, and check them.

    :returns: requested ads that are missing from every reply about the same days, by these days.
    :raises SourceInconsistent: there are problems; the message names the first and its reply.
    """
    with warehouse.session():
        buffer.flush()
        warehouse.execute(statement("vk_ads/parse.sql"), fetch.params)
        problems = warehouse.execute(statement("vk_ads/problems.sql"), fetch.params)
        missing = warehouse.execute(statement("vk_ads/left_out.sql"), fetch.params)
        sums = warehouse.execute(statement("vk_ads/fetched_days.sql"), fetch.params)
    if problems:
        reply_no, problem, expected, found = problems[0]
        raise SourceInconsistent(
            f"VK Ads, {fetch.days}: {problem}: expected {expected}, found {found} (reply {reply_no} of fetch "
            f"{fetch.fetch_id} in {RAW_TABLE}; {len(problems)} such in all). The staging keeps its old rows"
        )
    fetch.ads_days = {day: (rows, Figures(*figures)) for day, rows, *figures in sums}
    left_out: dict[DayRange, list[int]] = {}
    for first, last, ad_id in missing:
        left_out.setdefault(DayRange(first, last), []).append(ad_id)
    return left_out


def build(warehouse: WarehouseHook, fetch: Fetch) -> int:
    """Build the staging of one account from what was landed, and record the account's own totals.

    :returns: live rows that this build wrote.
    """
    record_totals(warehouse, _totals(fetch))
    if fetch.refused and not fetch.lacking:
        log.warning("VK Ads refuses ads %s, but the others add up to the account's total", sorted(fetch.refused))
    params = {**fetch.params, "automatic_tags": AUTOMATIC_TAGS, "keep_refused": bool(fetch.lacking)}
    sql = statement("vk_ads/stg_vk_ads_daily.sql")
    return sum(rebuild(warehouse, STG_VK_ADS, sql, days, **params) for days in fetch.days.months(MONTHS_AT_ONCE))


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


def _require_accounted(fetch: Fetch, left_out: Mapping[DayRange, Sequence[int]]) -> None:
    """Accept ads that VK left out twice only if the others add up to the account's own total."""
    day = fetch.unaccounted_day
    if left_out and day:
        raise SourceInconsistent(
            f"VK Ads, {day}: VK left {_few(left_out)[0]} ads out though it was asked twice, e.g. "
            f"{_few(left_out)[1]}, and "
            f"without them the ads have {_format(fetch.of_ads(day)[1])}, the account {_format(fetch.of_account(day))}. "
            "The staging keeps its old rows"
        )


def _require_no_suspect_zero(warehouse: WarehouseHook, fetch: Fetch) -> None:
    """Cross-check days without any figures, which may be true or come from a wrong token."""
    if fetch.staged and not fetch.listed and not fetch.rows:
        raise SourceInconsistent(
            f"VK Ads, {fetch.days}: {SUSPECT_ZERO}: account {fetch.account_id} lists no ad and has no figures, but the "
            f"staging has figures of {len(fetch.staged)} ads, e.g. {min(fetch.staged)}. It keeps its old rows"
        )
    suspect = [total for total in _totals(fetch) if total.state == SUSPECT_ZERO]
    if suspect:
        record_totals(warehouse, suspect)
        day = suspect[0].day
        raise SourceInconsistent(
            f"VK Ads, {day}: {SUSPECT_ZERO}: no ad of account {fetch.account_id} has figures, but the account itself "
            f"has {_format(fetch.of_account(day))} ({len(suspect)} such days). The staging keeps its old rows"
        )


def _totals(fetch: Fetch) -> list[SourceTotal]:
    return [
        SourceTotal(
            day=day,
            source=SOURCE,
            account_id=fetch.account_id,
            state=_state(fetch, day),
            impressions=fetch.of_account(day).impressions,
            clicks=fetch.of_account(day).clicks,
            amount=fetch.of_account(day).spend,
            fetch_id=fetch.fetch_id,
            fetched_at=datetime.now(UTC),
        )
        for day in fetch.days
    ]


def _state(fetch: Fetch, day: date) -> str:
    _, ads = fetch.of_ads(day)
    if any(ads):
        return FIGURES
    return SUSPECT_ZERO if any(fetch.of_account(day)) else CONFIRMED_ZERO


def _format(figures: Figures) -> str:
    return f"{figures.impressions} impressions, {figures.clicks} clicks and {figures.spend} rubles"


def _few(left_out: Mapping[DayRange, Sequence[int]]) -> tuple[int, str]:
    ad_ids = sorted({ad_id for of_window in left_out.values() for ad_id in of_window})
    return len(ad_ids), ", ".join(map(str, ad_ids[:5]))
