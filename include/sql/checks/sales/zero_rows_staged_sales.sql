-- The day came from QTickets or a file, or QTickets said twice that there was nothing. With rows here and none in the
-- mart, the build is to be looked at and not the source. The severity is that of zero_rows_sales.
WITH
rows_of_day AS (
    SELECT count() AS row_count
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date = {day:Date}
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
    'stg_qtickets_sales' AS subject,
    if(told.is_confirmed_zero, 'no rows: CONFIRMED_ZERO', 'at least 1 row') AS expected,
    concat(toString(rows_of_day.row_count), ' rows') AS found,
    rows_of_day.row_count > 0 OR told.is_confirmed_zero AS passed
FROM rows_of_day
CROSS JOIN told
