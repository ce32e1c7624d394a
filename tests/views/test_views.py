"""The views that dashboards read."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import pytest

from made_rows import DAY, build_sales, build_vk, stage_sales, stage_vk
from steady import rows_of
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, SourceTotal, record_totals
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import recorded
from zakaz.settings import INCLUDE_DIR
from zakaz.stages import DAG_ID, LAST_STAGE, STAGES
from zakaz.warehouse.ddl import name_of, views
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
ROI_COLUMNS = (
    *("impressions", "clicks", "spend", "tickets_sold", "revenue", "refunds_amount", "net_revenue"),
    *("roas", "cpc", "cost_per_ticket", "spend_with_vat", "tickets_refunded", "net_tickets"),
    *("has_ads", "has_sales"),
)
SIDE_AMOUNTS = ("discount_amount", "service_fee_amount", "refund_kept_amount")


@pytest.fixture
def opened(warehouse: WarehouseHook) -> Iterator[WarehouseHook]:
    """The warehouse, open for the whole test."""
    with warehouse.session():
        yield warehouse


def roi(warehouse: WarehouseHook) -> dict[tuple[date, str], dict[str, Any]]:
    found = warehouse.execute(f"SELECT d, city, {', '.join(ROI_COLUMNS)} FROM bi.v_marketing_roi_daily")
    rows = {(day, city): dict(zip(ROI_COLUMNS, rest, strict=True)) for day, city, *rest in found}
    assert len(rows) == len(found), "a day and city is one row"
    return rows


def ran(warehouse: WarehouseHook, job: str, days: DayRange, started_at: datetime, **given: Any) -> None:
    """An attempt that ended well, or with the error given."""
    attempt = Attempt(
        dag_id="zakaz_etl",
        dag_run_id=given.get("run", f"run of {days}"),
        run_type=given.get("run_type", "scheduled"),
        job=job,
        map_index=given.get("map_index", -1),
        try_number=given.get("try_number", 1),
        log_url="",
        started_at=started_at,
    )
    try:
        with recorded(warehouse, attempt, days):
            if "error" in given:
                raise ValueError(given["error"])
    except ValueError:
        pass


def test_every_view_can_be_read_when_there_is_nothing(opened: WarehouseHook) -> None:
    plain = [file for file in views() if "{" not in file.read_text()]
    rows = {file.stem: opened.execute(f"SELECT * FROM {name_of(file)}") for file in plain}
    assert sorted(rows.pop("v_ops_freshness")) == [("dm_sales_daily", None, None), ("dm_vk_ads_daily", None, None)]
    assert rows.pop("v_quality_last_day") == [(yesterday(), 0, 0, 0, 0)]
    assert {row[2] for row in rows.pop("v_etl_status")} == {"red"}
    known = {row[0] for row in rows.pop("v_etl_metrics")}
    assert known == {"zakaz_disk_free_bytes", "zakaz_disk_size_bytes", "zakaz_holes", "zakaz_open_incidents"}
    assert len(rows.pop("v_city_aliases")) > 1000
    assert len(rows) >= 4
    assert set(map(tuple, rows.values())) == {()}


def test_spend_and_revenue_meet_once_and_neither_is_dropped(opened: WarehouseHook) -> None:
    stage_vk(
        opened,
        # Two campaigns of one city beside two events and two show days of it: four rows would come of a join.
        {"ad_id": 1, "campaign_id": 1, "spend": Decimal("100.10"), "clicks": 3, "impressions": 10},
        {"ad_id": 2, "campaign_id": 2, "spend": Decimal("0.20"), "clicks": 1, "impressions": 20},
        {"ad_id": 3, "utm_content": "moskva", "spend": Decimal("7.00"), "clicks": 0},
        {"ad_id": 4, "utm_content": "", "spend": Decimal("8.00")},
    )
    stage_sales(
        opened,
        {"tickets_sold": 2, "revenue": Decimal("300.40"), "refunds_amount": Decimal("100.00"), "tickets_refunded": 6},
        {"tickets_sold": 3, "revenue": Decimal("0.20"), "event_id": 2},
        {"tickets_sold": 0, "revenue": Decimal("0.00"), "event_date": date(2026, 12, 25)},
        {"city": "Самара", "tickets_sold": 1, "revenue": Decimal("50.00")},
        # Sold on the day before, for a show on the day of the spend: it is revenue of the day before.
        {"report_date": DAY - timedelta(days=1), "event_date": DAY, "revenue": Decimal("9.00"), "tickets_sold": 1},
    )
    build_vk(opened)
    build_sales(opened, DayRange(DAY - timedelta(days=1), DAY))
    found = roi(opened)
    assert set(found) == {
        (DAY - timedelta(days=1), "Казань"),
        (DAY, "Казань"),
        (DAY, "Москва"),
        (DAY, "Самара"),
        (DAY, "unknown"),
    }
    both = found[DAY, "Казань"]
    assert both == {
        "impressions": 30,
        "clicks": 4,
        "spend": Decimal("100.30"),
        "tickets_sold": 5,
        "revenue": Decimal("300.60"),
        "refunds_amount": Decimal("100.00"),
        "net_revenue": Decimal("200.60"),
        "roas": pytest.approx(2.0),
        "cpc": pytest.approx(25.075),
        "cost_per_ticket": pytest.approx(20.06),
        "spend_with_vat": Decimal("122.366"),
        "tickets_refunded": 6,
        "net_tickets": -1,
        "has_ads": 1,
        "has_sales": 1,
    }
    ads_only, sales_only = found[DAY, "Москва"], found[DAY, "Самара"]
    assert (ads_only["spend"], ads_only["net_revenue"], ads_only["roas"]) == (Decimal("7.00"), 0, 0.0)
    assert (ads_only["cpc"], ads_only["cost_per_ticket"]) == (None, None)
    assert (sales_only["spend"], sales_only["net_revenue"]) == (0, Decimal("50.00"))
    assert (sales_only["roas"], sales_only["cpc"], sales_only["cost_per_ticket"]) == (None, None, 0.0)
    assert found[DAY - timedelta(days=1), "Казань"]["net_revenue"] == Decimal("9.00")


def test_a_day_says_which_side_is_loaded(opened: WarehouseHook) -> None:
    """Not loaded is no zero: a ratio must leave such days out, and whoever reads it must hear of them."""
    days = [DAY - timedelta(days=number) for number in range(4)]
    stage_vk(opened, {"stat_date": days[0]}, {"stat_date": days[1], "ad_id": 2})
    stage_sales(opened, {"report_date": days[0], "city": "Самара"}, *({"report_date": day} for day in days[2:]))
    for build in (build_vk, build_sales):
        build(opened, DayRange(days[3], days[0]))
    zero = {"account_id": 1, "state": CONFIRMED_ZERO, "impressions": 0, "clicks": 0, "amount": Decimal(0)}
    now = datetime.now(UTC)
    record_totals(opened, [SourceTotal(day=days[3], source="vk_ads", fetch_id=uuid4(), fetched_at=now, **zero)])
    found = {(day, city): (row["has_ads"], row["has_sales"]) for (day, city), row in roi(opened).items()}
    assert found == {
        (days[0], "Казань"): (1, 1),
        (days[0], "Самара"): (1, 1),
        (days[1], "Казань"): (1, 0),
        (days[2], "Казань"): (0, 1),
        (days[3], "Казань"): (1, 1),
    }


def test_spend_with_vat_has_the_rate_of_its_day_and_adds_up_to_the_kopeck(opened: WarehouseHook) -> None:
    days = {"2003-12-31": 100, "2018-12-31": 118, "2019-01-01": 120, "2025-12-31": 120, "2026-01-01": 122}
    found = opened.execute(
        "SELECT arrayJoin(splitByChar(',', {days:String})) AS day, zakaz_with_vat(toDecimal64(1, 2), toDate(day))",
        {"days": ",".join(days)},
    )
    assert dict(found) == {day: Decimal(percent) / 100 for day, percent in days.items()}, "none before the first rate"
    stage_vk(opened, *({"ad_id": number, "campaign_id": number, "spend": Decimal("0.01")} for number in range(100)))
    build_vk(opened)
    total = "SELECT sum(spend_with_vat) FROM bi.{}"
    for view in ("v_vk_ads_daily", "v_marketing_roi_daily"):
        assert opened.execute(total.format(view)) == [(Decimal("1.22"),)]


def test_the_plain_views_are_the_marts_without_what_is_gone(opened: WarehouseHook) -> None:
    apart = {"base_goals": 3, "vk_goals": 2}
    stage_vk(opened, {"ad_id": 1, "spend": Decimal("0.29"), **apart}, {"ad_id": 2, "utm_content": "orel"})
    side = dict(zip(SIDE_AMOUNTS, map(Decimal, ("5.05", "6.06", "7.07")), strict=True))
    stage_sales(opened, {"refunds_amount": Decimal("1.01"), "tickets_refunded": 3, **side}, {"event_id": 2})
    build_vk(opened)
    build_sales(opened)
    stage_vk(opened, {"ad_id": 2, "_deleted": 1})
    stage_sales(opened, {"event_id": 2, "_deleted": 1})
    build_vk(opened)
    build_sales(opened)
    assert opened.execute("SELECT * FROM bi.v_vk_ads_daily") == [
        (DAY, "Казань", 1, 10, "Афиша", 1000, 10, 1, Decimal("0.29"), Decimal("0.3538"), 3, 2)
    ]
    net = Decimal("4999.09")
    assert opened.execute("SELECT * FROM bi.v_sales_daily") == [
        (
            DAY,
            date(2026, 12, 24),
            "Казань",
            4001,
            "Щелкунчик",
            2,
            Decimal("5000.10"),
            Decimal("1.01"),
            net,
            "qtickets",
            3,
            -1,
            Decimal("5.05"),
            Decimal("6.06"),
            Decimal("7.07"),
        )
    ]
    assert opened.execute("SELECT sum(spend), sum(net_revenue) FROM bi.v_marketing_roi_daily") == [
        (Decimal("0.29"), net)
    ]


def test_quality_of_the_last_day_is_by_day_of_sale(opened: WarehouseHook) -> None:
    days = DayRange(yesterday() - timedelta(days=1), yesterday() + timedelta(days=1))
    for day, sum_ in zip(days, (1, 20, 300), strict=True):
        stage_vk(opened, {"stat_date": day, "spend": Decimal(sum_)})
        stage_sales(opened, {"report_date": day, "revenue": Decimal(sum_), "refunds_amount": Decimal("0.50")})
    # Sold long ago for a show of yesterday.
    stage_sales(opened, {"report_date": days.first, "event_date": yesterday(), "event_id": 2})
    build_vk(opened, days)
    build_sales(opened, days)
    assert opened.execute("SELECT d, sales_rows, sales_revenue, vk_rows, vk_spend FROM meta.v_quality_last_day") == [
        (yesterday(), 1, Decimal("19.50"), 1, Decimal(20))
    ]


def test_freshness_is_the_age_of_the_newest_day(opened: WarehouseHook) -> None:
    stage_vk(opened, {"stat_date": yesterday() - timedelta(days=1)}, {"stat_date": yesterday(), "ad_id": 2})
    stage_sales(opened, {"report_date": yesterday() - timedelta(days=2)})
    days = DayRange(yesterday() - timedelta(days=2), yesterday())
    build_vk(opened, days)
    build_sales(opened, days)
    hour = datetime.now(MOSCOW).hour
    found = {mart: rest for mart, *rest in opened.execute("SELECT * FROM bi.v_ops_freshness")}
    assert found["dm_vk_ads_daily"][0] == yesterday()
    assert found["dm_vk_ads_daily"][1] in (hour, hour + 1), "since midnight in Moscow"
    assert found["dm_sales_daily"] == [yesterday() - timedelta(days=2), found["dm_vk_ads_daily"][1] + 48]
    # A newest day that is gone again is no newest day.
    stage_vk(opened, {"stat_date": yesterday(), "ad_id": 2, "_deleted": 1})
    stage_sales(opened, {"report_date": days.first, "_deleted": 1})
    build_vk(opened, days)
    build_sales(opened, days)
    found = {mart: rest for mart, *rest in opened.execute("SELECT * FROM bi.v_ops_freshness")}
    assert found["dm_vk_ads_daily"][0] == yesterday() - timedelta(days=1)
    assert found["dm_sales_daily"] == [None, None]


STATUS = ("light", "last_good_day", "last_status", "failures_24h", "attempts_48h", "missing_days", "reason")


def lights(warehouse: WarehouseHook) -> dict[str, dict[str, Any]]:
    found = warehouse.execute(f"SELECT job, {', '.join(STATUS)} FROM bi.v_etl_status")
    return {job: dict(zip(STATUS, rest, strict=True)) for job, *rest in found}


def due_day(warehouse: WarehouseHook) -> date:
    ((day,),) = warehouse.execute("SELECT zakaz_due_day(now())")
    return cast("date", day)


def test_a_day_is_due_from_half_past_seven_on_the_next_morning(opened: WarehouseHook) -> None:
    sql = "SELECT zakaz_due_day(toDateTime64({at:String}, 6, 'Europe/Moscow'))"
    for at, day in (("2026-11-27 07:29:59", date(2026, 11, 25)), ("2026-11-27 07:30:00", date(2026, 11, 26))):
        assert opened.execute(sql, {"at": at}) == [(day,)]


def test_lights_go_by_the_day_of_the_data(opened: WarehouseHook) -> None:
    now, due = datetime.now(UTC), due_day(opened)
    fresh, day_before = (DayRange(day, day) for day in (due, due - timedelta(days=1)))
    old = DayRange(due - timedelta(days=40), due - timedelta(days=30))
    ran(opened, "vk_fetch", fresh, now - timedelta(hours=30), error="healed", try_number=1)
    ran(opened, "vk_fetch", fresh, now - timedelta(hours=2), error="healed", try_number=2)
    ran(opened, "vk_fetch", fresh, now - timedelta(hours=1), try_number=3)
    ran(opened, "build_dm_vk", day_before, now - timedelta(hours=3))
    ran(opened, "build_dm_vk", fresh, now - timedelta(hours=2), error="no")
    # Old days that are rebuilt now say nothing about yesterday.
    ran(opened, "build_dm_sales", old, now - timedelta(minutes=5))
    found = lights(opened)
    expected = {
        "vk_fetch": ("green", due, "ok", 1, 3),
        "build_dm_vk": ("red", day_before.last, "error", 1, 2),
        "build_dm_sales": ("red", old.last, "ok", 0, 1),
        "healthcheck": ("red", None, "", 0, 0),
        # As a whole: what ran last, and nothing that was checked.
        "zakaz_etl": ("red", None, "ok", 2, 6),
    }
    told = {job: tuple(found[job][name] for name in STATUS[:5]) for job in expected}
    assert told == expected
    assert found["vk_fetch"]["reason"] == f"данные полные по {due:%d.%m.%Y}"
    assert (
        f"нет данных за {due:%d.%m}, последний полный день {day_before.last:%d.%m.%Y}"
        in (found["build_dm_vk"]["reason"])
    )
    assert found["healthcheck"]["reason"] == "ещё ни одного полного дня"


def test_the_whole_is_green_when_the_due_day_was_checked_and_yellow_with_gaps_or_incidents(
    opened: WarehouseHook,
) -> None:
    now, due = datetime.now(UTC), due_day(opened)
    ran(opened, "healthcheck", DayRange(due, due), now)
    # Nobody connected QTickets: it is no reason to look.
    assert {job: row["light"] for job, row in lights(opened).items() if job in ("zakaz_etl", "qtickets_fetch")} == {
        "zakaz_etl": "green",
        "qtickets_fetch": "green",
    }
    first = due - timedelta(days=3)
    ran(opened, "healthcheck", DayRange(first, first), now)
    assert (lights(opened)["zakaz_etl"]["light"], lights(opened)["zakaz_etl"]["missing_days"]) == ("yellow", 2)
    ran(opened, "healthcheck", DayRange(first, due), now)
    assert lights(opened)["zakaz_etl"]["light"] == "green"
    columns = ("ts", "severity", "job", "code", "message", "context_json", "alert_id", "dag_run_id", "delivery")
    alert = (now, "critical", "vk_fetch", "RUN_FAILED", "", "{}", uuid4(), "", "sent")
    opened.insert("meta.etl_alerts", (*columns, "from_date", "to_date", "_ver"), [(*alert, due, due, 1)])
    found = lights(opened)
    assert (found["zakaz_etl"]["light"], found["vk_fetch"]["light"]) == ("yellow", "red")
    assert "открытых сбоев: 1 (RUN_FAILED)" in found["zakaz_etl"]["reason"]
    over = (now, "info", "vk_fetch", "RECOVERED", "", '{"code": "RUN_FAILED"}', uuid4(), "", "sent")
    opened.insert("meta.etl_alerts", (*columns, "from_date", "to_date", "_ver"), [(*over, due, due, 1)])
    assert lights(opened)["zakaz_etl"]["light"] == "green"


def test_the_whole_comes_first_then_every_job_in_the_order_of_the_chain(opened: WarehouseHook) -> None:
    jobs = [job for (job,) in opened.execute("SELECT job FROM bi.v_etl_status ORDER BY position")]
    assert jobs == [DAG_ID, *STAGES]


def test_a_backfill_in_progress_is_told(opened: WarehouseHook) -> None:
    columns = ("backfill_id", "day", "from_date", "to_date", "stage", "started_at", "state", "_ver")
    days = [date(2026, 11, 1), date(2026, 11, 2)]
    backfill_id = uuid4()
    rows = [
        (backfill_id, day, days[0], days[1], "all", datetime.now(UTC), state, 1)
        for day, state in zip(days, ("ok", "planned"), strict=True)
    ]
    opened.insert("meta.backfills", columns, rows)
    assert lights(opened)["zakaz_etl"]["reason"].endswith("пересчёт 01.11.2026 – 02.11.2026: готово 1 из 2")
    opened.insert("meta.backfills", columns, [(*rows[1][:-2], "red", 2)])
    assert "пересчёт" not in lights(opened)["zakaz_etl"]["reason"]


def test_each_day_stands_for_each_job_as_its_last_look_says(opened: WarehouseHook) -> None:
    now = datetime.now(UTC)
    days = DayRange(yesterday() - timedelta(days=2), yesterday())
    # A scheduled run that failed is red for its own day, one that went well is good for all it looked back to.
    ran(opened, "vk_fetch", DayRange(days.first, days.first), now - timedelta(hours=9), error="VK is away")
    ran(opened, "build_dm_vk", days, now - timedelta(hours=8), error="no")
    found = {
        (day, job): (state, attempts, failures, error)
        for day, job, state, attempts, failures, error in opened.execute(
            "SELECT d, job, state, attempts, failures, last_error FROM bi.v_etl_days"
        )
    }
    assert found == {
        (days.first, "vk_fetch"): ("red", 1, 1, "ValueError: VK is away"),
        (days.last, "build_dm_vk"): ("red", 1, 1, "ValueError: no"),
    }
    ran(opened, "vk_fetch", days, now - timedelta(hours=7))
    rows = opened.execute("SELECT d, state, attempts, failures FROM bi.v_etl_days WHERE job = 'vk_fetch' ORDER BY d")
    first, second, last = days
    assert rows == [(first, "good", 1, 1), (second, "good", 0, 0), (last, "good", 1, 0)]


def test_a_backfill_of_one_day_leaves_what_its_run_had_vouched_for(opened: WarehouseHook) -> None:
    """Airflow has the backfill of a day go on under the run that the scheduler had started for it."""
    now = datetime.now(UTC)
    looked_back = DayRange(yesterday() - timedelta(days=6), yesterday())
    for job, days in (
        ("build_dm_sales", DayRange(yesterday() - timedelta(days=29), yesterday())),
        ("vk_fetch", looked_back),
    ):
        ran(opened, job, days, now - timedelta(hours=8), run="scheduled of yesterday")
    ran(
        opened,
        "healthcheck",
        DayRange(yesterday() - timedelta(days=29), yesterday()),
        now,
        run="scheduled of yesterday",
    )
    one_day = DayRange(yesterday(), yesterday())
    ran(opened, "build_dm_sales", one_day, now, run="scheduled of yesterday", run_type="backfill")
    good = opened.execute("SELECT day FROM meta.v_good_days WHERE job = 'healthcheck' ORDER BY day")
    assert [day for (day,) in good] == list(looked_back)


def test_a_backfill_in_pieces_vouches_for_the_days_of_each(opened: WarehouseHook) -> None:
    pieces = list(DayRange(date(2026, 10, 30), date(2026, 11, 2)).months())
    assert len(pieces) == 2
    for number, piece in enumerate(pieces):
        ran(opened, "healthcheck", piece, datetime.now(UTC), run="pieces", run_type="manual", map_index=number)
    good = opened.execute("SELECT day FROM meta.v_good_days WHERE job = 'healthcheck' ORDER BY day")
    assert [day for (day,) in good] == [day for piece in pieces for day in piece]


def test_views_say_the_same_whatever_joins_make_of_what_is_missing(opened: WarehouseHook) -> None:
    """DataLens asks with join_use_nulls = 1."""
    ran(opened, "vk_fetch", DayRange(yesterday(), yesterday()), datetime.now(UTC) - timedelta(hours=1))
    names = [name for name in map(name_of, views()) if name.startswith("bi.")]
    assert len(names) >= 8
    for name in names:
        sql = f"SELECT * FROM {rows_of(name)} ORDER BY ALL"
        assert opened.execute(sql) == opened.execute(f"{sql} SETTINGS join_use_nulls = 1"), name


def test_jobs_have_the_names_and_the_order_of_python(opened: WarehouseHook) -> None:
    names = {job: texts["name"] for job, texts in json.loads((INCLUDE_DIR / "messages/jobs.json").read_text()).items()}
    assert len(names) >= 8
    jobs = ",".join([*names, "unheard_of"])
    found = opened.execute(
        "SELECT arrayJoin(splitByChar(',', {jobs:String})) AS job, zakaz_job_ru(job)", {"jobs": jobs}
    )
    assert dict(found) == {**names, "unheard_of": "unheard_of"}
    assert opened.execute("SELECT zakaz_stages(), zakaz_last_stage()") == [(list(STAGES), LAST_STAGE)]
