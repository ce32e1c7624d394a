-- Two months of made-up figures for the previews: ten cities, autumn prices, fuller weekends, one stumble this morning.
INSERT INTO zakaz.dm_vk_ads_daily
    (stat_date, city, account_id, campaign_id, campaign_name, impressions, clicks, goals, spend, _ver, _deleted)
WITH
    ['Москва', 'Санкт-Петербург', 'Казань', 'Екатеринбург', 'Самара', 'Пермь', 'Уфа', 'Воронеж', 'Тюмень', 'unknown'] AS cities,
    ['Щелкунчик', 'Лебединое озеро', 'Новогодняя ёлка'] AS campaigns
SELECT
    zakaz_due_day(now()) - day,
    cities[city],
    1,
    campaign * 100 + city,
    concat(campaigns[campaign], ' · ', if(city = 10, 'вся Россия', cities[city])),
    toUInt64(spend * 9.5),
    toUInt64(spend / (18 + cityHash64(city, campaign) % 15)),
    toUInt64(spend / 900),
    round(spend, 2),
    1,
    0
FROM (
    SELECT
        number % 60 AS day,
        1 + intDiv(number, 60) % 10 AS city,
        1 + intDiv(number, 600) AS campaign,
        toDayOfWeek(zakaz_due_day(now()) - day) >= 5 AS is_weekend,
        (31000 / (city + 1) + 1900) * (1.35 - day / 130) * (1 + 0.25 * is_weekend)
        * (0.85 + cityHash64(day, city, campaign) % 30 / 100) * (0.6 + campaign * 0.2) * if(city = 10, 0.12, 1) AS spend
    FROM numbers(1800)
);

INSERT INTO zakaz.dm_sales_daily
    (sale_date, event_date, city, event_id, event_name, tickets_sold, revenue, refunds_amount, net_revenue, _ver, _deleted)
WITH
    ['Москва', 'Санкт-Петербург', 'Казань', 'Екатеринбург', 'Самара', 'Пермь', 'Уфа', 'Воронеж', 'Тюмень'] AS cities,
    ['Щелкунчик', 'Лебединое озеро', 'Новогодняя ёлка'] AS events
SELECT
    zakaz_due_day(now()) - day,
    toDate(concat(toString(toYear(now())), '-12-', toString(20 + (city + event) % 10))),
    cities[city],
    4000 + city * 10 + event,
    events[event],
    tickets,
    tickets * price,
    intDiv(tickets, 19) * price,
    tickets * price - intDiv(tickets, 19) * price,
    1,
    0
FROM (
    SELECT
        number % 60 AS day,
        1 + intDiv(number, 60) % 9 AS city,
        1 + intDiv(number, 540) AS event,
        toDayOfWeek(zakaz_due_day(now()) - day) >= 5 AS is_weekend,
        toDecimal64(1400 + 350 * event, 2) AS price,
        toUInt64(
            (62 / (city + 1) + 3) * (1.45 - day / 95) * (1 + 0.4 * is_weekend)
            * (0.8 + cityHash64(day, city, event) % 40 / 100) * (0.7 + cityHash64(city) % 7 / 10)
        ) AS tickets
    FROM numbers(1620)
);

INSERT INTO meta.etl_runs
    (job, run_id, started_at, finished_at, status, rows_written, rows_read, err_msg, from_date, to_date, run_type,
     dag_id, dag_run_id, try_number, version_tag, _ver)
WITH
    ['vk_fetch', 'qtickets_fetch', 'build_dm_vk', 'build_dm_sales', 'healthcheck'] AS jobs,
    toDateTime64(day + 1, 6, 'Europe/Moscow') + toIntervalMinute(5 * 60 + 35) AS scheduled
SELECT
    jobs[job],
    generateUUIDv4(),
    began,
    began + toIntervalMillisecond(seconds * 1000),
    if(is_stumble, 'error', 'ok'),
    if(is_stumble, 0, toUInt64(140 + cityHash64(day, job) % 60)),
    0,
    if(is_stumble, 'SourceUnavailable: VK Ads ответил 503 пять раз подряд', ''),
    day - if(jobs[job] IN ('qtickets_fetch', 'build_dm_sales', 'healthcheck'), 29, 6),
    day,
    'scheduled',
    'zakaz_etl',
    concat('scheduled__', toString(day)),
    try,
    '1.0.0',
    toUnixTimestamp64Micro(began)
FROM (
    SELECT
        zakaz_due_day(now()) - number % 15 AS day,
        1 + intDiv(number, 15) AS job,
        round(2 + cityHash64(day, job) % 90 / 10, 1) AS seconds,
        -- The first try of this morning, and one of last week, met a source that was away.
        arrayJoin(if(job = 1 AND number IN (0, 8), [1, 2], [1])) AS try,
        job = 1 AND number IN (0, 8) AND try = 1 AS is_stumble,
        scheduled + toIntervalSecond(if(number % 15 IN (0, 8), 300, 0) * (try > 1 OR job > 1) + job * 15) AS began
    FROM numbers(75)
);

INSERT INTO meta.quality_results
    (day, check_name, code, severity, subject, expected, found, passed, checked_at, run_id, _ver)
SELECT
    zakaz_due_day(now()) - row.1,
    row.2,
    'ANOMALY',
    'warn',
    row.2,
    row.3,
    row.4,
    0,
    toDateTime64(zakaz_due_day(now()) - row.1 + 1, 6, 'Europe/Moscow') + toIntervalMinute(5 * 60 + 37),
    generateUUIDv4(),
    1
FROM (
    SELECT arrayJoin([
        (2, 'unusual_clicks', '4120 – 6980', '7215'),
        (9, 'unknown_city', 'до 5 %', '6,1 %'),
        (16, 'unusual_revenue', '310 000 – 520 000', '574 300'),
        (24, 'unusual_spend', '61 000 – 92 000', '95 480')
    ]) AS row
);
