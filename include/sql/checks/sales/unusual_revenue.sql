-- Revenue against the same weekday of the weeks before: what lies outside the usual range (include/thresholds.toml) is
-- told, and stops nothing. A short history has no range. A day without rows is judged by zero_rows_sales, one
-- that the source confirmed to be empty counts with 0.
WITH
days AS (
    SELECT
        sale_date,
        toFloat64(sum(revenue)) AS amount
    FROM zakaz.dm_sales_daily FINAL
    WHERE
        sale_date BETWEEN {day:Date} - 7 * {anomaly_weeks:UInt16} AND {day:Date}
        AND toDayOfWeek(sale_date) = toDayOfWeek({day:Date})
    GROUP BY sale_date
),

told AS (
    SELECT count() > 0 AND countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero
    FROM meta.source_totals FINAL
    WHERE day = {day:Date} AND source = 'qtickets'
),

compared AS (
    SELECT
        concat(dateName('weekday', {day:Date}), 's') AS weekdays,
        countIf(sale_date = {day:Date}) > 0 AS has_rows,
        sumIf(amount, sale_date = {day:Date}) AS day_amount,
        groupArrayIf(amount, sale_date < {day:Date}) AS history,
        length(history) AS weeks,
        arrayReduce('median', history) AS median,
        zakaz_usual_margin(history, {anomaly_mads:Float64}, {anomaly_min_share:Float64}) AS margin
    FROM days
)

SELECT
    'ANOMALY' AS code,
    'warn' AS severity,
    'dm_sales_daily.revenue' AS subject,
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
FROM compared
CROSS JOIN told
