-- The day has ticket sales in the mart, or the source said twice that there was none. Sales that come from files have
-- no source to ask: such a day stops the run that is for it, and is told once by those that look back at it.
WITH
rows_of_day AS (
    SELECT count() AS row_count
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date = {day:Date}
),

told AS (
    SELECT
        count() = 0 AS is_silent,
        count() > 0 AND countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero
    FROM meta.source_totals FINAL
    WHERE day = {day:Date} AND source = 'qtickets'
)

SELECT
    'ZERO_ROWS' AS code,
    if(told.is_silent AND {day:Date} < {run_day:Date}, 'warn', 'fail') AS severity,
    'dm_sales_daily' AS subject,
    if(told.is_confirmed_zero, 'no rows: CONFIRMED_ZERO', 'at least 1 row') AS expected,
    concat(toString(rows_of_day.row_count), ' rows') AS found,
    rows_of_day.row_count > 0 OR told.is_confirmed_zero AS passed
FROM rows_of_day
CROSS JOIN told
