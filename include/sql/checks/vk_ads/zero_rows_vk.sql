-- The day has ad spend in the mart, or the source said twice that there was none.
WITH
rows_of_day AS (
    SELECT count() AS row_count
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
),

told AS (
    SELECT count() > 0 AND countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero
    FROM meta.source_totals FINAL
    WHERE day = {day:Date} AND source = 'vk_ads'
)

SELECT
    'ZERO_ROWS' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily' AS subject,
    if(told.is_confirmed_zero, 'no rows: CONFIRMED_ZERO', 'at least 1 row') AS expected,
    concat(toString(rows_of_day.row_count), ' rows') AS found,
    rows_of_day.row_count > 0 OR told.is_confirmed_zero AS passed
FROM rows_of_day
CROSS JOIN told
