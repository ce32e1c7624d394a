-- Clicks against the same weekday of the weeks before: what lies outside the usual range (include/thresholds.toml) is
-- told, and stops nothing. A short history has no range. A day without rows is judged by zero_rows_vk, one
-- that the source confirmed to be empty counts with 0.
WITH
days AS (
    SELECT
        stat_date,
        toFloat64(sum(clicks)) AS amount
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE
        stat_date BETWEEN {day:Date} - 7 * {anomaly_weeks:UInt16} AND {day:Date}
        AND toDayOfWeek(stat_date) = toDayOfWeek({day:Date})
    GROUP BY stat_date
),

told AS (
    SELECT count() > 0 AND countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero
    FROM meta.source_totals FINAL
    WHERE day = {day:Date} AND source = 'vk_ads'
),

compared AS (
    SELECT
        concat(dateName('weekday', {day:Date}), 's') AS weekdays,
        countIf(stat_date = {day:Date}) > 0 AS has_rows,
        sumIf(amount, stat_date = {day:Date}) AS day_amount,
        groupArrayIf(amount, stat_date < {day:Date}) AS history,
        length(history) AS weeks,
        arrayReduce('median', history) AS median,
        zakaz_usual_margin(history, {anomaly_mads:Float64}, {anomaly_min_share:Float64}) AS margin
    FROM days
)

SELECT
    'ANOMALY' AS code,
    'warn' AS severity,
    'dm_vk_ads_daily.clicks' AS subject,
    if(
        weeks < {anomaly_min_weeks:UInt16},
        concat(
            'anything: ', toString(weeks), ' ', weekdays, ' before, ', toString({anomaly_min_weeks:UInt16}), ' needed'
        ),
        concat(
            toString(round(greatest(median - margin, 0))), ' to ', toString(round(median + margin)),
            ' clicks (median of ', toString(weeks), ' ', weekdays, ' ', toString(round(median)), ')'
        )
    ) AS expected,
    concat(
        toString(round(day_amount)), ' clicks',
        if(told.is_confirmed_zero AND NOT has_rows, ', confirmed by the source', '')
    ) AS found,
    NOT (has_rows OR told.is_confirmed_zero)
    OR weeks < {anomaly_min_weeks:UInt16}
    OR abs(day_amount - median) <= margin AS passed
FROM compared
CROSS JOIN told
