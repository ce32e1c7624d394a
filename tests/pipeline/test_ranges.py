"""A range of days is looked at in one statement, and each of its days as if it were alone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from made_rows import DAY, build_sales, build_vk, stage_sales, stage_vk
from zakaz.days import DayRange
from zakaz.errors import InvalidInput
from zakaz.pipeline import check_files
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, FIGURES, SUSPECT_ZERO, SourceTotal, record_totals
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]
Rows = dict[int, list[dict[str, Any]]]
DAYS = DayRange(DAY - timedelta(days=39), DAY)
WITH_HISTORY = DayRange(DAYS.first - timedelta(days=63), DAY)

# By the number of days back; all other days have one sound row. The last two days never came.
GAPS: Rows = {days: [] for days in (0, 1, 8, 9, 10, 22, 50)}
OTHER_AD = {"ad_id": 31, "campaign_id": 11}
VK: Rows = {
    **GAPS,
    3: [{"spend": Decimal("-0.01")}, OTHER_AD],
    5: [{}, {"account_id": 2}, OTHER_AD, {**OTHER_AD, "account_id": 3}],
    6: [{}, {"account_id": 2, "ad_id": 32}, {"ad_id": 33, "utm_content": "samara"}],
    12: [{"spend": Decimal(9000), "clicks": 900, "campaign_name": ""}],
    13: [{}, {**OTHER_AD, "utm_content": "", "campaign_name": "Осень", "spend": Decimal(90)}],
    19: [{"spend": Decimal(20), "clicks": 1}],
}
ELSEWHERE = {"city": "Самара"}
LATER = {"event_date": DAY + timedelta(days=60)}
SALES: Rows = {
    **GAPS,
    3: [{"revenue": Decimal(-5)}, LATER],
    4: [{"refunds_amount": Decimal("-0.5")}],
    5: [{}, ELSEWHERE, {"show_id": 2, **LATER}, {"show_id": 2, **LATER, **ELSEWHERE}],
    6: [{}, {"city": "казань"}, {"event_id": 4002}, {"event_id": 4002, **LATER}],
    12: [{"revenue": Decimal(90000)}],
    14: [{"utm_source": "vk_ads", "utm_campaign": "old"}],
    13: [{}, {"utm_source": "vk", "currency": "KZT"}, {"utm_source": "ya", "currency": "USD"}],
}
# What the sources say of days: state, views, clicks, spend or revenue.
VK_SAYS = {
    8: (CONFIRMED_ZERO, 0, 0, "0"),
    9: (SUSPECT_ZERO, 0, 0, "0"),
    17: (FIGURES, 1000, 10, "100.50"),
    18: (FIGURES, 1001, 10, "100.50"),
}
QTICKETS_SAYS = {
    8: (CONFIRMED_ZERO, 0, 0, "0"),
    9: (SUSPECT_ZERO, 0, 0, "0"),
    17: (FIGURES, 0, 0, "5000.10"),
    18: (FIGURES, 0, 0, "5000.11"),
    19: (FIGURES, 0, 0, "1"),
}
# What is staged after that, and not built.
LATE_VK: Rows = {15: [{"clicks": 11}], 16: [{"spend": Decimal("100.49")}], 22: [{}], 24: [{"_deleted": 1}]}
LATE_SALES: Rows = {15: [{"tickets_sold": 3}], 16: [{"revenue": Decimal(1)}], 19: [{}], 22: [{}], 24: [{"_deleted": 1}]}


def back(days: int) -> date:
    return DAY - timedelta(days=days)


def dated(rows: Rows, column: str) -> Iterator[dict[str, Any]]:
    return ({**row, column: back(days)} for days, of_day in rows.items() for row in of_day)


def put_days(warehouse: WarehouseHook) -> None:
    """Forty days of gaps, faults and figures that differ, and the weeks before them."""
    sound: Rows = {(DAY - day).days: [{}] for day in WITH_HISTORY}
    stage_vk(warehouse, *dated({**sound, **VK}, "stat_date"))
    stage_sales(warehouse, *dated({**sound, **SALES}, "report_date"))
    build_vk(warehouse, WITH_HISTORY)
    build_sales(warehouse, WITH_HISTORY)
    asked: dict[str, Any] = {"account_id": 0, "fetch_id": UUID(int=0), "fetched_at": datetime.now(UTC)}
    record_totals(
        warehouse,
        [
            SourceTotal(
                day=back(days),
                source=source,
                state=state,
                impressions=views,
                clicks=clicks,
                amount=Decimal(amount),
                **asked,
            )
            for source, says in (("vk_ads", VK_SAYS), ("qtickets", QTICKETS_SAYS))
            for days, (state, views, clicks, amount) in says.items()
        ],
    )
    stage_vk(warehouse, *dated(LATE_VK, "stat_date"))
    stage_sales(warehouse, *dated(LATE_SALES, "report_date"))


def test_each_day_of_a_range_is_found_as_if_it_were_alone(warehouse: WarehouseHook) -> None:
    put_days(warehouse)
    together = check_days(warehouse, DAYS)
    for verdict in (True, False):
        shown = {finding.check_name for finding in together if finding.passed is verdict}
        assert len(shown) == 24, "the days hold a fault for each check"
    assert {finding.severity for finding in together if finding.check_name == "zero_rows_sales"} == {"fail", "warn"}
    alone = [finding for day in DAYS for finding in check_days(warehouse, DayRange(day, day), run_day=DAY)]
    assert together == alone


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"one": (0,), "two": (0, 1, 2)}, "one on .*, it leaves out 2026-11-19 to 2026-11-20", id="days"),
        pytest.param({"one": (0, 1, 2)}, "two on .*, it leaves out 2026-11-18 to 2026-11-20", id="a check"),
        pytest.param(
            {"one": (0, 1, 2), "two": (0, 1, 2, 2)},
            "two on .*, it yields twice or unasked 2026-11-20",
            id="a day twice",
        ),
        pytest.param(
            {"one": (0, 1, 2, 3), "two": (0, 1, 2)}, "one on .*, it yields twice or unasked 2026-11-21", id="a day more"
        ),
        pytest.param(
            {"one": (0, 1, 2), "two": (0, 1, 2), "of_sales": (0,)},
            "of_sales on .*, it yields twice or unasked 2026-11-18",
            id="a check that it does not name for this source",
        ),
    ],
)
def test_a_check_that_does_not_look_at_each_day_is_refused(
    warehouse: WarehouseHook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, tuple[int, ...]],
    said: str,
) -> None:
    rows = [(name, number) for name, numbers in given.items() for number in numbers]
    file = tmp_path / "forgetful.sql"
    file.write_text(
        "-- A check.\n-- vk_ads: one, two\n-- qtickets: of_sales\n"
        "SELECT {from_date:Date} + it.2 AS day, it.1 AS check_name, 'STALE', 'fail', 'a', 'b', 'b', 1 "
        f"FROM (SELECT arrayJoin({rows}) AS it)",
        encoding="utf-8",
    )
    monkeypatch.setattr(check_files, "files", lambda _: [file])
    with pytest.raises(InvalidInput, match=rf"forgetful\.sql: .*asked for {said}$"):
        check_days(warehouse, DayRange(back(2), DAY), source="vk_ads")
    assert warehouse.execute("SELECT count() FROM meta.quality_results") == [(0,)]
