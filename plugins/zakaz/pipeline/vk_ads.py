"""VK Ads into the staging: each reply is landed as it came, read and checked in SQL, and only then becomes rows."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.landing import Landing
from zakaz.pipeline.loaded import Loaded
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
# What VK appends to the link of a group that has tags switched on and none of its own (VK's help on UTM tags).
AUTOMATIC_TAGS = "?utm_source=vk_ads&utm_medium=cpc&utm_campaign={{campaign_id}}&utm_content={{banner_id}}"
# Bytes of replies that are held in memory and written together.
LANDED_TOGETHER = 16_000_000
# Months built in one statement: what the engine holds in memory, and how often it looks at the lists.
MONTHS_AT_ONCE = 12


@dataclass
class Fetch:
    """What was fetched of one account.

    :param listed: ads in VK's lists. :param standing: ads that have figures on these days in the staging.
    :param refused: ads that VK will not tell of on some days, though its lists have them.
    :param account_days: what the account as a whole did on each Moscow day.
    :param ads_days: the same as the sums of its ads, with the rows that came.
    """

    account_id: int
    days: DayRange
    fetch_id: UUID = field(default_factory=uuid4)
    replies: int = 0
    listed: set[int] = field(default_factory=set)
    standing: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    account_days: dict[date, Figures] = field(default_factory=dict)
    ads_days: dict[date, tuple[int, Figures]] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, Any]:
        """The fetch as parameters of our SQL."""
        return {"fetch_id": self.fetch_id, "account_id": self.account_id}

    @property
    def rows(self) -> int:
        """Rows of statistics that came."""
        return sum(rows for rows, _ in self.ads_days.values())

    @property
    def unaccounted_day(self) -> date | None:
        """The first day on which the ads do not make up the account's own total, but for a kopeck a row."""
        for day in self.days:
            (rows, ads), account = self.of_ads(day), self.of_account(day)
            if ads[:2] != account[:2] or abs(ads.spend - account.spend) * 100 > rows:
                return day
        return None

    @property
    def lacking(self) -> list[int]:
        """Ads that VK will not tell of, if they did something: the others do not make up the account's own total."""
        return sorted(self.refused) if self.unaccounted_day else []

    def of_account(self, day: date) -> Figures:
        """What the account says of a day; nothing is zero."""
        return self.account_days.get(day, Figures())

    def of_ads(self, day: date) -> tuple[int, Figures]:
        """Rows and sums of the ads on a day; nothing is zero."""
        return self.ads_days.get(day, (0, Figures()))


def load_vk_ads(clients: Sequence[VkAdsClient], warehouse: WarehouseHook, days: DayRange) -> Loaded:
    """Read days of all accounts and rebuild them in the staging; it changes only when all of them were found sound.

    :param clients: one for each account.
    :param days: Moscow days, each replaced as a whole.
    :returns: rows read and written, ads that VK refused and that are lacking (their old rows stay), and the sums that
        changed.
    :raises SourceRefused: VK refused a call; the staging is as it was.
    :raises SourceUnavailable: VK gave no usable answer; the staging is as it was.
    :raises SourceInconsistent: the replies contradict themselves or the question; the staging is as it was.
    """
    fetches = [fetch_account(client, warehouse, days) for client in clients]
    with warehouse.session(), restated(warehouse, SOURCE, days) as restatements:
        written = sum(build(warehouse, fetch) for fetch in fetches)
    return Loaded(
        rows_read=sum(fetch.rows for fetch in fetches),
        rows_written=written,
        refused=tuple(f"ad {ad_id}" for fetch in fetches for ad_id in fetch.lacking),
        restatements=tuple(restatements.found),
    )


def fetch_account(client: VkAdsClient, warehouse: WarehouseHook, days: DayRange) -> Fetch:
    """Land what VK says of an account, and check it.

    :raises SourceRefused, SourceUnavailable, SourceInconsistent: as for `load_vk_ads`.
    """
    with warehouse.session():
        known = warehouse.execute("SELECT DISTINCT account_id FROM meta.source_totals WHERE source = 'vk_ads'")
        standing = warehouse.execute(statement("vk_ads/known.sql"), days.bounds)
    fetch = Fetch(client.account_id([account_id for (account_id,) in known]), days)
    landing = Landing(warehouse, RAW_TABLE, RAW_COLUMNS, LANDED_TOGETHER)
    land(landing, fetch, _lists(client, fetch))
    # Those that left the lists and have figures on these days are asked for as well.
    fetch.standing.update(ad_id for account_id, ad_id in standing if account_id == fetch.account_id)
    land(landing, fetch, _statistics(client, fetch, sorted(fetch.listed | fetch.standing), days))
    land(landing, fetch, _account_days(client, fetch))
    left_out = read_and_check(landing, warehouse, fetch)
    if left_out:
        log.warning("VK Ads left %d ads out of its replies, e.g. %s: they are asked for again", *_few(left_out))
        for window, ad_ids in left_out.items():
            land(landing, fetch, _statistics(client, fetch, ad_ids, window))
        left_out = read_and_check(landing, warehouse, fetch)
    _require_no_suspect_zero(warehouse, fetch)
    _require_accounted(fetch, left_out)
    return fetch


def land(landing: Landing, fetch: Fetch, replies: Iterable[Reply]) -> None:
    """Take replies as they came."""
    for reply in replies:
        days = reply.days or fetch.days
        landing.add(
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


def read_and_check(landing: Landing, warehouse: WarehouseHook, fetch: Fetch) -> dict[DayRange, list[int]]:
    """Let the engine read the landed statistics, and look for what is wrong with them.

    :returns: ads that were asked for and are in no reply about the same days, by these days.
    :raises SourceInconsistent: something is wrong; the message names the first finding and the reply.
    """
    with warehouse.session():
        landing.write()
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
    """Build the staging of one account from what was landed, and keep the account's own totals.

    :returns: rows that stand because of it.
    """
    record_totals(warehouse, _totals(fetch))
    if fetch.refused and not fetch.lacking:
        log.warning("VK Ads tells nothing of ads %s, and the others make up the account's total", sorted(fetch.refused))
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
                log.warning("VK Ads knows ad %d no more: neither its lists nor its statistics have it", ad_id)
        yield reply


def _account_days(client: VkAdsClient, fetch: Fetch) -> Iterable[Reply]:
    for reply, account_days in client.account_days(fetch.account_id, fetch.days):
        fetch.account_days |= account_days
        yield reply


def _require_accounted(fetch: Fetch, left_out: Mapping[DayRange, Sequence[int]]) -> None:
    """What VK leaves out twice did nothing, if the others make up the account's own total."""
    day = fetch.unaccounted_day
    if left_out and day:
        raise SourceInconsistent(
            f"VK Ads, {day}: VK left {_few(left_out)[0]} ads out though it was asked twice, e.g. "
            f"{_few(left_out)[1]}, and "
            f"without them the ads have {_said(fetch.of_ads(day)[1])}, the account {_said(fetch.of_account(day))}. "
            "The staging keeps its old rows"
        )


def _require_no_suspect_zero(warehouse: WarehouseHook, fetch: Fetch) -> None:
    """Nothing at all may be true, and may be a wrong token's empty answer: what else VK says decides."""
    if fetch.standing and not fetch.listed and not fetch.rows:
        raise SourceInconsistent(
            f"VK Ads, {fetch.days}: {SUSPECT_ZERO}: account {fetch.account_id} lists no ad and has no figures, but the "
            f"staging has figures of {len(fetch.standing)} ads, e.g. {min(fetch.standing)}. It keeps its old rows"
        )
    suspect = [total for total in _totals(fetch) if total.state == SUSPECT_ZERO]
    if suspect:
        record_totals(warehouse, suspect)
        day = suspect[0].day
        raise SourceInconsistent(
            f"VK Ads, {day}: {SUSPECT_ZERO}: no ad of account {fetch.account_id} has figures, but the account itself "
            f"has {_said(fetch.of_account(day))} ({len(suspect)} such days). The staging keeps its old rows"
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


def _said(figures: Figures) -> str:
    return f"{figures.impressions} impressions, {figures.clicks} clicks and {figures.spend} rubles"


def _few(left_out: Mapping[DayRange, Sequence[int]]) -> tuple[int, str]:
    ad_ids = sorted({ad_id for of_window in left_out.values() for ad_id in of_window})
    return len(ad_ids), ", ".join(map(str, ad_ids[:5]))
