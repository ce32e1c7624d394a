-- Spend against the same weekday of the weeks before: what lies outside the usual range (include/thresholds.toml) is
-- told, and stops nothing. A short history has no range. A day without rows is judged by zero_rows_vk, one
-- that the source confirmed to be empty counts with 0.
WITH
days AS (
    SELECT
        {from_date:Date} + number AS day,
        concat(dateName('weekday', day), 's') AS weekdays
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

daily AS (
    SELECT
        stat_date,
        toFloat64(sum(spend)) AS amount
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} - 7 * {anomaly_weeks:UInt16} AND {to_date:Date}
    GROUP BY stat_date
),

told AS (
    SELECT
        day,
        countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero
    FROM meta.source_totals FINAL
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date} AND source = 'vk_ads'
    GROUP BY day
),

-- Each day beside itself (0 weeks back) and beside the same weekday of each week before.
weeks_of_day AS (
    SELECT
        day,
        arrayJoin(range({anomaly_weeks:UInt16} + 1)) AS weeks_back,
        day - 7 * weeks_back AS stat_date
    FROM days
),

-- The inner join: a week without rows is no history.
compared AS (
    SELECT
        weeks_of_day.day AS day,
        countIf(weeks_of_day.weeks_back = 0) > 0 AS has_rows,
        sumIf(daily.amount, weeks_of_day.weeks_back = 0) AS day_amount,
        groupArrayIf(daily.amount, weeks_of_day.weeks_back > 0) AS history,
        length(history) AS weeks,
        arrayReduce('median', history) AS median,
        zakaz_usual_margin(history, {anomaly_mads:Float64}, {anomaly_min_share:Float64}) AS margin
    FROM weeks_of_day
    INNER JOIN daily ON weeks_of_day.stat_date = daily.stat_date
    GROUP BY weeks_of_day.day
)

-- What is missing for a day is joined as 0.
SELECT
    days.day AS day,
    'ANOMALY' AS code,
    'warn' AS severity,
    'dm_vk_ads_daily.spend' AS subject,
    if(
        weeks < {anomaly_min_weeks:UInt16},
        concat(
            'anything: ', toString(weeks), ' ', weekdays, ' before, ', toString({anomaly_min_weeks:UInt16}), ' needed'
        ),
        concat(
            toString(round(greatest(median - margin, 0))), ' to ', toString(round(median + margin)),
            ' rubles (median of ', toString(weeks), ' ', weekdays, ' ', toString(round(median)), ')'
        )
    ) AS expected,
    concat(
        toString(round(day_amount)), ' rubles',
        if(told.is_confirmed_zero AND NOT has_rows, ', confirmed by the source', '')
    ) AS found,
    NOT (has_rows OR told.is_confirmed_zero)
    OR weeks < {anomaly_min_weeks:UInt16}
    OR abs(day_amount - median) <= margin AS passed
FROM days
LEFT JOIN compared ON days.day = compared.day
LEFT JOIN told ON days.day = told.day
