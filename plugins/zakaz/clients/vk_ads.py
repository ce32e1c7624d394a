"""A read-only client of VK Ads: lists and daily statistics of API v2 (https://ads.vk.com/doc/api)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from zakaz.clients.http import Answer, JsonApi, short
from zakaz.clients.vk_tokens import TokenSource
from zakaz.days import MOSCOW, DayRange
from zakaz.errors import SourceInconsistent, SourceRefused, SourceUnavailable

LIST_FIELDS = {
    "ad_plans": "id,name,status",
    "ad_groups": "id,name,status,ad_plan_id,enable_utm,utm",
    "banners": "id,name,status,ad_group_id,urls",
}
REFRESHABLE = {"expired_token"}
REPLACEABLE = {"invalid_token", "revoked_token"}


@dataclass(frozen=True)
class Reply:
    """One reply, to be landed as it came.

    :param resource: ad_plans, ad_groups, banners or statistics.
    :param request: the parameters asked with.
    """

    resource: str
    request: Mapping[str, Any]
    answer: Answer

    @property
    def items(self) -> list[Mapping[str, Any]]:
        """The objects of the reply."""
        items: list[Mapping[str, Any]] = self.answer.body["items"]
        return items


class AccountTotal(NamedTuple):
    """Sums of an account over days; spend in rubles net of VAT."""

    impressions: int
    clicks: int
    spend: Decimal


class VkAdsClient:
    """VK Ads for one account.

    :param api: the API; make it with `refuse=refused`.
    :param tokens: where access tokens come from.
    :param page_limit: items per page of a list (the documentation says at most 50, some accounts take 250).
    :param batch_ids: ads per statistics call; VK takes up to 200.
    :param window_days: days per statistics call.
    """

    def __init__(
        self,
        api: JsonApi,
        tokens: TokenSource,
        *,
        page_limit: int = 50,
        batch_ids: int = 200,
        window_days: int = 30,
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._page_limit = page_limit
        self._batch_ids = batch_ids
        self._window_days = window_days

    def account_id(self) -> int:
        """The id of the account that the token belongs to.

        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        """
        return int(self._get("/api/v2/user.json", {}, lambda body: int(body["id"])).body["id"])

    def lists(self) -> Iterator[Reply]:
        """Every page of the three lists, whatever the status: a deleted ad keeps its past spend.

        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        :raises SourceInconsistent: the pages do not add up to the count that VK gives.
        """
        for resource, fields in LIST_FIELDS.items():
            yield from self._pages(resource, fields)

    def statistics(self, ad_ids: Sequence[int], days: DayRange) -> Iterator[Reply]:
        """Daily figures of ads, in batches of ids and windows of days.

        :raises SourceRefused: VK refused a batch; nothing is skipped.
        :raises SourceUnavailable: no usable answer.
        """
        remaining = iter(ad_ids)
        while batch := list(islice(remaining, self._batch_ids)):
            for window in days.windows(self._window_days):
                yield self._day_statistics("banners", batch, window, _items)

    def account_total(self, account_id: int, days: DayRange) -> AccountTotal:
        """What the whole account did: another endpoint's word on the same days.

        :raises SourceRefused: VK refused. :raises SourceUnavailable: no usable answer.
        """
        total = AccountTotal(0, 0, Decimal(0))
        for window in days.windows(self._window_days):
            more = _total(self._day_statistics("users", [account_id], window, _total).answer.body)
            total = AccountTotal(
                total.impressions + more.impressions, total.clicks + more.clicks, total.spend + more.spend
            )
        return total

    def _day_statistics(self, level: str, ids: Sequence[int], days: DayRange, check: Callable[[Any], object]) -> Reply:
        asked = {"id": list(ids), "date_from": str(days.first), "date_to": str(days.last), "metrics": "base"}
        answer = self._get(f"/api/v2/statistics/{level}/day.json", {**asked, "id": ",".join(map(str, ids))}, check)
        return Reply("statistics", asked, answer)

    def _pages(self, resource: str, fields: str) -> Iterator[Reply]:
        received, count, seen = 0, 1, set[int]()
        while received < count:
            asked = {"fields": fields, "limit": self._page_limit, "offset": received, "sorting": "id"}
            reply = Reply(resource, asked, self._get(f"/api/v2/{resource}.json", asked, _count))
            count = _count(reply.answer.body)
            if not reply.items and received < count:
                raise SourceInconsistent(
                    f"VK Ads: {resource}: page at offset {received} is empty though count is {count}: the list is cut"
                )
            ids = {int(item["id"]) for item in reply.items}
            if len(ids) < len(reply.items) or ids & seen:
                raise SourceInconsistent(
                    f"VK Ads: {resource}: the page at offset {received} repeats an object, so another one is "
                    "missing: the list changed while it was read. Run the day again"
                )
            seen |= ids
            received += len(reply.items)
            yield reply

    def _get(self, path: str, params: Mapping[str, Any], check: Callable[[Any], object]) -> Answer:
        token = self._tokens.current()
        try:
            return self._ask(path, params, check, token)
        except SourceRefused as error:
            if error.code not in REFRESHABLE | REPLACEABLE:
                raise
            return self._ask(path, params, check, self._tokens.replace(token, refresh=error.code in REFRESHABLE))

    def _ask(self, path: str, params: Mapping[str, Any], check: Callable[[Any], object], token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return self._api.call("GET", path, params=params, headers=headers, check=check)


# What is always there, and without which a reply can't be landed; what it says is checked in SQL.


def _items(body: Any) -> list[Any]:
    items = body["items"]
    if not isinstance(items, list):
        raise TypeError("items is no list")
    return items


def _count(body: Any) -> int:
    _items(body)
    return int(body["count"])


def _total(body: Any) -> AccountTotal:
    figures = body["total"]["base"]
    return AccountTotal(int(figures["shows"]), int(figures["clicks"]), Decimal(str(figures["spent"])))


def refused(what: str, answer: Answer, headers: Mapping[str, str]) -> None:
    """Raise the error for an answer of 400 to 499, in any of VK's three shapes.

    :param what: the request, for the message.
    :raises SourceUnavailable: a rate limit, with the pause after which it ends.
    :raises SourceRefused: anything else, with VK's code.
    """
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status == 429:
        pause = _pause(body, headers)
        # Rounded up: at the minute that is named the window is open.
        opens = datetime.now(MOSCOW) + timedelta(seconds=pause + 59)
        raise SourceUnavailable(
            f"{what}: HTTP 429: rate limit reached until {opens:%d.%m %H:%M} MSK ({pause:.0f} s): {answer.text}",
            pause,
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
        f"{what}: HTTP {answer.status} {code or 'without a code'}: {short(message or answer.text, 300)}", str(code)
    )


def _pause(body: Mapping[str, Any], headers: Mapping[str, str]) -> float:
    """Seconds until the exhausted window opens again. The day's reset at Moscow midnight is VK users' experience."""
    if (asked := headers.get("Retry-After", "")).isdigit():
        return float(asked)
    remaining = body.get("remaining")
    left = remaining if isinstance(remaining, dict) else {}
    now = datetime.now(MOSCOW)
    if left.get("86400") == 0:
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - now).total_seconds()
    if left.get("3600") == 0:
        return float(3600 - now.minute * 60 - now.second)
    return 1.0
