"""A read-only client of VK Ads: lists and daily statistics of API v2 (https://ads.vk.com/doc/api)."""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from zakaz.days import MOSCOW, DayRange, moscow_day
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable
from zakaz.sources.currency import RUBLES, currency_code
from zakaz.sources.http import Answer, JsonApi, short
from zakaz.sources.parallel import in_order
from zakaz.sources.vk_lists import Page, Region, User, read_page, read_regions, read_user
from zakaz.sources.vk_rate_limits import DAY, HOUR, SECOND, opening, until_open
from zakaz.sources.vk_statistics import Figures, read_account_days, read_statistics
from zakaz.sources.vk_tokens import TokenSource
from zakaz.stages import VK_DAYS_SERVED

log = logging.getLogger(__name__)
LIST_FIELDS = {
    "ad_plans": "id,name,status",
    "ad_groups": "id,name,status,ad_plan_id,enable_utm,utm,targetings",
    "banners": "id,name,status,ad_group_id,urls",
}
REFRESHABLE = {"expired_token"}
REPLACEABLE = {"invalid_token", "revoked_token"}
BAD_IDS, TOO_MUCH = "ERR_WRONG_BANNERS", "ERR_LIMIT_EXCEEDED"


@dataclass(frozen=True)
class Reply:
    """One reply, to be stored as received.

    :param resource: ad_plans, ad_groups, banners, statistics, users, or refused (the statistics of an ad).
    :param request: the parameters of the request.
    :param days: the Moscow days that it covers; None for a list.
    :param content: the body.
    :param received_at: UTC instant.
    """

    resource: str
    request: Mapping[str, Any]
    days: DayRange | None
    content: bytes
    received_at: datetime


def first_reachable_day(now: datetime | None = None) -> date:
    """The oldest Moscow day that VK Ads still serves.

    :param now: an aware instant, now by default.
    """
    return moscow_day(now or datetime.now(UTC)) - timedelta(days=VK_DAYS_SERVED)


class VkAdsClient:
    """A client for one account.

    :param api: the API; make it with `refuse=refused`.
    :param tokens: where access tokens come from.
    :param page_limit: items per page of a list (the documentation allows 50, some accounts accept 250).
    :param batch_ids: ads per statistics call; VK accepts up to 200.
    :param window_days: days per statistics call; no call crosses a month.
    :param parallel_calls: maximum number of concurrent calls.
    :param name: the account's login or id in the connection, for messages.
    :param own_account: the account that the token must belong to, if known.
    :param may_change: whether the account may differ from those read before; False if the connection has only one.
    """

    name = ""
    opened: int | None = None
    """The account's id, as soon as it is known."""
    currency = "RUB"
    account_name = ""
    """Both as VK has them, since the account was opened."""

    def __init__(
        self,
        api: JsonApi,
        tokens: TokenSource,
        *,
        page_limit: int = 50,
        batch_ids: int = 200,
        window_days: int = 30,
        parallel_calls: int = 8,
        name: str = "",
        own_account: int | None = None,
        may_change: bool = False,
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._page_limit = page_limit
        self._batch_ids = batch_ids
        self._window_days = window_days
        self._parallel_calls = parallel_calls
        self.name = name
        self._own_account = own_account
        self._may_change = may_change

    def account_id(self, known: Collection[int] = ()) -> int:
        """The id of the account that the token belongs to.

        :param known: accounts read before.
        :raises SourceInconsistent: it is not the account that the connection names, or that was read so far.
        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        """
        user: User = self._get("/api/v2/user.json", {}, read_user).body
        account_id, self.currency, self.account_name = user
        self.opened = account_id
        if self._own_account is not None:
            if account_id != self._own_account:
                raise SourceInconsistent(
                    f"VK Ads: the token opens account {account_id}, the connection names account {self._own_account}: "
                    "correct one of them. Nothing was read"
                )
        elif known and account_id not in known and not self._may_change:
            raise SourceInconsistent(
                f"VK Ads: the token opens account {account_id}, the figures so far are of account "
                f"{', '.join(map(str, sorted(known)))}. If that is intended, add account_id {account_id} to the extra "
                "of the connection. Nothing was read"
            )
        return account_id

    def require_rubles(self) -> None:
        """Refuse an account in another currency: all money is added up as rubles.

        VK's documents say that it always names one; a reply without any is taken for rubles, with a line in the log.

        :raises SourceInconsistent: it is such an account, by the last `account_id`.
        """
        if not self.currency:
            log.warning("VK Ads: account %s names no currency: taken for rubles", self.opened)
        elif currency_code(self.currency) != RUBLES:
            raise SourceInconsistent(
                f"VK Ads: the currency of account {self.opened} is {short(self.currency, 20)}, but money is added up "
                "as rubles: take the account out of the connection. The staging keeps its old rows"
            )

    def lists(self) -> Iterator[tuple[Reply, list[int]]]:
        """Every page of the three lists with its ids, whatever their status: deleted ads still have past spend.

        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        :raises SourceInconsistent: the number of objects differs from VK's count.
        """
        for resource, fields in LIST_FIELDS.items():
            yield from self._pages(resource, fields)

    def regions(self) -> list[Region]:
        """Every region that an ad group can target, under its Russian name.

        In one try: it is as well to know them a day later.

        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        """
        in_russian = {"Accept-Language": "ru"}
        regions: list[Region] = self._get("/api/v2/regions.json", {}, read_regions, in_russian, attempts=1).body
        return regions

    def statistics(self, ad_ids: Sequence[int], days: DayRange) -> Iterator[Reply]:
        """Daily figures of ads, in batches of ids and windows of days, window by window.

        A refused batch is bisected down to the refused ad, which yields a reply with the resource `refused`.

        :raises SourceRefused: VK refused for a reason unrelated to single ads.
        :raises SourceUnavailable: no usable answer.
        """
        batches = [ad_ids[start : start + self._batch_ids] for start in range(0, len(ad_ids), self._batch_ids)]
        jobs = ((batch, window) for window in self._windows(days) for batch in batches)
        for replies in in_order(lambda job: list(self._split(*job)), jobs, self._parallel_calls, self._api.abandon):
            yield from replies

    def account_days(self, account_id: int, days: DayRange) -> Iterator[tuple[Reply, dict[date, Figures]]]:
        """The account's own totals by day, from a separate endpoint; days without figures may be missing.

        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        """
        for window in self._windows(days):
            asked = _statistics_request([account_id], window)
            read = partial(read_account_days, account_id=account_id, days=window)
            answer = self._get("/api/v2/statistics/users/day.json", asked, read)
            yield Reply("users", asked, window, answer.content, answer.received_at), answer.body

    def _windows(self, days: DayRange) -> Iterator[DayRange]:
        return (window for month in days.months() for window in month.windows(self._window_days))

    def _split(self, ids: Sequence[int], days: DayRange) -> Iterator[Reply]:
        asked = _statistics_request(ids, days)
        try:
            answer = self._get("/api/v2/statistics/banners/day.json", asked, read_statistics)
        except SourceRefused as error:
            if error.code == TOO_MUCH and days.first < days.last:
                middle = days.first + (days.last - days.first) // 2
                yield from self._split(ids, DayRange(days.first, middle))
                yield from self._split(ids, DayRange(middle + timedelta(days=1), days.last))
            elif error.code in (TOO_MUCH, BAD_IDS) and len(ids) > 1:
                yield from self._split(ids[: len(ids) // 2], days)
                yield from self._split(ids[len(ids) // 2 :], days)
            elif error.code == BAD_IDS:
                body = json.dumps({"code": error.code, "message": str(error)}, ensure_ascii=False).encode()
                yield Reply("refused", asked, days, body, datetime.now(UTC))
            else:
                raise
        else:
            yield Reply("statistics", asked, days, answer.content, answer.received_at)

    def _pages(self, resource: str, fields: str) -> Iterator[tuple[Reply, list[int]]]:
        def page(offset: int) -> tuple[Reply, Page]:
            asked = {"fields": fields, "limit": self._page_limit, "offset": offset, "sorting": "id"}
            read = partial(read_page, resource=resource, offset=offset)
            answer = self._get(f"/api/v2/{resource}.json", asked, read)
            return Reply(resource, asked, None, answer.content, answer.received_at), answer.body

        first = page(0)
        # VK may return fewer items per page than requested.
        count, size = first[1].length, first[1].size
        rest = range(size, count, size) if size else ()
        seen, received = set[int](), 0
        for reply, found in chain([first], in_order(page, rest, self._parallel_calls, self._api.abandon)):
            if len(set(found.ids)) < len(found.ids) or not seen.isdisjoint(found.ids):
                raise SourceInconsistent(
                    f"VK Ads: {resource}: the page at offset {reply.request['offset']} repeats an object, so another "
                    "one is missing: the list changed while it was read. Run the day again"
                )
            seen.update(found.ids)
            received += found.size
            yield reply, found.ids
            if not found.size:  # whatever count says
                break
        if received != count:
            raise SourceInconsistent(
                f"VK Ads: {resource}: {received} objects came though count is {count}: the list is cut, or "
                "changed while it was read. Run the day again"
            )

    def _get(
        self,
        path: str,
        params: Mapping[str, Any],
        read: Callable[[bytes], Any],
        headers: Mapping[str, str] | None = None,
        attempts: int | None = None,
    ) -> Answer:
        sent = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in params.items()}

        def ask(token: str) -> Answer:
            sent_headers = {"Authorization": f"Bearer {token}", **(headers or {})}
            return self._api.call("GET", path, params=sent, headers=sent_headers, read=read, attempts=attempts)

        token = self._tokens.current()
        try:
            return ask(token)
        except SourceRefused as error:
            if error.code not in REFRESHABLE | REPLACEABLE:
                raise
            return ask(self._tokens.replace(token, refresh=error.code in REFRESHABLE))


def _statistics_request(ids: Sequence[int], days: DayRange) -> dict[str, Any]:
    return {"id": list(ids), "date_from": str(days.first), "date_to": str(days.last), "metrics": "base"}


def refused(what: str, answer: Answer, headers: Mapping[str, str]) -> None:
    """Raise the error for a status of 400 to 499, in any of VK's three error formats.

    :param what: the request, for the message.
    :raises SourceUnavailable: a rate limit, with the pause after which it ends.
    :raises SourceRefused: anything else, with VK's code.
    """
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status == 429:
        if _closed(body):
            raise SourceRefused(f"{what}: HTTP 429: this method is closed to the account: all its limits are 0", "429")
        pause, now = _pause(body, headers), datetime.now(MOSCOW)
        raise SourceUnavailable(
            f"{what}: HTTP 429: the rate limit is used up until {opening(pause, now)}: {answer.excerpt}", pause
        )
    nested = body.get("error")
    if isinstance(nested, dict):
        code, message = nested.get("code", ""), nested.get("message", "")
        if fields := nested.get("fields"):
            message = f"{message} {fields}"
    elif nested:
        code, message = nested, body.get("error_description", "")
    else:
        code, message = body.get("code", ""), body.get("message", "")
    raise SourceRefused(
        f"{what}: HTTP {answer.status} {code or 'without a code'}: {short(message or answer.excerpt, 300)}", str(code)
    )


def _closed(body: Mapping[str, Any]) -> bool:
    limits = body.get("limits")
    return isinstance(limits, dict) and bool(limits) and all(str(limit) == "0" for limit in limits.values())


def _pause(body: Mapping[str, Any], headers: Mapping[str, str]) -> float:
    """Seconds until the longest exhausted window resets."""
    if (asked := headers.get("Retry-After", "")).isdecimal():
        return min(float(asked), float(DAY))
    remaining = body.get("remaining")
    left = remaining if isinstance(remaining, dict) else {}
    window = next((window for window in (DAY, HOUR) if str(left.get(window)) == "0"), SECOND)
    return until_open(window, datetime.now(MOSCOW))
