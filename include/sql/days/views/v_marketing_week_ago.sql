-- The newest full day and the seven days up to it, each beside the same days a week before.
-- A day is full when its spend and its sales are loaded; the sums are of full days only, and `is_comparable` says
-- whether none of the days on either side is missing.
CREATE OR REPLACE VIEW bi.v_marketing_week_ago DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
daily AS (
    SELECT
        d,
        city,
        spend,
        tickets_sold,
        net_revenue
    FROM bi.v_marketing_roi_daily
    WHERE has_ads AND has_sales
),

(SELECT (max(d), groupUniqArray(d)) FROM daily) AS full_days,

periods AS (
    SELECT
        arrayJoin([1, 7]) AS days,
        -- A value that is read in brackets may be NULL to the engine, and so all that is made of it.
        assumeNotNull(full_days.1) AS to_day,
        to_day - days + 1 AS from_day,
        toUInt8(arrayCount(day -> day BETWEEN from_day AND to_day, full_days.2)) AS days_loaded,
        toUInt8(arrayCount(day -> day BETWEEN from_day - 7 AND to_day - 7, full_days.2)) AS days_loaded_before
)

SELECT
    periods.days AS days,
    multiIf(
        days = 7, concat('7 дней, ', formatDateTime(from_day, '%d.%m'), '–', formatDateTime(to_day, '%d.%m')),
        to_day = toDate(now('Europe/Moscow')) - 1, concat('Вчера, ', weekday, ' ', formatDateTime(to_day, '%d.%m')),
        concat(upperUTF8(substringUTF8(weekday, 1, 1)), substringUTF8(weekday, 2), ' ', formatDateTime(to_day, '%d.%m'))
    ) AS period,
    periods.from_day AS from_day,
    periods.to_day AS to_day,
    daily.city AS city,
    sumIf(daily.spend, daily.d >= from_day) AS spend,
    sumIf(daily.spend, daily.d <= to_day - 7) AS spend_before,
    sumIf(daily.tickets_sold, daily.d >= from_day) AS tickets_sold,
    sumIf(daily.tickets_sold, daily.d <= to_day - 7) AS tickets_sold_before,
    sumIf(daily.net_revenue, daily.d >= from_day) AS net_revenue,
    sumIf(daily.net_revenue, daily.d <= to_day - 7) AS net_revenue_before,
    periods.days_loaded AS days_loaded,
    periods.days_loaded_before AS days_loaded_before,
    toUInt8(days_loaded = days AND days_loaded_before = days) AS is_comparable,
    ['понедельник', 'вторник', 'среда', 'четверг', 'пятница', 'суббота', 'воскресенье'][toDayOfWeek(to_day)] AS weekday
FROM daily
CROSS JOIN periods
WHERE daily.d BETWEEN from_day AND to_day OR daily.d BETWEEN from_day - 7 AND to_day - 7
GROUP BY days, from_day, to_day, days_loaded, days_loaded_before, city
