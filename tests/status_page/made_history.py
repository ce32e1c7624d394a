"""Two months as a warehouse would have them: every state of a day, figures with a weekly rhythm, incidents, checks."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from zakaz.alerts.messages import job_texts
from zakaz.days import MOSCOW, last_complete_day
from zakaz.registry.runs import TABLE as RUNS
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.versions import new_version

MARKUP = "<script>document.title = 'taken over'</script>"
# Days back: the stages and how they ended; all others are good.
ENDS = {
    9: {"vk_fetch": "error", "build_dm_vk": "", "build_dm_sales": "", "healthcheck": ""},
    17: dict.fromkeys(STAGES, ""),
    18: dict.fromkeys(STAGES, ""),
    # Complete without QTickets, which was not set up that day.
    25: {"qtickets_fetch": ""},
    30: {"healthcheck": "error"},
}
TODAY = {"qtickets_fetch": "running", "build_dm_vk": "", "build_dm_sales": "", "healthcheck": ""}
ERROR = f"VK Ads: HTTP 503 for /api/v2/statistics/banners/day.json after 6 tries {MARKUP}"
ATTEMPTS = f"""
    INSERT INTO {RUNS}
    (
        job, run_id, started_at, finished_at, status, rows_written, rows_read, err_msg, from_date, to_date, host,
        version_tag, dag_id, dag_run_id, run_type, try_number, log_url, _ver
    )
    SELECT
        {{job:String}},
        generateUUIDv4(),
        toDateTime64(toDateTime(day + 1, 'Europe/Moscow') + INTERVAL 335 MINUTE + INTERVAL {{minute:UInt8}} MINUTE, 6)
            AS began_at,
        if({{status:String}} = 'running', NULL, began_at + INTERVAL 40 SECOND),
        {{status:String}},
        if({{status:String}} = 'ok', 900 + cityHash64(day) % 300, 0),
        1200,
        {{error:String}},
        day,
        day,
        'etl-1',
        '1.0.0',
        'zakaz_etl',
        concat('backfill__', toString(day - 1), 'T21:00:00+00:00'),
        'backfill',
        1,
        concat('http://127.0.0.1:8080/log?day=', toString(day)),
        {{ver:UInt64}}
    FROM (SELECT toDate(arrayJoin(splitByChar(',', {{days:String}}))) AS day)
"""
# As much on a Saturday again as on a Monday; three days more, one of them not by far.
WEIGHT = (
    "(1 + toDayOfWeek(day) / 5) * (1 + (cityHash64(day, {salt}) % 100) / 500) "
    "* multiIf(back IN (5, 41), 2.3, back = 12, 1.6, 1)"
)
VK_MART = f"""
    INSERT INTO zakaz.dm_vk_ads_daily
    (stat_date, city, account_id, campaign_id, campaign_name, impressions, clicks, goals, spend, _ver, _deleted)
    SELECT
        day, cities.1, 7, cities.2, concat('Кампания ', cities.1), 9000, 120, 3,
        toDecimal64(4000 * {WEIGHT.format(salt=1)}, 2), 1, 0
    FROM (
        SELECT
            {{last:Date}} - number AS day, number AS back,
            arrayJoin([('Казань', 1), ('Москва', 2), ('Омск', 3)]) AS cities
        FROM numbers({{days:UInt16}})
    )
    WHERE back NOT IN (17, 18)
"""
SALES_MART = f"""
    INSERT INTO zakaz.dm_sales_daily
    (
        sale_date, event_date, city, event_id, event_name, tickets_sold, revenue, refunds_amount, net_revenue, _ver,
        _deleted
    )
    SELECT
        day, day + 20, cities.1, cities.2, 'Щелкунчик', 12,
        toDecimal64(15000 * {WEIGHT.format(salt=2)} * if(back = 22, 0.3, 1), 2) AS amount, 500, amount - 500, 1, 0
    FROM (
        SELECT {{last:Date}} - number AS day, number AS back, arrayJoin([('Казань', 1), ('Москва', 2)]) AS cities
        FROM numbers({{days:UInt16}})
    )
    WHERE back NOT IN (0, 17, 18)
"""
CHECKS = (
    # check, severity, expected, found, passed
    ("zero_rows_vk", "fail", "at least 1 row", "3 rows", 1),
    ("source_totals_vk", "fail", "34215.10 rubles at the source", "34215.10 rubles", 1),
    ("staging_equals_mart_vk", "fail", "34215.10 rubles in the staging", "34215.10 rubles", 1),
    ("negative_spend", "fail", "no negative rows", "0 rows", 1),
    ("unusual_spend", "warn", "11000 to 24500 rubles (median of 8 Thursdays 17900)", "34215 rubles", 0),
    ("unknown_city", "warn", "at most 10 % without a city", f"12 % in {MARKUP}", 0),
    ("zero_rows_sales", "fail", "at least 1 row", "0 rows", 0),
)


def is_due() -> bool:
    """Whether yesterday must be there by now, which it need not before 07:30 in Moscow (zakaz_due_day)."""
    return (datetime.now(MOSCOW) - timedelta(hours=7, minutes=30)).date() > last_complete_day()


def fill(warehouse: WarehouseHook, days: int = 70, last: date | None = None) -> None:
    """Put it all in.

    :param days: days of runs; the marts reach 60 days farther back.
    :param last: the newest day; yesterday in Moscow by default.
    """
    last = last or last_complete_day()
    ends: dict[tuple[str, str], list[date]] = {}
    for back in range(days):
        special = TODAY if back == 0 else ENDS.get(back, {})
        for stage in STAGES:
            if status := special.get(stage, "ok"):
                ends.setdefault((stage, status), []).append(last - timedelta(days=back))
    for (stage, status), its_days in ends.items():
        listed = ",".join(map(str, its_days))
        values = {
            "job": stage,
            "status": status,
            "minute": STAGES.index(stage),
            "error": ERROR if status == "error" else "",
            "days": listed,
            "ver": new_version(),
        }
        warehouse.execute(ATTEMPTS, values)
    for mart in (VK_MART, SALES_MART):
        warehouse.execute(mart, {"last": last, "days": days + 60})
    _alerts(warehouse, last)
    _quality(warehouse, last)
    _restatements(warehouse, last)
    _backfill(warehouse, last)
    _backups(warehouse)


def _alerts(warehouse: WarehouseHook, last: date) -> None:
    columns = "ts, severity, job, code, message, context_json, alert_id, delivery, from_date, to_date, _ver"
    made = (
        # days back, severity, job, code, what it says, delivery
        (0, "critical", "zakaz_etl", "STALE", "в отчётах нет вчерашнего дня", "sent"),
        (9, "critical", "vk_fetch", "RUN_FAILED", f"источник не отвечает {MARKUP}", "sent"),
        (2, "warning", "healthcheck", "ANOMALY", "Расход 34 215 ₽, обычно от 11 000 до 24 500 ₽", "sent"),
        (3, "info", "zakaz_etl", "DIGEST", "За вчера: расход 17 900 ₽, выручка 61 400 ₽", "sent"),
        (4, "warning", "vk_fetch", "RESTATED", "VK Реклама уточнила 3 дня", "no_connection"),
        (12, "info", "qtickets_fetch", "RECOVERED", "снова в порядке, длилось 2 ч 10 мин", "failed"),
    )
    for back, severity, job, code, text, delivery in made:
        message = f"{job_texts(job)['name']}\n{text}"
        warehouse.execute(
            f"INSERT INTO meta.etl_alerts ({columns}) SELECT now64(6) - INTERVAL {back} DAY - INTERVAL 40 MINUTE, "
            "{severity:String}, {job:String}, {code:String}, {message:String}, "
            "concat('{\"error\": ', toJSONString({error:String}), '}'), generateUUIDv4(), {delivery:String}, "
            "{day:Date}, {day:Date}, {ver:UInt64}",
            {
                "severity": severity, "job": job, "code": code, "message": message, "error": ERROR,
                "delivery": delivery, "day": last - timedelta(days=back), "ver": new_version(),
            },
        )  # fmt: skip


def _quality(warehouse: WarehouseHook, last: date) -> None:
    columns = "day, check_name, code, severity, subject, expected, found, passed, checked_at, _ver"
    for name, severity, expected, found, passed in CHECKS:
        warehouse.execute(
            f"INSERT INTO meta.quality_results ({columns}) SELECT {{day:Date}}, {{name:String}}, 'MISMATCH', "
            "{severity:String}, 'dm', {expected:String}, {found:String}, {passed:UInt8}, now64(6), {ver:UInt64}",
            {
                "day": last, "name": name, "severity": severity, "expected": expected, "found": found,
                "passed": passed, "ver": new_version(),
            },
        )  # fmt: skip


def _restatements(warehouse: WarehouseHook, last: date) -> None:
    columns = "day, loaded_at, source, field, before, after"
    for source, field, changes in (
        ("vk_ads", "spend", {1: 410, 2: 220, 3: 90, 4: 31, 5: 12}),
        ("qtickets", "refunds_amount", {1: 1500, 6: 4200, 14: 2500}),
    ):
        for age, amount in changes.items():
            warehouse.execute(
                f"INSERT INTO meta.restatements ({columns}) SELECT {{day:Date}}, "
                "toDateTime64(toDateTime({day:Date} + {age:UInt8}, 'Europe/Moscow') + INTERVAL 340 MINUTE, 6), "
                "{source:String}, {field:String}, 17000, 17000 + {amount:UInt32}",
                {"day": last - timedelta(days=20), "age": age, "source": source, "field": field, "amount": amount},
            )


def _backfill(warehouse: WarehouseHook, last: date) -> None:
    """Five days of last month, of which two changed and one is red."""
    columns = (
        "backfill_id, day, from_date, to_date, stage, reason, asked_by, version_tag, started_at, finished_at, state, "
        "err_msg, spend_before, spend_after, clicks_before, clicks_after, revenue_before, revenue_after, "
        "tickets_before, tickets_after, _ver"
    )
    first = last - timedelta(days=34)
    warehouse.execute(
        f"INSERT INTO meta.backfills ({columns}) SELECT {{entry:UUID}}, {{first:Date}} + number, {{first:Date}}, "
        "{first:Date} + 4, 'all', {reason:String}, 'anna', '2.0.0', now64(6) - INTERVAL 3 HOUR, "
        "now64(6) - INTERVAL 2 HOUR, if(number = 4, 'red', 'ok'), if(number = 4, {error:String}, ''), 17000.5, "
        "17000.5 + if(number IN (1, 2), 410.25, 0), 360, 360, 30000, 30000 - if(number = 2, 1500, 0), 24, 24, "
        "{ver:UInt64} FROM numbers(5)",
        {
            "entry": uuid4(),
            "first": first,
            "reason": f"новые объявления {MARKUP}",
            "error": ERROR,
            "ver": new_version(),
        },
    )


def _backups(warehouse: WarehouseHook) -> None:
    """The last backup failed, and the one before was good; none was ever proven."""
    for hours, status in ((11, "ok"), (2, "error")):
        warehouse.execute(
            f"INSERT INTO {RUNS} (job, run_id, started_at, finished_at, status, err_msg, _ver) SELECT 'backup', "
            f"generateUUIDv4(), now64(6) - INTERVAL {hours} HOUR AS began_at, began_at, {{status:String}}, "
            "if({status:String} = 'error', {error:String}, ''), {ver:UInt64}",
            {"status": status, "error": "BACKUP: no space left on the disk backups", "ver": new_version()},
        )
