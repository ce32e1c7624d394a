-- Two months of made-up figures for the previews: ten cities, autumn prices, fuller weekends, one stumble this morning.
-- The stagings only: the marts are built over them, as after a load.
INSERT INTO zakaz.stg_vk_ads_daily
    (stat_date, account_id, campaign_id, campaign_name, ad_group_id, ad_group_name, ad_id, ad_name, impressions, clicks,
     goals, spend, link, utm_source, utm_medium, utm_campaign, utm_content, utm_term, _ver, _deleted)
WITH
    ['Москва', 'Санкт-Петербург', 'Казань', 'Екатеринбург', 'Самара', 'Пермь', 'Уфа', 'Воронеж', 'Тюмень', 'вся Россия'] AS cities,
    ['Щелкунчик', 'Лебединое озеро', 'Новогодняя ёлка'] AS campaigns,
    ['Похожие на покупателей', 'Были на сайте'] AS ad_groups,
    ['Видео, 15 секунд', 'Карусель с артистами', 'Афиша с датой'] AS ads
SELECT
    zakaz_due_day(now()) - day,
    if(campaign = 3, 7700142, 7700108),
    12000000 + campaign * 100 + city,
    concat(campaigns[campaign], ' · ', cities[city]),
    34000000 + campaign * 1000 + city * 10 + ad_group,
    ad_groups[ad_group],
    560000000 + campaign * 10000 + city * 100 + ad,
    ads[ad],
    toUInt64(spend * 9.5),
    toUInt64(spend / (18 + cityHash64(city, campaign, ad) % 15)),
    toUInt64(spend / 900),
    round(spend, 2),
    concat('https://bilety.example/e/', toString(campaign)),
    'vk_ads',
    'cpc',
    -- The third of the campaigns share one tag from the seventh city on.
    if(campaign = 3 AND city > 6, 'elka', concat('tour_', toString(campaign * 100 + city))),
    '',
    '',
    1,
    0
FROM (
    SELECT
        number % 60 AS day,
        1 + intDiv(number, 60) % 10 AS city,
        1 + intDiv(number, 600) % 3 AS campaign,
        1 + intDiv(number, 1800) AS ad,
        if(ad = 3, 2, 1) AS ad_group,
        toDayOfWeek(zakaz_due_day(now()) - day) >= 5 AS is_weekend,
        (31000 / (city + 1) + 1900) * (1.35 - day / 130) * (1 + 0.25 * is_weekend)
        * (0.85 + cityHash64(day, city, campaign) % 30 / 100) * (0.6 + campaign * 0.2) * if(city = 10, 0.12, 1)
        * [0.5, 0.3, 0.2][ad] AS spend
    FROM numbers(5400)
);

INSERT INTO zakaz.stg_qtickets_sales
    (report_date, event_date, event_id, event_name, show_id, city, utm_source, utm_campaign, tickets_sold,
     tickets_refunded, revenue, refunds_amount, discount_amount, service_fee_amount, refund_kept_amount, currency,
     breakdown, _ver, _deleted)
WITH
    ['Москва', 'Санкт-Петербург', 'Казань', 'Екатеринбург', 'Самара', 'Пермь', 'Уфа', 'Воронеж', 'Тюмень'] AS cities,
    ['Щелкунчик', 'Лебединое озеро', 'Новогодняя ёлка'] AS events
SELECT
    zakaz_due_day(now()) - day,
    zakaz_due_day(now()) + 5 + (city * 7 + event * 3) % 25,
    4000 + city * 10 + event,
    events[event],
    1,
    cities[city],
    tags.1,
    tags.3,
    tickets AS sold,
    refunded,
    sold * price,
    refunded * (price - 150),
    intDiv(sold, 7) * 150,
    0,
    refunded * 150,
    'RUB',
    [(zakaz_due_day(now()) - day, tags.2, '', '', tags.4, 0, sold, refunded, sold * price, refunded * (price - 150))],
    1,
    0
FROM (
    SELECT
        number % 60 AS day,
        1 + intDiv(number, 60) % 9 AS city,
        1 + intDiv(number, 540) % 3 AS event,
        1 + intDiv(number, 1620) AS kind,
        -- utm_source, utm_medium, utm_campaign, promo code
        [
            ('vk_ads', 'cpc', if(event = 3 AND city > 6, 'elka', concat('tour_', toString(event * 100 + city))), 0),
            ('', '', '', 0),
            ('yandex', 'cpc', 'search', 0),
            ('email', '', 'november', 31),
            ('vk', 'social', 'afisha', 0),
            ('vk_ads', 'cpc', 'leto', 0)
        ][kind] AS tags,
        toDayOfWeek(zakaz_due_day(now()) - day) >= 5 AS is_weekend,
        toDecimal64(1400 + 350 * event, 2) AS price,
        toUInt32(
            (62 / (city + 1) + 3) * (1.45 - day / 95) * (1 + 0.4 * is_weekend)
            * (0.8 + cityHash64(day, city, event, kind) % 40 / 100) * (0.7 + cityHash64(city) % 7 / 10)
            * [0.44, 0.24, 0.16, 0.07, 0.05, 0.04][kind] + cityHash64(kind, day, event, city) % 100 / 100
        ) AS tickets,
        intDiv(tickets + cityHash64(city, day, kind, event) % 19, 19) AS refunded
    FROM numbers(9720)
)
WHERE tickets > 0;

INSERT INTO zakaz.dim_show
    (event_id, show_id, event_name, city, place_name, time_zone, starts_at, event_date, is_active, is_deleted, read_at)
SELECT DISTINCT
    event_id,
    show_id,
    event_name,
    city,
    ['Филармония', 'Дворец культуры', 'Драматический театр'][1 + event_id % 3],
    'Europe/Moscow',
    toDateTime64(event_date, 6, 'Europe/Moscow') + toIntervalHour(18 + event_id % 2),
    event_date,
    true,
    false,
    now64(6)
FROM zakaz.stg_qtickets_sales;

INSERT INTO zakaz.dim_vk_account (account_id, account_name, currency, _ver)
VALUES (7700108, 'balet_tour@agency', 'RUB', 1), (7700142, 'elka_show@agency', 'RUB', 1);

INSERT INTO zakaz.month_plan (month, account_id, city, budget, revenue_plan)
WITH
    [toStartOfMonth(zakaz_due_day(now())), toStartOfMonth(addMonths(zakaz_due_day(now()), 1))] AS months,
    ['Москва', 'Санкт-Петербург', 'Казань', 'Екатеринбург', 'Самара', 'Пермь', 'Уфа', 'Воронеж', 'Тюмень'] AS cities
SELECT
    arrayJoin(months),
    arrayJoin([7700108, 7700142]) AS account_id,
    arrayJoin(cities) AS city,
    round((1550000 / (indexOf(cities, city) + 1) + 95000) * if(account_id = 7700108, 1.55, 0.96), -4),
    if(account_id = 7700108, round(15300000 / (indexOf(cities, city) + 1) + 880000, -4), 0);

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
