-- The day came from VK at all, or VK said twice that there was nothing. With rows here and none in the mart, the build
-- is to be looked at and not the source.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

rows_of_day AS (
    SELECT
        stat_date,
        count() AS row_count
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY stat_date
),

told AS (
    SELECT
        day,
        countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero
    FROM meta.source_totals FINAL
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date} AND source = 'vk_ads'
    GROUP BY day
)

-- What is missing for a day is joined as 0.
SELECT
    days.day AS day,
    'ZERO_ROWS' AS code,
    'fail' AS severity,
    'stg_vk_ads_daily' AS subject,
    if(told.is_confirmed_zero, 'no rows: CONFIRMED_ZERO', 'at least 1 row') AS expected,
    concat(toString(rows_of_day.row_count), ' rows') AS found,
    rows_of_day.row_count > 0 OR told.is_confirmed_zero AS passed
FROM days
LEFT JOIN rows_of_day ON days.day = rows_of_day.stat_date
LEFT JOIN told ON days.day = told.day
