"""One fetch of one VK Ads account: what came, and whether it agrees with itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from zakaz.days import DayRange
from zakaz.errors import SourceInconsistent
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, FIGURES, SUSPECT_ZERO, SourceTotal
from zakaz.sources.vk_statistics import Figures

SOURCE = "vk_ads"


@dataclass
class Fetch:
    """One fetch of one account.

    :param replies: landed so far. :param landed_bytes: of their bodies.
    :param listed: ads in VK's lists. :param staged: ads with figures on these days in the staging.
    :param broken: objects of the lists that can't be read, each with what is wrong.
    :param refused: ads that are in the lists, but whose statistics VK refuses for some days.
    :param account_days: the account's own totals by Moscow day.
    :param ads_days: the sums of its ads by Moscow day, with the number of rows received.
    :param ads_rows: how many of these rows have figures.
    """

    account_id: int
    days: DayRange
    fetch_id: UUID = field(default_factory=uuid4)
    replies: int = 0
    landed_bytes: int = 0
    listed: set[int] = field(default_factory=set)
    staged: set[int] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    account_days: dict[date, Figures] = field(default_factory=dict)
    ads_days: dict[date, tuple[int, Figures]] = field(default_factory=dict)
    ads_rows: int = 0

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

    def totals(self) -> list[SourceTotal]:
        """The account's own total of each day."""
        return [
            SourceTotal(
                day=day,
                source=SOURCE,
                account_id=self.account_id,
                state=self._state(day),
                impressions=self.of_account(day).impressions,
                clicks=self.of_account(day).clicks,
                amount=self.of_account(day).spend,
                fetch_id=self.fetch_id,
                fetched_at=datetime.now(UTC),
            )
            for day in self.days
        ]

    def require_accounted(self, left_out: Mapping[DayRange, Sequence[int]]) -> None:
        """Accept ads that VK left out twice only if the others add up to the account's own total.

        :param left_out: these ads, by the days asked for.
        :raises SourceInconsistent: they don't.
        """
        day = self.unaccounted_day
        if left_out and day:
            number, some = few(left_out)
            raise SourceInconsistent(
                f"VK Ads, {day}: VK left {number} ads out though it was asked twice, e.g. {some}, and without them "
                f"the ads have {_in_words(self.of_ads(day)[1])}, the account {_in_words(self.of_account(day))}. "
                "The staging keeps its old rows"
            )

    def require_no_other_cabinet(self) -> None:
        """Refuse an account without ads and figures if the staging has some: it may be a wrong token's.

        :raises SourceInconsistent: it is such an account.
        """
        if self.staged and not self.listed and not self.rows:
            raise SourceInconsistent(
                f"VK Ads, {self.days}: {SUSPECT_ZERO}: account {self.account_id} lists no ad and has no figures, but "
                f"the staging has figures of {len(self.staged)} ads, e.g. {min(self.staged)}. It keeps its old rows"
            )

    def suspect_zero(self, suspect: Sequence[SourceTotal]) -> SourceInconsistent:
        """The error about days on which no ad has figures, but the account has.

        :param suspect: the totals of these days.
        """
        day = suspect[0].day
        return SourceInconsistent(
            f"VK Ads, {day}: {SUSPECT_ZERO}: no ad of account {self.account_id} has figures, but the account itself "
            f"has {_in_words(self.of_account(day))} ({len(suspect)} such days). The staging keeps its old rows"
        )

    def _state(self, day: date) -> str:
        _, ads = self.of_ads(day)
        if any(ads):
            return FIGURES
        return SUSPECT_ZERO if any(self.of_account(day)) else CONFIRMED_ZERO


def few(left_out: Mapping[DayRange, Sequence[int]]) -> tuple[int, str]:
    """How many ads were left out, and the first of them."""
    ad_ids = sorted({ad_id for of_window in left_out.values() for ad_id in of_window})
    return len(ad_ids), ", ".join(map(str, ad_ids[:5]))


def _in_words(figures: Figures) -> str:
    return f"{figures.impressions} impressions, {figures.clicks} clicks and {figures.spend} rubles"
